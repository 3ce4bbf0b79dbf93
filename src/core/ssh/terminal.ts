import { quote } from '../remote/command';

/**
 * The arguments after `ssh` for a terminal that begins in a folder, or with a command, and stays as a login shell. Written so that sh,
 * fish and csh read it alike.
 * @param sshArguments what opens the machine: the alias, and `-F` where it is needed
 * @param at path: absolute, from the login folder, or `~/…`; command: a line of the login shell's own language
 */
export function terminalArguments(
  sshArguments: readonly string[],
  at: { readonly path?: string; readonly command?: string } = {},
): readonly string[] {
  const steps = [...(at.path === undefined ? [] : [`cd ${folder(at.path)}`]), ...(at.command === undefined ? [] : [at.command])];
  if (steps.length === 0) return sshArguments;
  return ['-t', ...sshArguments, [...steps, 'exec "$SHELL" -l'].join('; ')];
}

/** A path after `cd`: one that begins with a dash is no option, and `~` is the login folder. */
function folder(path: string): string {
  if (path === '~' || path === '') return '';
  if (path.startsWith('~/')) return `~/${quote(path.slice(2))}`;
  return quote(path.startsWith('/') ? path : `./${path}`);
}
