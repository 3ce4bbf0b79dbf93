/** A setting as it stands in a unit file. Lines and columns count from 0. */
export interface Assignment {
  readonly section: string;
  readonly key: string;
  /** The value as systemd joins it: lines that a backslash continues are put together by a space. */
  readonly value: string;
  readonly line: number;
  /** The last line of a value that goes on over several. */
  readonly endLine: number;
  /** Columns of the key, and of the value on the first line. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
}

interface Section {
  readonly name: string;
  readonly line: number;
}

export interface UnitText {
  readonly lines: readonly string[];
  readonly sections: readonly Section[];
  readonly assignments: readonly Assignment[];
  /** Lines that are neither a section, a setting, a comment nor empty: systemd leaves them out. */
  readonly strange: readonly number[];
}

const comment = /^\s*[#;]/;

/** Reads a unit file as systemd does (systemd.syntax(7)): comments may stand between lines that a backslash continues. */
export function parseUnit(text: string): UnitText {
  const lines = text.split(/\r?\n/);
  const sections: Section[] = [];
  const assignments: Assignment[] = [];
  const strange: number[] = [];
  let section = '';
  for (let at = 0; at < lines.length; at++) {
    const first = lines[at] ?? '';
    if (first.trim() === '' || comment.test(first)) continue;
    const line = at;
    let whole = first;
    while (whole.endsWith('\\') && at + 1 < lines.length) {
      at += 1;
      const next = lines[at] ?? '';
      if (!comment.test(next)) whole = `${whole.slice(0, -1)} ${next}`;
    }
    const header = /^\s*\[(.*)\]\s*$/.exec(whole);
    if (header) {
      section = header[1] ?? '';
      sections.push({ name: section, line });
      continue;
    }
    const equals = whole.indexOf('=');
    const key = whole.slice(0, Math.max(0, equals)).trim();
    if (equals < 0 || key === '') {
      strange.push(line);
      continue;
    }
    const keyStart = first.length - first.trimStart().length;
    const value = whole.slice(equals + 1);
    const lead = value.length - value.trimStart().length;
    assignments.push({
      section,
      key,
      value: value.trim(),
      line,
      endLine: at,
      keyStart,
      keyEnd: keyStart + key.length,
      valueStart: Math.min(first.length, equals + 1 + lead),
    });
  }
  return { lines, sections, assignments, strange };
}

/** The section in which a line stands; empty above the first. */
export function sectionAt({ sections }: UnitText, line: number): string {
  return sections.findLast((one) => one.line <= line)?.name ?? '';
}
