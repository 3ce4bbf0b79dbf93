const MASK = '••••••••';

/** Names of values that are secret wherever they stand. */
const SECRET_NAME =
  /pass(word|wd|phrase)?|secret|token|api[-_]?key|private[-_]?key|access[-_]?key|credential|hash|salt|cookie|auth(?!or)|dsn/i;

/** True for a variable whose value is nobody's business. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) || /(^|_)(key|pwd|pw)$/i.test(name);

/** A password inside an address: `postgres://user:password@host`. */
const maskAddresses = (text: string): string => text.replace(/(:\/\/[^\s:/@'"]*:)[^\s@/'"]+(?=@)/g, `$1${MASK}`);

/**
 * Secrets in a text that is shown: values of `NAME=value` and `NAME: value` by their names, passwords in addresses, and the given values
 * wherever they stand. A value of several lines in YAML is masked by its first line alone, so callers give it in `values`.
 * @param values secrets that are known, such as those of the environment file; short ones are left out, since they stand everywhere
 */
export function maskSecrets(text: string, values: readonly string[] = []): string {
  let masked = maskAddresses(text);
  for (const value of [...values].filter((one) => one.length >= 6).sort((a, b) => b.length - a.length))
    masked = masked.replaceAll(value, MASK);
  return masked
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
