/** What a script printed as lines of a word and its value, in order by the word: `disk sda`, `disk sdb`, `fuse`. */
export function taggedLines(text: string): ReadonlyMap<string, readonly string[]> {
  const of = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' ');
    const key = cut < 0 ? line : line.slice(0, cut);
    const values = of.get(key);
    const value = cut < 0 ? '' : line.slice(cut + 1);
    if (values) values.push(value);
    else of.set(key, [value]);
  }
  return of;
}
