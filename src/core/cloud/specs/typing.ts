/** Where in a spec file somebody is typing. */
export type Where =
  | { readonly kind: 'key'; readonly path: readonly (string | number)[]; readonly present: readonly string[] }
  | { readonly kind: 'value'; readonly path: readonly (string | number)[] };

/** A line as far as its indentation tells; a list's dash counts as indentation of what follows it. */
interface Line {
  readonly indent: number;
  /** Columns of dashes before the key. */
  readonly dashes: readonly number[];
  readonly key: string | undefined;
}

/**
 * Finds the place by indentation alone: a file that is being typed is seldom valid YAML.
 * @param lines without their ends
 * @param line from 0
 * @param column from 0, in UTF-16
 * @returns undefined in comments, and inside of block texts
 */
export function whereAt(lines: readonly string[], line: number, column: number): Where | undefined {
  const before = (lines[line] ?? '').slice(0, column);
  if (/(^|\s)#/.test(before) || inBlockText(lines, line)) return undefined;
  const own = read(before);
  const valueOf = /^[\s-]*([A-Za-z]\w*)\s*:\s/.exec(before)?.[1];
  const parents = pathTo(lines, line, own);
  if (valueOf !== undefined) return { kind: 'value', path: [...parents, valueOf] };
  // A scalar in a list: `- ` without a key behind it may become either.
  return { kind: 'key', path: parents, present: siblings(lines, line, own.indent) };
}

function read(text: string): Line {
  const dashes: number[] = [];
  let indent = 0;
  for (; indent < text.length; indent++) {
    if (text[indent] === '-' && (text[indent + 1] ?? ' ') === ' ') dashes.push(indent);
    else if (text[indent] !== ' ') break;
  }
  return { indent, dashes, key: /^([A-Za-z]\w*)\s*:/.exec(text.slice(indent))?.[1] };
}

/** The keys above, from the outside in; 0 stands for an entry of a list. */
function pathTo(lines: readonly string[], line: number, own: Line): readonly (string | number)[] {
  const path: (string | number)[] = [];
  const at = { limit: own.indent, inList: false };
  const take = (dashes: readonly number[]): void => {
    for (const column of dashes.toReversed()) {
      if (column >= at.limit) continue;
      path.unshift(0);
      Object.assign(at, { limit: column, inList: true });
    }
  };
  take(own.dashes);
  for (let i = line - 1; i >= 0 && (at.limit > 0 || at.inList); i--) {
    const text = lines[i] ?? '';
    if (text.trim() === '' || /^\s*#/.test(text)) continue;
    const above = read(text);
    // A list may stand at the column of the key that it belongs to.
    if (above.key !== undefined && (above.indent < at.limit || (at.inList && above.indent === at.limit))) {
      path.unshift(above.key);
      Object.assign(at, { limit: above.indent, inList: false });
    }
    take(above.dashes);
  }
  return path;
}

/** Keys of the same group, above and below. */
function siblings(lines: readonly string[], line: number, indent: number): readonly string[] {
  const keys: string[] = [];
  const gather = (step: 1 | -1): void => {
    for (let i = line + step; i >= 0 && i < lines.length; i += step) {
      const text = lines[i] ?? '';
      if (text.trim() === '') continue;
      const other = read(text);
      const ends = other.dashes.length > 0 && other.indent === indent;
      if (other.indent < indent || (ends && step === 1)) return;
      if (other.indent === indent && other.key !== undefined) keys.push(other.key);
      if (ends) return;
    }
  };
  gather(-1);
  gather(1);
  return keys;
}

/** True inside of the text behind `|` or `>`. */
function inBlockText(lines: readonly string[], line: number): boolean {
  const indentOf = (text: string) => /^ */.exec(text)?.[0].length ?? 0;
  let limit = (lines[line] ?? '').trim() === '' ? Infinity : indentOf(lines[line] ?? '');
  for (let i = line - 1; i >= 0; i--) {
    const text = lines[i] ?? '';
    if (text.trim() === '' || indentOf(text) >= limit) continue;
    if (/:\s*[|>][+-]?\d*\s*(#.*)?$/.test(text)) return true;
    limit = indentOf(text);
    if (limit === 0) return false;
  }
  return false;
}
