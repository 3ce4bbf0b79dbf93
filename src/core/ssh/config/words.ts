import { SkylabError } from '../../errors';

/** One argument; offsets count from the start of the text and hold its quotes. */
export interface Word {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Splits a value at blanks outside quotes as OpenSSH 8.7 and newer does (misc.c, `argv_split`): `"…"` and `'…'` quote,
 * a backslash escapes quotes, itself and (outside quotes) a blank, `#` at the start of a word ends the line.
 * @returns `complete` is false where a quote is never closed
 */
export function splitWords(text: string, from: number, to: number): { readonly words: readonly Word[]; readonly complete: boolean } {
  const words: Word[] = [];
  const whole = text.slice(from, to);
  // most values are one plain word
  if (whole !== '' && !/[\s"'\\#]/.test(whole)) return { words: [{ value: whole, start: from, end: to }], complete: true };
  for (let at = from; at < to; at++) {
    const first = text[at];
    if (first === ' ' || first === '\t') continue;
    if (first === '#') break;
    const start = at;
    let value = '';
    let quote = '';
    for (; at < to; at++) {
      const char = text.charAt(at);
      if (char === '\\') {
        const next = at + 1 < to ? text.charAt(at + 1) : '';
        if (next === "'" || next === '"' || next === '\\' || (quote === '' && next === ' ')) at++;
        value += text.charAt(at);
      } else if (quote === '' && (char === ' ' || char === '\t')) break;
      else if (quote === '' && (char === '"' || char === "'")) quote = char;
      else if (char === quote) quote = '';
      else value += char;
    }
    words.push({ value, start, end: at });
    if (quote !== '') return { words, complete: false };
  }
  return { words, complete: true };
}

/**
 * An argument as it can stand in a file for every version of OpenSSH: in double quotes where blanks, `#` or `'` ask for them.
 * @throws SkylabError for what no version-independent writing exists: double quotes, control characters, an escape
 */
export function quoteWord(value: string, what: string): string {
  if (/\p{Cc}/u.test(value)) throw cannotWrite(value, what, 'a line break or another control character');
  if (value.includes('"')) throw cannotWrite(value, what, 'a double quote');
  if (/\\(?:[\\'" ]|$)/.test(value)) throw cannotWrite(value, what, 'a backslash that ssh would take for an escape');
  return value === '' || /[\s#']|^=/.test(value) ? `"${value}"` : value;
}

/** A text that ssh reads to the end of the line, such as a command. @throws SkylabError for what would break out of the line */
export function restOfLine(value: string, what: string): string {
  const trimmed = value.trim();
  if (/\p{Cc}/u.test(trimmed.replaceAll('\t', ' '))) throw cannotWrite(value, what, 'a line break or another control character');
  if (trimmed === '') throw new SkylabError(`${what} needs a value.`, { code: 'BadConfigValue', next: 'Type one.' });
  if (trimmed.startsWith('=')) throw cannotWrite(value, what, 'an equals sign at its start');
  if ([...trimmed.matchAll(/(?<!\\)["']/g)].length > 0 && !splitWords(trimmed, 0, trimmed.length).complete) {
    throw cannotWrite(value, what, 'a quote that is never closed');
  }
  return trimmed;
}

function cannotWrite(value: string, what: string, why: string): SkylabError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return new SkylabError(`${what} cannot be ${JSON.stringify(shown)}: it holds ${why}.`, {
    code: 'BadConfigValue',
    next: 'Type another value.',
  });
}

/** A file's text, one character per byte, as a person reads it. */
export function shownText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A person's text as it stands in a file: UTF-8, one character per byte. */
export function storedText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
