import type { Word } from './words';
import { splitWords } from './words';

/** What OpenSSH takes for blanks between words (misc.c, `WHITESPACE`). */
const BLANKS = ' \t\r\n';

/**
 * One line of an ssh_config text that is neither empty nor a comment. Offsets count from the start of the text.
 * A file's text holds one character per byte (latin1), so that its offsets are those of the bytes.
 */
export class Directive {
  #words: { readonly words: readonly Word[]; readonly complete: boolean } | undefined;

  constructor(
    private readonly text: string,
    /** Lower case. */
    readonly keyword: string,
    /** Counted from 0. */
    readonly line: number,
    /** Start of the line, and the position after its line break. */
    readonly start: number,
    readonly end: number,
    readonly keywordStart: number,
    readonly keywordEnd: number,
    /** Where the rest of the line begins, and its end without trailing blanks; a comment at its end is part of it. */
    readonly valueStart: number,
    readonly valueEnd: number,
  ) {}

  /** The keyword as written. */
  get name(): string {
    return this.text.slice(this.keywordStart, this.keywordEnd).replaceAll('"', '');
  }

  /** Everything after the keyword as written, which is how commands are read. */
  get raw(): string {
    return this.text.slice(this.valueStart, this.valueEnd);
  }

  /** What ssh reads as arguments: quotes and escapes taken away, a comment left out. */
  get words(): readonly Word[] {
    return this.#split().words;
  }

  /** False where a quote is never closed: ssh then refuses the file. */
  get complete(): boolean {
    return this.#split().complete;
  }

  /** The first argument, or an empty text. */
  get value(): string {
    return this.words[0]?.value ?? '';
  }

  /** Where the arguments end: before a comment at the end of the line. */
  get wordsEnd(): number {
    return this.words.at(-1)?.end ?? this.valueStart;
  }

  /** The text between the line's start and the keyword. */
  get indent(): string {
    return this.text.slice(this.start, this.keywordStart);
  }

  /** The text between keyword and value, such as a blank or ` = `. */
  get separator(): string {
    return this.text.slice(this.keywordEnd, this.valueStart);
  }

  /** The line break at its end; empty on a last line without one. */
  get newline(): '' | '\n' | '\r\n' {
    if (this.text[this.end - 1] !== '\n') return '';
    return this.text[this.end - 2] === '\r' ? '\r\n' : '\n';
  }

  #split(): { readonly words: readonly Word[]; readonly complete: boolean } {
    this.#words ??= splitWords(this.text, this.valueStart, this.valueEnd);
    return this.#words;
  }
}

/** The lines from one `Host` or `Match` to before the next; what stands before the first of them is `global`. */
export interface Block {
  readonly index: number;
  readonly kind: 'global' | 'host' | 'match';
  /** Absent for `global`. */
  readonly header?: Directive;
  /** Without the header. */
  readonly directives: readonly Directive[];
}

export interface ConfigDocument {
  readonly text: string;
  /** The first is always the global one. */
  readonly blocks: readonly Block[];
}

/** Reads an ssh_config text as OpenSSH 8.7 and newer does (readconf.c, `process_config_line_depth`). Nothing in it is an error here. */
export function parseConfig(text: string): ConfigDocument {
  const blocks: { index: number; kind: Block['kind']; header?: Directive; directives: Directive[] }[] = [];
  let block: (typeof blocks)[number] = { index: 0, kind: 'global', directives: [] };
  blocks.push(block);
  // ssh refuses a file that begins with a byte order mark, which is said elsewhere: here the line is read without it
  const first = /^(?:\uFEFF|\u00EF\u00BB\u00BF)/.exec(text)?.[0].length ?? 0;
  for (let start = 0, line = 0; start < text.length; line++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    const directive = readLine(text, line, start, end, line === 0 ? first : start);
    if (directive?.keyword === 'host' || directive?.keyword === 'match') {
      block = { index: blocks.length, kind: directive.keyword, header: directive, directives: [] };
      blocks.push(block);
    } else if (directive !== undefined) block.directives.push(directive);
    start = end;
  }
  return { text, blocks };
}

function readLine(text: string, line: number, start: number, end: number, from: number): Directive | undefined {
  let valueEnd = end;
  while (valueEnd > from && isTrailing(text.charCodeAt(valueEnd - 1))) valueEnd--;
  let at = from;
  while (at < valueEnd && isBlank(text.charCodeAt(at))) at++;
  if (at === valueEnd || text[at] === '#') return undefined;
  const keywordStart = at;
  while (at < valueEnd && !isDelimiter(text.charCodeAt(at))) at++;
  let equals = text[at] === '=';
  let keywordEnd = at;
  if (text[at] === '"') {
    // a quoted keyword; ssh skips the line where the quote is never closed
    const close = text.indexOf('"', at + 1);
    if (close < 0 || close >= valueEnd) return undefined;
    keywordEnd = at = close + 1;
    equals = true;
  } else if (equals) at++;
  while (at < valueEnd && isBlank(text.charCodeAt(at))) at++;
  if (!equals && text[at] === '=') {
    at++;
    while (at < valueEnd && isBlank(text.charCodeAt(at))) at++;
  }
  const keyword = text.slice(keywordStart, keywordEnd).replaceAll('"', '').toLowerCase();
  return keyword === ''
    ? undefined
    : new Directive(text, keyword, line, start, end, keywordStart, keywordEnd, Math.min(at, valueEnd), valueEnd);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

/** Blanks, and a form feed at the end of a line. */
function isTrailing(code: number): boolean {
  return isBlank(code) || code === 12;
}

/** Ends a keyword: a blank, `"` or `=`. */
function isDelimiter(code: number): boolean {
  return isBlank(code) || code === 34 || code === 61;
}

/** The next token of a Match line, which is read by an older splitter than other values (misc.c, `strdelim`). */
export function nextToken(text: string, from: number): { readonly token: string; readonly next: number } | undefined {
  if (from >= text.length) return undefined;
  let at = from;
  while (at < text.length && !isDelimiter(text.charCodeAt(at))) at++;
  const skip = (position: number): number => {
    let next = position;
    while (next < text.length && BLANKS.includes(text.charAt(next))) next++;
    return next;
  };
  if (text[at] === '"') {
    const close = text.indexOf('"', at + 1);
    if (close < 0) return undefined;
    return { token: text.slice(from, at) + text.slice(at + 1, close), next: skip(close + 1) };
  }
  const token = text.slice(from, at);
  if (at >= text.length) return { token, next: at };
  const next = skip(at + 1);
  return { token, next: text[at] !== '=' && text[next] === '=' ? skip(next + 1) : next };
}
