/** The name that a misspelled one is closest to: at most two letters away and at most half of it, case aside; undefined where none is. */
export function closest(name: string, names: Iterable<string>): string | undefined {
  const lower = name.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const one of names) {
    const most = Math.min(2, Math.floor(one.length / 2), (best?.distance ?? 3) - 1);
    if (Math.abs(one.length - lower.length) > most) continue;
    const distance = editDistance(one.toLowerCase(), lower);
    if (distance <= most) best = { name: one, distance };
  }
  return best?.name;
}

/** Letters to put in, take out or change (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
