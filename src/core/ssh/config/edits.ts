import { SkylabError } from '../../errors';
import type { Block, ConfigDocument, Directive } from './document';
import { canonicalName, valueKind } from './keywords';
import { entryComment, entryRange, lastDirective, newlineAt, styleOf } from './layout';
import { parseMatch } from './match';
import type { Splice } from './splice';
import { quoteWord, restOfLine, splitWords, storedText } from './words';

/** An option to set: the value as a person types it, several arguments parted by blanks. */
export interface Option {
  readonly keyword: string;
  readonly value: string;
}

/** An entry that is to be written: `Host PATTERNS` or `Match CONDITIONS`. */
export interface NewEntry {
  readonly kind: 'host' | 'match';
  /** Patterns or conditions as typed. */
  readonly header: string;
  readonly options: readonly Option[];
  readonly comment?: string;
}

/** A person's value as it stands in the file. @throws SkylabError for what cannot stand there */
export function renderValue({ keyword, value }: Option): string {
  const name = canonicalName(keyword);
  if (valueKind(keyword) === 'command') return storedText(restOfLine(value, name));
  if (/[\r\n\0]/.test(value)) quoteWord(value, name);
  const trimmed = value.trim();
  if (trimmed === '') throw new SkylabError(`${name} needs a value.`, { code: 'BadConfigValue', next: 'Type one.' });
  // one path may hold blanks without the person quoting it
  if (valueKind(keyword) === 'path' && !/^["']/.test(trimmed)) return storedText(quoteWord(trimmed, name));
  const { words, complete } = splitWords(trimmed, 0, trimmed.length);
  if (!complete)
    throw new SkylabError(`The value of ${name} has a quote that is never closed.`, { code: 'BadConfigValue', next: 'Close it.' });
  if (words.length === 0)
    throw new SkylabError(`${name} needs a value.`, { code: 'BadConfigValue', next: 'Type one that does not begin with #.' });
  return storedText(words.map((word) => quoteWord(word.value, name)).join(' '));
}

/** The patterns of a Host line or the conditions of a Match line as they stand in the file. @throws SkylabError */
export function renderHeader(kind: 'host' | 'match', header: string): string {
  if (kind === 'host') {
    const patterns = renderValue({ keyword: 'Host', value: header });
    if (splitWords(patterns, 0, patterns.length).words.some(({ value }) => value === '' || value === '!')) {
      throw new SkylabError('A pattern is empty.', { code: 'BadConfigValue', next: 'Leave it out.' });
    }
    return patterns;
  }
  const conditions = restOfLine(header, 'Match');
  const { problem } = parseMatch(conditions);
  if (problem !== undefined)
    throw new SkylabError(`ssh would not take this condition: ${problem}.`, { code: 'BadConfigValue', next: 'Correct it.' });
  return storedText(conditions);
}

/** The lines of a new entry. */
function renderEntry(entry: NewEntry, style: { readonly indent: string; readonly separator: string }, newline: string): string {
  const indent = style.indent === '' ? '' : style.indent;
  const lines = [
    ...commentLines(entry.comment ?? ''),
    `${entry.kind === 'host' ? 'Host' : 'Match'} ${renderHeader(entry.kind, entry.header)}`,
    ...entry.options.map((option) => `${indent}${canonicalName(option.keyword)}${style.separator}${renderValue(option)}`),
  ];
  return lines.map((line) => `${line}${newline}`).join('');
}

function commentLines(comment: string): string[] {
  if (comment.trim() === '') return [];
  return comment.split(/\r\n|\r|\n/).map((line) => {
    const text = line.replace(/\p{Cc}/gu, ' ').trim();
    return storedText(text.startsWith('#') ? text : `# ${text}`.trim());
  });
}

/** Puts a new entry at an offset that is the start of a line or the end of the text, parted from its neighbors by an empty line. */
export function insertEntry(document: ConfigDocument, offset: number, entry: NewEntry): Splice {
  const { text } = document;
  const newline = newlineAt(document, offset);
  const before = text.slice(0, offset);
  const unfinished = before !== '' && !before.endsWith('\n');
  const afterGap = before === '' || /^\u00EF\u00BB\u00BF$/.test(before) || /\n[ \t\r]*\n$/.test(before);
  const lead = (unfinished ? newline : '') + (afterGap ? '' : newline);
  const rest = text.slice(offset);
  const tail = rest === '' || /^[ \t\r]*(?:\n|$)/.test(rest) ? '' : newline;
  return { offset, length: 0, text: lead + renderEntry(entry, styleOf(document), newline) + tail };
}

/** Takes an entry away, with its comment and the empty lines after it (before it, where it is the last). */
export function removeEntry(document: ConfigDocument, block: Block): Splice {
  const { text } = document;
  const { start, end } = entryRange(document, block);
  const blanksAfter = /^(?:[ \t\r\f]*\n)*/.exec(text.slice(end))?.[0].length ?? 0;
  const isLast = /^\s*$/.test(text.slice(end));
  if (!isLast) return { offset: start, length: end + blanksAfter - start, text: '' };
  const blanksBefore = /(?:(?<=\n)[ \t\r\f]*\n)*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  return { offset: start - blanksBefore, length: text.length - start + blanksBefore, text: '' };
}

/** The lines of an entry as they are, for a copy or a move elsewhere. */
export function entryText(document: ConfigDocument, block: Block): string {
  const { start, end } = entryRange(document, block);
  return document.text.slice(start, end);
}

/** Puts the lines of an entry, as they are, at an offset. */
export function insertLines(document: ConfigDocument, offset: number, lines: string): Splice {
  const { text } = document;
  const newline = newlineAt(document, offset);
  const before = text.slice(0, offset);
  const lead = (before === '' || before.endsWith('\n') ? '' : newline) + (before === '' || /\n[ \t\r]*\n$/.test(before) ? '' : newline);
  const own = lines.endsWith('\n') ? lines : `${lines}${newline}`;
  const rest = text.slice(offset);
  return { offset, length: 0, text: lead + own + (rest === '' || /^[ \t\r]*(?:\n|$)/.test(rest) ? '' : newline) };
}

/** Gives a Host or Match line other patterns or conditions; a comment at its end stays. */
export function setHeader(block: Block, header: string): Splice {
  const { header: line, kind } = block;
  if (line === undefined || kind === 'global') throw new Error('the lines before all blocks have no header');
  const end = kind === 'host' ? line.wordsEnd : line.valueEnd;
  return { offset: line.valueStart, length: end - line.valueStart, text: renderHeader(kind, header) };
}

/** Gives an existing line another value; indent, spelling, separator and a comment at its end stay. */
export function setDirective(directive: Directive, value: string): Splice {
  const text = renderValue({ keyword: directive.keyword, value });
  const raw = valueKind(directive.keyword) === 'command';
  const end = raw ? directive.valueEnd : Math.max(directive.wordsEnd, directive.valueStart);
  const gap = directive.valueStart === directive.keywordEnd ? ' ' : '';
  return { offset: directive.valueStart, length: end - directive.valueStart, text: gap + text };
}

/** Adds a line to a block, in its manner: at its end, but before an Include in it, which would win otherwise. */
export function addDirective(document: ConfigDocument, block: Block, option: Option): Splice {
  const include = block.directives.findIndex(({ keyword }) => keyword === 'include');
  const after = include < 0 ? lastDirective(block) : (block.directives[include - 1] ?? block.header);
  const { indent, separator } = styleOf(document, block);
  const line = `${indent}${canonicalName(option.keyword)}${separator}${renderValue(option)}`;
  const offset = after?.end ?? block.directives[0]?.start ?? globalEnd(document);
  const newline = newlineAt(document, offset);
  return after?.newline === '' ? { offset, length: 0, text: `${newline}${line}` } : { offset, length: 0, text: `${line}${newline}` };
}

/** Where a first line before all blocks goes: at the very top, behind a byte order mark. */
function globalEnd(document: ConfigDocument): number {
  return document.text.startsWith('\u00EF\u00BB\u00BF') ? 3 : 0;
}

/** Takes a line away, with a comment at its end. */
export function removeDirective(document: ConfigDocument, directive: Directive): Splice {
  const isLast = directive.end === document.text.length && directive.newline === '';
  if (!isLast) return { offset: directive.start, length: directive.end - directive.start, text: '' };
  // the file keeps ending as it did: without a line break
  const before = /\r?\n$/.exec(document.text.slice(0, directive.start))?.[0].length ?? 0;
  return { offset: directive.start - before, length: directive.end - directive.start + before, text: '' };
}

/** The comment of an entry as a person edits it: without `#`. */
export function commentText(document: ConfigDocument, block: Block): string {
  return entryComment(document, block)
    .map(({ text }) => text.replace(/^#\s?/, ''))
    .join('\n');
}

/** Gives an entry another comment; an empty one takes it away. */
export function setComment(document: ConfigDocument, block: Block, comment: string): Splice {
  const header = block.header?.start ?? 0;
  const start = entryComment(document, block)[0]?.start ?? header;
  const newline = newlineAt(document, header);
  return {
    offset: start,
    length: header - start,
    text: commentLines(comment)
      .map((line) => `${block.header?.indent ?? ''}${line}${newline}`)
      .join(''),
  };
}
