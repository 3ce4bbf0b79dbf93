import type { Block, ConfigDocument, Directive } from './document';

/** Lines that frame a section which a program keeps: `# --- START-CODER ---`, `# BEGIN …`, `# Added by …`. */
const marker = /-{4,}|={4,}|#{4,}|\b(?:BEGIN|START|END)\b|(?:[Mm]anaged|[Gg]enerated|[Aa]dded) by|(?:DO NOT|[Dd]o not) (?:EDIT|edit)/;
const endMarker = /\bEND\b/;

/** A line of a text by its offsets: `end` is after the line break. */
export interface TextLine {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The line before an offset that is the start of a line. */
function lineBefore(text: string, offset: number): TextLine | undefined {
  if (offset <= 0) return undefined;
  const start = text.lastIndexOf('\n', offset - 2) + 1;
  return { start, end: offset, text: text.slice(start, offset).trim() };
}

/** The comment lines directly above a block, no empty line between, in order. */
function commentsAbove(document: ConfigDocument, block: Block): readonly TextLine[] {
  const lines: TextLine[] = [];
  for (
    let line = lineBefore(document.text, block.header?.start ?? 0);
    line?.text.startsWith('#');
    line = lineBefore(document.text, line.start)
  ) {
    lines.unshift(line);
  }
  return lines;
}

/** The comment that belongs to an entry: what stands directly above it, unless it frames a program's section. */
export function entryComment(document: ConfigDocument, block: Block): readonly TextLine[] {
  const lines = commentsAbove(document, block);
  const framed = lines.findLastIndex(({ text }) => marker.test(text));
  // lines above a frame, and between its lines, belong to the frame
  return framed < 0 ? lines : [];
}

/** Who keeps the section that the block stands in, by the words of its opening line: such a block is overwritten sooner or later. */
export function sectionOwner(document: ConfigDocument, block: Block): string | undefined {
  const at = block.header?.start ?? 0;
  const before = document.text.slice(0, at);
  const opening = [...before.matchAll(/^[ \t]*#.*\b(?:BEGIN|START)\b.*$/gm)].at(-1);
  if (opening === undefined || /^[ \t]*#.*\bEND\b/m.test(before.slice(opening.index + opening[0].length))) return undefined;
  if (!/^[ \t]*#.*\bEND\b/m.test(document.text.slice(at))) return undefined;
  return opening[0]
    .replace(/[#\-=]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Where a new block can go before this one: above its comments, but below the line that ends another program's section. */
export function startBefore(document: ConfigDocument, block: Block): number {
  const lines = commentsAbove(document, block);
  const ended = lines.findLastIndex(({ text }) => endMarker.test(text) && marker.test(text));
  return lines[ended + 1]?.start ?? block.header?.start ?? 0;
}

/** The last line of a block that says something. */
export function lastDirective(block: Block): Directive | undefined {
  return block.directives.at(-1) ?? block.header;
}

/** The offsets of an entry from its comment to its last line. */
export function entryRange(document: ConfigDocument, block: Block): { readonly start: number; readonly end: number } {
  const start = entryComment(document, block)[0]?.start ?? block.header?.start ?? 0;
  return { start, end: lastDirective(block)?.end ?? start };
}

/** The line break that the lines around an offset use. */
export function newlineAt(document: ConfigDocument, offset: number): '\n' | '\r\n' {
  const before = document.text.lastIndexOf('\n', offset - 1);
  const at = before >= 0 ? before : document.text.indexOf('\n', offset);
  return at > 0 && document.text[at - 1] === '\r' ? '\r\n' : '\n';
}

/** How directives of a block are written: taken from its last line, else from the file's other blocks. */
export function styleOf(document: ConfigDocument, block?: Block): { readonly indent: string; readonly separator: string } {
  const own = block?.directives.at(-1);
  const model = own ?? document.blocks.find(({ kind, directives }) => kind !== 'global' && directives.length > 0)?.directives[0];
  if (model === undefined) return { indent: block?.kind === 'global' ? '' : '  ', separator: ' ' };
  const separator = model.separator.includes('=') ? model.separator : ' ';
  return { indent: block?.kind === 'global' && own === undefined ? '' : model.indent, separator };
}

/** The block that a line (counted from 0) lies in. */
export function blockAtLine(document: ConfigDocument, line: number): Block | undefined {
  return document.blocks.findLast(({ header }) => header === undefined || header.line <= line);
}
