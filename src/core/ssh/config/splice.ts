/** A change of a text: `length` characters from `offset` on become `text`. */
export interface Splice {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** The text with the changes made; their offsets are those of the text before. Everything outside them stays. */
export function splice(text: string, changes: readonly Splice[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const { offset, length, text: replacement } of [...changes].sort((a, b) => a.offset - b.offset)) {
    if (offset < from) throw new Error('changes overlap');
    parts.push(text.slice(from, offset), replacement);
    from = offset + length;
  }
  parts.push(text.slice(from));
  return parts.join('');
}
