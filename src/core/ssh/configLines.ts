/** One directive of an ssh_config text. */
export interface ConfigLine {
  /** Lower case. */
  readonly keyword: string;
  /** Arguments without their quotes. */
  readonly args: readonly string[];
  /** Counted from 1. */
  readonly line: number;
}

/** The directives of an ssh_config text in order, comments and empty lines left out (ssh_config(5): `keyword args` or `keyword=args`). */
export function configLines(text: string): readonly ConfigLine[] {
  const found: ConfigLine[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .forEach((raw, index) => {
      const [, keyword, rest] = /^\s*([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+|$)(.*)$/.exec(raw) ?? [];
      if (keyword !== undefined) found.push({ keyword: keyword.toLowerCase(), args: words(rest ?? ''), line: index + 1 });
    });
  return found;
}

/** Splits at blanks outside quotes; a `#` that starts a word ends the line, as in OpenSSH 8.7 and newer. */
function words(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/"([^"]*)"|'([^']*)'|(#.*)|([^\s"']+)/g)) {
    if (match[3] !== undefined) break;
    found.push(match[1] ?? match[2] ?? match[4] ?? '');
  }
  return found;
}
