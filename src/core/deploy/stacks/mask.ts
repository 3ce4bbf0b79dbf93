/** Stands where a secret stood. */
export const MASK = '••••••••';

/** Names of values that are secret wherever they stand. */
const SECRET_NAME =
  /pass(word|wd|phrase)?|secret|token|api[-_]?key|private[-_]?key|access[-_]?key|credential|hash|salt|cookie|auth(?!or)|dsn/i;

/** True for a variable whose value is nobody's business. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) || /(^|_)(key|pwd|pw)$/i.test(name);

/** A password inside an address: `postgres://user:password@host`. */
const maskAddresses = (text: string): string => text.replace(/(:\/\/[^\s:/@'"]*:)(?!\$)[^\s@/'"]+(?=@)/g, `$1${MASK}`);

/** Between a flag and its value: `--token=x`, `--token x`, `"--token", "x"`, and a list's next line. */
const NEXT = `(?:=|["']?\\s*,\\s*|["']?[ \\t]+|["']?[ \\t]*\\n[ \\t]*-[ \\t]+)["']?`;
/** A value that is written out: neither a variable nor the next flag. */
const VALUE = `(?![$-])[^\\s"',\\]]+`;
/** Secrets in command lines and health checks, as words of a shell or of a list. The first group stays. */
const IN_COMMANDS: readonly RegExp[] = [
  new RegExp(
    `((?:^|[\\s"'\\[,])--?[\\w.-]*(?:pass(?:word|wd|phrase)?|masterauth|secret|token|api-?key|access-?key|credentials?)${NEXT})${VALUE}`,
    'gim',
  ),
  new RegExp(`(\\bredis-cli\\b[^\\n]*?["'\\s,]-a${NEXT})${VALUE}`, 'g'),
  new RegExp(`(\\b(?:mysql|mariadb)[\\w-]*\\b[^\\n]*?["'\\s,]-p)(?=[^\\s"',\\]])${VALUE}`, 'g'),
  new RegExp(`(\\bcurl\\b[^\\n]*?["'\\s,](?:-u|--user)${NEXT}[^\\s"':]*:)${VALUE}`, 'g'),
  /([?&][\w-]*(?:token|secret|password|api_?key)=)(?!\$)[^&\s'"]+/gi,
];

/** `NAME=value` within a line, by its name; a value may be an assignment itself, as in a unit. */
const maskAssignments = (text: string): string =>
  text.replace(
    /(?<![\w?&-])([A-Za-z_]\w*)=(?!["']?\$)("[^"\n]+"|'[^'\n]+'|[^\s"',\]]+)/g,
    (_, name: string, value: string) => `${name}=${isSecretName(name) ? MASK : maskAssignments(value)}`,
  );

/** Passwords in addresses, command lines and health checks, wherever they stand in the text. */
export function maskInline(text: string): string {
  const masked = IN_COMMANDS.reduce((shown, pattern) => shown.replace(pattern, `$1${MASK}`), maskAddresses(text));
  return maskAssignments(masked);
}

/**
 * Secrets in a text that is shown: values of `NAME=value` and `NAME: value` by their names, passwords in addresses, and the given values
 * wherever they stand. A value of several lines in YAML is masked by its first line alone, so callers give it in `values`.
 * @param values secrets that are known, such as those of the environment file; short ones are left out, since they stand everywhere
 */
export function maskSecrets(text: string, values: readonly string[] = []): string {
  let masked = text;
  for (const value of [...values].filter((one) => one.length >= 6).sort((a, b) => b.length - a.length))
    masked = masked.replaceAll(value, MASK);
  return maskInline(masked)
    .split('\n')
    .map((line) => {
      const match = /^(\s*(?:- )?(?:export\s+)?["']?)([A-Za-z_][A-Za-z0-9_.-]*)(["']?\s*[=:]\s*["']?)(.*?)(["']?,?\s*)$/.exec(line);
      if (!match) return line;
      const [, before = '', name = '', between = '', value = '', after = ''] = match;
      if (!isSecretName(name) || value === '' || /^[[{&*|>]/.test(value)) return line;
      return `${before}${name}${between}${MASK}${after}`;
    })
    .join('\n');
}

/** The secret values of an environment: by their names. */
export function secretValues(entries: Iterable<readonly [string, string | undefined]>): string[] {
  return [...entries].flatMap(([name, value]) => (value !== undefined && value !== '' && isSecretName(name) ? [value] : []));
}

/**
 * The environment with its secrets masked so that a change of one still shows: each gets the first characters of a fingerprint.
 * @param fingerprint of a value; the same value has the same
 */
export function maskEnv(text: string, fingerprint: (value: string) => string): string {
  return text
    .split('\n')
    .map((line) => {
      const match = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_.]*)(\s*=\s*)(.+)$/.exec(line);
      if (!match) return line;
      const [, before = '', name = '', between = '', value = ''] = match;
      return isSecretName(name) ? `${before}${name}${between}${MASK} (${fingerprint(value)})` : maskAddresses(line);
    })
    .join('\n');
}
