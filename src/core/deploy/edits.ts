/** One replacement in a file's text: `text` takes the place of the characters from `start` up to `end`. */
export interface Edit {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text after all edits; of two edits that overlap the first one given wins. Edits of other paths are ignored. */
export function applyEdits(path: string, text: string, edits: readonly Edit[]): string {
  const chosen: Edit[] = [];
  for (const edit of edits) {
    if (edit.path !== path) continue;
    const clash = chosen.some((other) => edit.start < other.end && other.start < edit.end);
    if (!clash) chosen.push(edit);
  }
  chosen.sort((a, b) => b.start - a.start);
  let result = text;
  for (const edit of chosen) result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  return result;
}
