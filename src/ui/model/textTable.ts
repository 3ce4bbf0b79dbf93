/** A Markdown table whose columns stand below each other in plain text, too. The first row is the head. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(tableCell));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}

/** Words from outside, unable to be markup or to leave their cell. */
export function tableCell(text: string): string {
  return visibleText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|')
    .replaceAll('[', '\\[')
    .replaceAll('`', "'");
}

/** Without control characters, and unable to end a fenced block. */
export const visibleText = (text: string): string => text.replace(/\p{Cc}/gu, ' ').replaceAll('```', '´´´');
