/** The lists of a hub, as the recipe JupyterHub reads them. */
export type ListName = 'allow' | 'block' | 'admins' | 'images';

/** The names of a list: one a line, in lower case; what follows a # is a note. */
export function namesOf(text: string): readonly string[] {
  const names = text.split(/\r?\n/).map((line) => (line.split('#')[0] ?? '').trim().toLowerCase());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** A list with names added that are not there yet; every other byte stays. */
export function withNames(text: string, names: readonly string[]): string {
  const there = new Set(namesOf(text));
  const added = names.flatMap((one) => {
    const name = one.trim();
    if (name === '' || there.has(name.toLowerCase())) return [];
    there.add(name.toLowerCase());
    return [name];
  });
  if (added.length === 0) return text;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const body = text === '' || text.endsWith('\n') ? text : `${text}${eol}`;
  return `${body}${added.join(eol)}${eol}`;
}

/** A list without some names; notes of their own lines go with them. */
export function withoutNames(text: string, names: readonly string[]): string {
  const gone = new Set(names.map((name) => name.trim().toLowerCase()));
  return text
    .split(/(?<=\n)/)
    .filter((line) => !gone.has((line.split('#')[0] ?? '').trim().toLowerCase()) || (line.split('#')[0] ?? '').trim() === '')
    .join('');
}

/** GitHub's rule for names: letters, digits and single hyphens, 39 at most. Source: the form that makes an account. */
export function nameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9])){0,38}$/.test(name)) return undefined;
  return `“${name}” is no name at GitHub: letters, digits and hyphens, 39 at most.`;
}
