import SSHConfig, { LineType } from 'ssh-config';
import type { Line } from 'ssh-config';

/**
 * Names that the person's own config gives to hosts, in lower case, patterns left out: an alias of Skylab's must not shadow them.
 * The text is only read: the package's printer would damage it.
 */
export function hostNamesIn(configText: string): ReadonlySet<string> {
  const names = SSHConfig.parse(configText)
    .flatMap((line) => hostWords(line))
    .filter((name) => !/[*?!]/.test(name));
  return new Set(names.map((name) => name.toLowerCase()));
}

function hostWords(line: Line): string[] {
  if (line.type !== LineType.DIRECTIVE || line.param.toLowerCase() !== 'host') return [];
  return typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val);
}
