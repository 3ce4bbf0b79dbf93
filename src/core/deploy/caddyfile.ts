import type { LabFile } from './ports';

/** `{$NAME}` or `{$NAME:default}` in a Caddyfile. Source: https://caddyserver.com/docs/caddyfile/concepts#environment-variables */
export interface CaddyVariable {
  readonly name: string;
  readonly fallback?: string;
}

export interface CaddySite {
  /** As written, such as `{$DOMAIN}`, `:80` or `https://lab.example.org`. */
  readonly addresses: readonly string[];
  /** User and hash words of the first account under `basic_auth` (or `basicauth`). */
  readonly account?: { readonly user: string; readonly hash: string };
  /** The directive as written: `basicauth` is the name of before 2.8. */
  readonly authDirective?: 'basic_auth' | 'basicauth';
}

export interface Caddyfile {
  readonly file: LabFile;
  readonly sites: readonly CaddySite[];
  readonly variables: readonly CaddyVariable[];
}

/** Words per line, with comments gone, quoted words whole, and `{$…}` kept as one word. */
function wordLines(text: string): string[][] {
  return text.split(/\r?\n/).map((line) => {
    const words: string[] = [];
    for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|`([^`]*)`|(\S+)/g)) {
      if (match[3]?.startsWith('#')) break;
      words.push(match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? match[3] ?? '');
    }
    return words;
  });
}

function accountIn(lines: readonly string[][], from: number): { user: string; hash: string } | undefined {
  for (const words of lines.slice(from)) {
    if (words[0] === '}') return undefined;
    const [user, hash] = words;
    if (user !== undefined && hash !== undefined) return { user, hash };
  }
  return undefined;
}

/** The variables that a Caddyfile mentions outside comments, in order, each once. */
export function caddyVariables(text: string): CaddyVariable[] {
  const seen = new Map<string, CaddyVariable>();
  for (const line of wordLines(text)) {
    for (const word of line) {
      for (const [, name = '', fallback] of word.matchAll(/\{\$([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g)) {
        if (!seen.has(name)) seen.set(name, { name, ...(fallback === undefined ? {} : { fallback }) });
      }
    }
  }
  return [...seen.values()];
}

/** The sites of a Caddyfile, with the account that guards each. Snippets and global options are passed over. */
export function parseCaddyfile(file: LabFile): Caddyfile {
  const lines = wordLines(file.text);
  const sites: CaddySite[] = [];
  let depth = 0;
  let addresses: string[] = [];
  let auth: Pick<CaddySite, 'account' | 'authDirective'> = {};
  lines.forEach((words, index) => {
    const [first] = words;
    if (depth === 0 && first !== undefined) {
      addresses.push(...words.filter((word) => word !== '{').map((word) => word.replace(/,$/, '')));
    }
    if (depth > 0 && (first === 'basic_auth' || first === 'basicauth') && auth.authDirective === undefined) {
      const account = accountIn(lines, index + 1);
      auth = { authDirective: first, ...(account ? { account } : {}) };
    }
    for (const word of words) {
      if (word === '{') depth++;
      if (word !== '}') continue;
      depth--;
      if (depth !== 0) continue;
      if (addresses.length > 0 && !addresses.some((address) => /^\(.*\)$/.test(address))) sites.push({ addresses, ...auth });
      addresses = [];
      auth = {};
    }
  });
  // a Caddyfile with one site may leave the braces out: its first line is the address
  if (sites.length === 0 && depth === 0 && addresses.length > 0) {
    const firstLine = lines.find((words) => words.length > 0) ?? [];
    sites.push({ addresses: firstLine.map((word) => word.replace(/,$/, '')) });
  }
  return { file, sites, variables: caddyVariables(file.text) };
}

/** The name in `{$NAME}` or `{$NAME:default}` when the word is nothing else. */
export function soleVariable(word: string): string | undefined {
  return /^\{\$([A-Za-z_][A-Za-z0-9_]*)(?::[^}]*)?\}$/.exec(word)?.[1];
}

/** A Caddyfile word with its variables filled in. */
export function fillCaddy(word: string, valueOf: (name: string) => string | undefined): string {
  return word.replace(/\{\$([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
    const value = valueOf(name);
    return value === undefined || value === '' ? (fallback ?? '') : value;
  });
}
