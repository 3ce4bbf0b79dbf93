import { parse } from 'yaml';
import { SkylabError } from '../../errors';
import type { WantedUser } from './tasks';
import { keyProblem, nameProblem } from './tasks';

/** A row of a list of people, or what is wrong with it. */
export interface ListedUser {
  /** Of its first line, from 1; in YAML the number of the entry. */
  readonly line: number;
  readonly user: WantedUser;
  readonly problem?: string;
}

/** Whoever lists more than this has taken the wrong file. */
const MOST = 1_000;

/**
 * Reads people from CSV (`name,key[,sudo][,groups]`, with or without that first line; several rows of one name give several keys) or
 * from YAML: a list of `{name, key or keys, sudo, groups, full_name}`.
 * @throws SkylabError when it is neither
 */
export function parseUserList(text: string, format: 'csv' | 'yaml'): readonly ListedUser[] {
  const rows = format === 'yaml' ? yamlRows(text) : csvRows(text);
  if (rows.length === 0)
    throw new SkylabError('There is nobody in this file.', { next: 'Each line is a name, a comma, and a public key.', code: 'EmptyList' });
  if (rows.length > MOST) throw new SkylabError(`This file lists ${rows.length} people; ${MOST} are the most.`, { code: 'LongList' });
  const byName = new Map<string, ListedUser>();
  for (const row of rows) {
    const known = byName.get(row.user.name);
    const merged = known === undefined ? row : { ...known, user: { ...known.user, keys: [...known.user.keys, ...row.user.keys] } };
    byName.set(row.user.name, merged);
  }
  return [...byName.values()].map((row) => {
    const { name, keys, groups } = row.user;
    const problem = [
      nameProblem(name),
      keys.length === 0 ? 'A key is missing.' : undefined,
      ...keys.map(keyProblem),
      ...groups.map(nameProblem),
    ].find((one) => one !== undefined);
    return problem === undefined ? row : { ...row, problem };
  });
}

function csvRows(text: string): ListedUser[] {
  const rows = cells(text.replace(/^\uFEFF/, ''));
  const [first] = rows;
  const titles = first?.values.map((value) => value.toLowerCase().replaceAll(/[ -]/g, '_')) ?? [];
  const hasTitles = titles.includes('name') || titles.includes('user') || titles.includes('login');
  const columns = hasTitles ? titles : ['name', 'key', 'sudo', 'groups'];
  const at = (values: readonly string[], ...names: readonly string[]): string => {
    const index = columns.findIndex((column) => names.includes(column));
    return index < 0 ? '' : (values[index] ?? '').trim();
  };
  return rows.slice(hasTitles ? 1 : 0).map(({ line, values }) => {
    const key = at(values, 'key', 'keys', 'public_key', 'ssh_key');
    const fullName = at(values, 'full_name', 'fullname');
    return {
      line,
      user: {
        name: at(values, 'name', 'user', 'login'),
        keys: key === '' ? [] : key.split(/\r?\n/).filter((one) => one.trim() !== ''),
        sudo: isYes(at(values, 'sudo', 'admin')),
        groups: words(at(values, 'groups', 'group')),
        ...(fullName === '' ? {} : { fullName }),
      },
    };
  });
}

/** CSV as RFC 4180 has it; also with semicolons or tabs, as spreadsheets of other languages write. Empty lines and `#` are left out. */
function cells(text: string): { line: number; values: string[] }[] {
  const separator = ['\t', ';', ','].find((one) => (text.split('\n')[0] ?? '').includes(one)) ?? ',';
  const rows: { line: number; values: string[] }[] = [];
  let [values, value, quoted, line, start]: [string[], string, boolean, number, number] = [[], '', false, 1, 1];
  const end = (): void => {
    values.push(value);
    if (values.some((one) => one.trim() !== '') && !(values[0] ?? '').trimStart().startsWith('#')) rows.push({ line: start, values });
    [values, value, start] = [[], '', line + 1];
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quoted && char === '"' && text[i + 1] === '"') value += text[++i] ?? '';
    else if (char === '"' && (quoted || value.trim() === '')) quoted = !quoted;
    else if (!quoted && char === separator) value = (values.push(value), '');
    else if (!quoted && char === '\n') {
      end();
      line++;
    } else {
      if (char === '\n') line++;
      if (char !== '\r') value += char;
    }
  }
  if (value !== '' || values.length > 0) end();
  return rows;
}

function yamlRows(text: string): ListedUser[] {
  let found: unknown;
  try {
    found = parse(text);
  } catch (error) {
    throw new SkylabError('This file is no YAML.', { code: 'NotYaml', cause: error });
  }
  const list = typeof found === 'object' && found !== null && 'users' in found ? found.users : found;
  if (!Array.isArray(list))
    throw new SkylabError('This file is no list of people.', { next: 'Begin each entry with “- name: …” and “key: …”.', code: 'NotAList' });
  return list.map((entry: unknown, index) => {
    const fields = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
    const fullName = texts(fields['full_name'])[0];
    return {
      line: index + 1,
      user: {
        name: texts(fields['name'])[0] ?? '',
        keys: [...texts(fields['key']), ...texts(fields['keys'])],
        sudo: fields['sudo'] === true || isYes(texts(fields['sudo'])[0] ?? ''),
        groups: texts(fields['groups']).flatMap(words),
        ...(fullName === undefined ? {} : { fullName }),
      },
    };
  });
}

function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

const isYes = (text: string): boolean => /^(yes|y|true|1|x|sudo)$/i.test(text);
const words = (text: string): string[] => text.split(/[\s,;|]+/).filter((one) => one !== '');
