import { encodeName } from './names';

/** One line of an ignore file. Names and patterns are compared as bytes, which stand in strings as characters up to U+00FF. */
export interface IgnorePattern {
  /** Takes a path back in. */
  readonly negated: boolean;
  readonly directoryOnly: boolean;
  /** Compared with the path below the file's folder; otherwise with the last name alone. */
  readonly anchored: boolean;
  readonly expression: RegExp;
}

/** A name as bytes. */
export const bytesOf = (name: string): string => (isAscii(name) ? name : encodeName(name).toString('latin1'));

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/** The patterns of an ignore file, in order (gitignore(5)). */
export function parseIgnore(text: string): readonly IgnorePattern[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap((line) => parseLine(bytesOf(line.replace(/\r$/, ''))) ?? []);
}

function parseLine(line: string): IgnorePattern | undefined {
  let pattern = trimSpaces(line);
  if (pattern === '' || pattern.startsWith('#')) return undefined;
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const directoryOnly = pattern.endsWith('/');
  if (directoryOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes('/');
  const source = translate(pattern.startsWith('/') ? pattern.slice(1) : pattern);
  if (source === undefined || pattern === '') return undefined;
  return { negated, directoryOnly, anchored, expression: new RegExp(`^${source}$`, 's') };
}

/** Spaces at the end do not count, unless a backslash stands before them. */
function trimSpaces(line: string): string {
  let end = line.length;
  while (line[end - 1] === ' ') end--;
  if (end === line.length) return line;
  let slashes = 0;
  while (line[end - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1 ? line.slice(0, end + 1) : line.slice(0, end);
}

/** A regular expression for a pattern as git's wildmatch reads it; undefined for one that matches nothing. */
function translate(pattern: string): string | undefined {
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const character = pattern.charAt(at);
    if (character === '\\') {
      if (at + 1 >= pattern.length) return undefined;
      source += literal(pattern.charAt(at + 1));
      at += 2;
    } else if (character === '?') {
      source += '[^/]';
      at++;
    } else if (character === '*') {
      let end = at;
      while (pattern[end] === '*') end++;
      const whole = end - at > 1 && (at === 0 || pattern[at - 1] === '/');
      if (whole && end === pattern.length) {
        source += '.*';
      } else if (whole && pattern[end] === '/') {
        source += '(?:.*/)?';
        end++;
      } else {
        source += '[^/]*';
      }
      at = end;
    } else if (character === '[') {
      const found = bracket(pattern, at);
      if (found === undefined) return undefined;
      source += found.source;
      at = found.end;
    } else {
      source += literal(character);
      at++;
    }
  }
  return source;
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
const code = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e',
  space: '\\t-\\r ',
  upper: 'A-Z',
  xdigit: 'A-Fa-f0-9',
};

/** A set of characters in brackets, which never holds a slash. @returns undefined where it is not closed: the pattern then matches nothing */
function bracket(pattern: string, from: number): { source: string; end: number } | undefined {
  let at = from + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at++;
  let set = '';
  let previous: string | undefined;
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    const character = pattern[at];
    if (character === undefined) return undefined;
    if (character === '-' && previous !== undefined && pattern[at + 1] !== undefined && pattern[at + 1] !== ']') {
      at++;
      if (pattern[at] === '\\') at++;
      const last = pattern[at];
      if (last === undefined) return undefined;
      if (previous <= last) set += `${code(previous)}-${code(last)}`;
      previous = undefined;
      at++;
    } else if (character === '[' && pattern[at + 1] === ':') {
      const close = pattern.indexOf(']', at + 2);
      if (close < 0) return undefined;
      if (pattern[close - 1] !== ':' || close - 1 < at + 2) {
        set += code('[');
        previous = '[';
        at++;
        continue;
      }
      const members = CLASSES[pattern.slice(at + 2, close - 1)];
      if (members === undefined) return undefined;
      set += members;
      previous = undefined;
      at = close + 1;
    } else {
      if (character === '\\') at++;
      const taken = pattern[at];
      if (taken === undefined) return undefined;
      set += code(taken);
      previous = taken;
      at++;
    }
  }
  // A set that nothing is in, such as [b-a], matches nothing; its complement, anything.
  const members = set === '' ? (negated ? '[^/]' : '(?!)') : negated ? `[^/${set}]` : `(?!/)[${set}]`;
  return { source: members, end: at + 1 };
}
