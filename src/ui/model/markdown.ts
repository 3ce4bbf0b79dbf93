/** Text as Markdown that shows exactly that text: names and tags come from outside and may carry markup. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_{}[\]()#+\-.!|~^$:@/]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** A line of a hover: what it is about, and its value. */
export type Fact = readonly [string, string | undefined];

/** A two-column table of what is known; rows without a value are left out. */
export function factTable(title: string, facts: readonly Fact[]): string {
  const rows = facts.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`],
  );
  return [`**${escapeMarkdown(title)}**`, '', '| | |', '|:--|:--|', ...rows].join('\n');
}
