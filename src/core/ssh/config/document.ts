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
export class Block {
  #directives: readonly Directive[] | undefined;

  constructor(
    private readonly text: string,
    readonly index: number,
    readonly kind: 'global' | 'host' | 'match',
    /** Absent for `global`. */
    readonly header: Directive | undefined,
    /** Where its lines begin behind the header, the number of the first of them, and where they end. */
    private readonly bodyStart: number,
    private readonly bodyLine: number,
    readonly end: number,
  ) {}

  get start(): number {
    return this.header?.start ?? 0;
  }

  /** Without the header. Read when first asked for: of a large file, few blocks ever are. */
  get directives(): readonly Directive[] {
    if (this.#directives !== undefined) return this.#directives;
    const found: Directive[] = [];
    for (let start = this.bodyStart, line = this.bodyLine; start < this.end; line++) {
      const end = lineEnd(this.text, start);
      const directive = readLine(this.text, line, start, end);
      if (directive !== undefined) found.push(directive);
      start = end;
    }
    this.#directives = found;
    return found;
  }
}

export interface ConfigDocument {
  readonly text: string;
  /** The first is always the global one. */
  readonly blocks: readonly Block[];
  /** The Include lines of all blocks. */
  readonly includes: readonly Directive[];
}

/** Reads an ssh_config text as OpenSSH 8.7 and newer does (readconf.c, `process_config_line_depth`). Nothing in it is an error here. */
export function parseConfig(text: string): ConfigDocument {
  const blocks: Block[] = [];
  const includes: Directive[] = [];
  let header: Directive | undefined;
  let bodyStart = 0;
  let bodyLine = 0;
  const finish = (end: number): void => {
    const kind = header === undefined ? 'global' : header.keyword === 'host' ? 'host' : 'match';
    blocks.push(new Block(text, blocks.length, kind, header, bodyStart, bodyLine, end));
  };
  for (let start = 0, line = 0; start < text.length; line++) {
    const end = lineEnd(text, start);
    // h, m, i and quotes: only these can begin a line that matters here
    const initial = firstCharacter(text, start, end);
    if (initial === 104 || initial === 109 || initial === 105 || initial === 34) {
      const directive = readLine(text, line, start, end);
      if (directive?.keyword === 'host' || directive?.keyword === 'match') {
        finish(start);
        header = directive;
        bodyStart = end;
        bodyLine = line + 1;
      } else if (directive?.keyword === 'include') includes.push(directive);
    }
    start = end;
  }
  finish(text.length);
  return { text, blocks, includes };
}

function lineEnd(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline < 0 ? text.length : newline + 1;
}

/** The first character of a line that is no blank, lower case. */
function firstCharacter(text: string, start: number, end: number): number {
  let at = start + (start === 0 ? markLength(text) : 0);
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) | 32;
}

/** ssh refuses a file that begins with a byte order mark, which is said elsewhere: its first line is read without it. */
function markLength(text: string): number {
  return text.startsWith('\u00EF\u00BB\u00BF') ? 3 : text.startsWith('\uFEFF') ? 1 : 0;
}

function readLine(text: string, line: number, start: number, end: number): Directive | undefined {
  const from = start + (start === 0 ? markLength(text) : 0);
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
