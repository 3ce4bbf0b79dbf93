/** Rows rendered above and below those in sight, so that a quick scroll shows no gap. */
const SPARE_ROWS = 6;

/** True when every word of the text occurs in the searched text. @param search lower case */
export function matches(search: string, text: string): boolean {
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => search.includes(word));
}

/** The half-open range of rows to render for a scroll position. All lengths in CSS pixels. */
export function visibleRange(scrollTop: number, viewHeight: number, rowHeight: number, total: number): [from: number, to: number] {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE_ROWS);
  return [from, Math.min(total, Math.ceil((scrollTop + viewHeight) / rowHeight) + SPARE_ROWS)];
}
