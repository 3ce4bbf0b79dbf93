import type { SshAlias } from './model';

/** Longest alias: a DNS label's length, short enough for every tool that shows it. */
const maxLength = 63;

/** True for what `aliasFor` makes: `^[a-z0-9][a-z0-9_-]{0,62}$`. */
export function isAlias(text: string): text is SshAlias {
  return /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text);
}

/**
 * The name after `ssh` for a machine's name, whatever that holds: accents are dropped, everything else outside `[a-z0-9_]` becomes one hyphen.
 * Lower case, since Remote-SSH lowers the authority of a folder's address. A taken name gets `-2`, `-3`, and so on.
 */
export function aliasFor(name: string, taken: ReadonlySet<string>): SshAlias {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[_-]+/, '')
    .slice(0, maxLength)
    .replace(/[_-]+$/, '');
  const base = plain === '' ? 'machine' : plain;
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`;
    const alias = `${base.slice(0, maxLength - suffix.length)}${suffix}`;
    if (!taken.has(alias) && isAlias(alias)) return alias;
  }
}
