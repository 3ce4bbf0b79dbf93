import { SkylabError } from '../errors';

/** One assignment in a `.env` file; offsets count UTF-16 units of the whole text. */
export interface EnvStatement {
  readonly key: string;
  /** Where the key begins, after `export`. */
  readonly keyStart: number;
  /** Just after the key's last character. */
  readonly keyEnd: number;
  /** The value with its quotes, without a comment; absent for a bare `NAME`, which takes its value from the environment. */
  readonly value?: { readonly start: number; readonly end: number; readonly quote: '' | '"' | "'"; readonly content: string };
  /** Where the search for the next statement goes on. */
  readonly end: number;
}

/** What Go's unicode.IsSpace holds, and its share within a line (compose-go, dotenv/parser.go). */
const BLANK = '\\t\\v\\f\\r \\u0085\\u00a0';
const SPACE = `${BLANK}\\n\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000`;
const AHEAD = new RegExp(`(?:[${SPACE}]|#[^\\n]*(?=\\n|$))*`, 'y');
const EXPORT = new RegExp(`export[\\t\\n\\f\\r ][${BLANK}]*`, 'y');
const KEY = new RegExp(`[\\p{L}\\p{N}_.\\-\\[\\]${BLANK}]*`, 'uy');
const BLANKS = new RegExp(`[${BLANK}]*`, 'y');
const TRAILING_SPACE = new RegExp(`[${SPACE}]+$`);

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

/** 1-based line of an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/**
 * Splits a `.env` text the way Docker Compose does (compose-go, dotenv/parser.go), including its corners: `NAME: value`,
 * several quoted assignments on a line, values over many lines.
 * @throws SkylabError (code `EnvSyntax`) with the line where Compose refuses the file
 */
export function scanEnv(text: string, name: string): EnvStatement[] {
  const zero = text.indexOf('\0');
  if (zero >= 0)
    throw new SkylabError(`${name}, line ${lineOf(text, zero)}: there is a zero character, which no variable can hold.`, {
      code: 'EnvSyntax',
    });
  const statements: EnvStatement[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (;;) {
    at += matchAt(AHEAD, text, at).length;
    if (at >= text.length) return statements;
    const statement = scanStatement(text, at, name);
    statements.push(statement);
    at = statement.end;
  }
}

function scanStatement(text: string, start: number, name: string): EnvStatement {
  const refuse = (what: string, at: number) =>
    new SkylabError(`${name}, line ${lineOf(text, at)}: ${what}.`, {
      code: 'EnvSyntax',
      next: 'Compose cannot read this file: correct that line.',
    });
  const keyStart = start + matchAt(EXPORT, text, start).length;
  const stretch = matchAt(KEY, text, keyStart);
  const key = stretch.replace(TRAILING_SPACE, '');
  const keyEnd = keyStart + key.length;
  const stop = keyStart + stretch.length;
  const sign = text[stop];
  if (sign !== undefined && sign !== '=' && sign !== ':' && sign !== '\n') {
    throw refuse(`the character "${String.fromCodePoint(text.codePointAt(stop) ?? 0)}" cannot stand in a variable's name`, stop);
  }
  if (key.includes(' ')) throw refuse(`the name "${key}" has a space in it`, keyStart);
  if (sign === undefined) throw refuse(`"${key}" has neither a value nor a line end`, keyStart);
  if (key === '') throw refuse('a value stands there without a name', stop);
  if (sign === '\n') return { key, keyStart, keyEnd, end: stop + 1 };

  const from = stop + 1 + matchAt(BLANKS, text, stop + 1).length;
  const quote = text[from];
  if (quote !== '"' && quote !== "'") {
    const lineEnd = text.indexOf('\n', from);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const line = text.slice(from, end);
    const comment = line.indexOf(' #');
    const content = (comment < 0 ? line : line.slice(0, comment)).replace(TRAILING_SPACE, '');
    return { key, keyStart, keyEnd, end, value: { start: from, end: from + content.length, quote: '', content } };
  }
  const close = closingQuote(text, from, quote);
  if (close < 0) throw refuse(`the value of ${key} opens with ${quote} and never closes`, from);
  // A backslash protects the closing quote, in single quotes too; other backslashes stay.
  const content = text.slice(from + 1, close).replace(/\\([\s\S])/g, (pair, after: string) => (after === quote ? after : pair));
  return { key, keyStart, keyEnd, end: close + 1, value: { start: from, end: close + 1, quote, content } };
}

function closingQuote(text: string, open: number, quote: string): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  $: '$$',
  '"': '"',
  '\\': '\\',
};

/** Escapes in a double-quoted value, `\$` becoming the `$$` that variable expansion turns into `$` (compose-go, expandEscapes). */
export function decodeEscapes(content: string): string {
  return content.replace(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (match, letter: string | undefined, digits: string | undefined) => {
    if (letter !== undefined) return ESCAPES[letter] ?? match;
    const code = /^[0-3][0-7]{2}$/.test(digits ?? '') ? parseInt(digits ?? '', 8) : undefined;
    return code === undefined ? `\\${digits ?? ''}` : String.fromCharCode(code);
  });
}

/**
 * A value as it is written into a `.env` file so that Compose reads the same characters back: in single quotes, where nothing is
 * expanded; in double quotes with escapes where single quotes cannot hold it (a `'`, a carriage return, an odd number of
 * backslashes at the end).
 * @throws SkylabError (code `EnvValue`) for a zero character or half a surrogate pair, which no environment can hold
 */
export function encodeEnvValue(value: string): string {
  if (/\0|\p{Surrogate}/u.test(value)) {
    throw new SkylabError('The value holds a character that no environment variable can hold.', {
      code: 'EnvValue',
      next: 'Leave that character out.',
    });
  }
  const backslashes = /\\*$/.exec(value)?.[0].length ?? 0;
  if (!/['\r]/.test(value) && backslashes % 2 === 0) return `'${value}'`;
  return encodeDouble(value);
}

const encodeDouble = (value: string, special = /[\\"$]/g): string => `"${value.replace(special, '\\$&').replaceAll('\r', '\\r')}"`;

/** The value in double quotes, its line ends as escapes. @param template its variables stay variables */
export function encodeOnOneLine(value: string, template: boolean): string {
  return encodeDouble(value, template ? /[\\"]/g : /[\\"$]/g).replaceAll('\n', '\\n');
}

/** What stands without quotes and means itself to Compose, to a shell and to the other readers of such files. */
const PLAIN = /^[A-Za-z0-9_.,:/@%+=-]*$/;

/**
 * A value in the quotes that its line had, where they can hold it; a plain word stays without any.
 * @param quote of the value that it replaces; undefined for a new line
 * @throws SkylabError as `encodeEnvValue` does
 */
export function encodeLike(value: string, quote: '' | '"' | "'" | undefined): string {
  const usual = encodeEnvValue(value);
  if (quote === '' && PLAIN.test(value)) return value;
  return quote === '"' ? encodeDouble(value) : usual;
}

/** A value whose variables Compose fills in: without quotes where it is one word, else in double ones. */
export function encodeTemplate(value: string, quote: '' | '"' | "'" | undefined): string {
  encodeEnvValue(value);
  if (quote !== '"' && /^[A-Za-z0-9_.,:/@%+=${}-]*$/.test(value)) return value;
  return encodeDouble(value, /[\\"]/g);
}
