import { isSecret } from '../deploy/update';
import { SkylabError } from '../errors';

/**
 * Variables as a file that systemd (EnvironmentFile=), a POSIX shell and python-dotenv read alike.
 * Source: systemd.exec(5), "EnvironmentFile="; POSIX shell, "Quoting"
 * @throws SkylabError for what no file can say to all three
 */
export function envText(env: ReadonlyMap<string, string>): string {
  return [...env].map(([key, value]) => `${key}=${word(key, value)}\n`).join('');
}

function word(key: string, value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]*$/.test(value)) return value;
  if (/[\0\r\n]/.test(value)) {
    throw new SkylabError(`The value of ${key} has more than one line, which the units of systemd cannot take.`, {
      code: 'EnvLines',
      next: 'Keep it in a file of its own, and name that file in .env.',
    });
  }
  if (!value.includes("'") && !value.includes('\\')) return `'${value}'`;
  return `"${value.replaceAll(/["\\$`]/g, '\\$&')}"`;
}

/** Reads what `envText` has written. */
export function parseEnvText(text: string): ReadonlyMap<string, string> {
  const env = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, given = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    const inner = /^(['"])(.*)\1$/.exec(given);
    const value = inner === null ? given : (inner[2] ?? '');
    env.set(key, inner?.[1] === '"' ? value.replaceAll(/\\(["\\$`])/g, '$1') : value);
  }
  return env;
}

/** How one differs from the other, without a secret: `adds DEBUG=False`, `changes SECRET_KEY`, `removes OLD`; empty where it does not. */
export function envChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const shown = (key: string, value: string) =>
    isSecret(key, value) || isSecret(key, before.get(key)) || value.length > 60 ? key : `${key}=${value}`;
  return [
    ...[...after].flatMap(([key, value]) => {
      const old = before.get(key);
      if (old === value) return [];
      return [`${old === undefined ? 'adds' : 'changes'} ${shown(key, value)}`];
    }),
    ...[...before.keys()].filter((key) => !after.has(key)).map((key) => `removes ${key}`),
  ];
}

/** Takes the secrets of these variables out of a text. */
export function hideSecrets(text: string, ...envs: readonly ReadonlyMap<string, string>[]): string {
  let shown = text;
  for (const env of envs) {
    for (const [key, value] of env) if (value.length >= 6 && isSecret(key, value)) shown = shown.replaceAll(value, '••••••••');
  }
  return shown;
}
