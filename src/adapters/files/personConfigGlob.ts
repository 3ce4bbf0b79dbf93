import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The files that an Include's argument reaches, sorted as ssh does (glob(3) without braces; a leading dot is matched by a dot only).
 * @param pattern absolute
 */
export async function expandInclude(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split('/');
  let found = [parts[0] === '' ? '/' : `${parts[0] ?? ''}/`];
  for (const [index, part] of parts.slice(1).entries()) {
    if (part === '') continue;
    const last = index === parts.length - 2;
    const next: string[] = [];
    for (const folder of found) next.push(...(await matching(folder, part)).map((name) => (last ? folder + name : `${folder}${name}/`)));
    found = next;
  }
  const files: string[] = [];
  for (const file of found) if (await exists(file)) files.push(path.normalize(file));
  return files;
}

async function matching(folder: string, part: string): Promise<readonly string[]> {
  if (!/[*?[\\]/.test(part)) return [part];
  const pattern = globExpression(part);
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  });
  // by bytes, as strcmp orders
  return names
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && pattern.test(name))
    .sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
}

function globExpression(part: string): RegExp {
  const source = part.replace(/\\(.)|\[(!?)([^\]]+)\]|[*?]|[.+^${}()|[\]\\]/gu, (all, escaped?: string, not?: string, set?: string) => {
    if (escaped !== undefined) return escaped.replace(/[^\w]/g, '\\$&');
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
    return all === '*' ? '.*' : all === '?' ? '.' : `\\${all}`;
  });
  return new RegExp(`^${source}$`, 's');
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
