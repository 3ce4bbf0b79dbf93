import { closest } from '../../closest';
import { keywordRows } from './keywordTable';

/**
 * How a value is read. `command`: the rest of the line as it is. `path`: one file name. `word`: one argument. `words`: several.
 * `choice`: one of a set. `number`, `port`, `time`: as they say.
 */
export type ValueKind = 'command' | 'path' | 'paths' | 'word' | 'words' | 'choice' | 'number' | 'port' | 'time';

export interface Keyword {
  /** As ssh_config(5) spells it. */
  readonly name: string;
  readonly kind: ValueKind;
  /** What it does, in one line. */
  readonly help: string;
  /** What a `choice` may be; for other kinds, words that are good beside others. */
  readonly values: readonly string[];
  /** The first OpenSSH that knows it, where that is newer than 7.6. */
  readonly since?: string;
  /** Why it should not be used any more: OpenSSH reads it and does nothing. */
  readonly obsolete?: boolean;
}

const table: ReadonlyMap<string, Keyword> = new Map(
  keywordRows.map(([name, kind, help, values = '', since = '']) => [
    name.toLowerCase(),
    {
      name,
      kind,
      help,
      values: (values === 'yn' ? 'yes no' : values).split(' ').filter((value) => value !== ''),
      ...(since === '' ? {} : since === 'obsolete' ? { obsolete: true } : { since }),
    },
  ]),
);

/** Every keyword of ssh_config(5) in the table's order: the most used first. */
export function allKeywords(): readonly Keyword[] {
  return [...table.values()];
}

/** A keyword by its name in any case; undefined for one that OpenSSH does not know. */
export function findKeyword(name: string): Keyword | undefined {
  return table.get(name.toLowerCase());
}

/** The keyword in its usual spelling; an unknown one as it is. */
export function canonicalName(name: string): string {
  return findKeyword(name)?.name ?? name;
}

export function valueKind(name: string): ValueKind {
  return findKeyword(name)?.kind ?? 'words';
}

/** The known keyword that a misspelled one is closest to. */
export function closestKeyword(name: string): string | undefined {
  const key = closest(name, table.keys());
  return key === undefined ? undefined : table.get(key)?.name;
}

/**
 * Why ssh would not take a value; undefined when it would, or when only ssh itself can say.
 * @param words the arguments, quotes taken away
 */
export function valueProblem(keyword: Keyword, words: readonly string[]): string | undefined {
  const [first] = words;
  if (keyword.kind === 'command') return undefined;
  if (first === undefined || first === '') return `${keyword.name} needs a value`;
  const single = keyword.kind !== 'words' && keyword.kind !== 'paths';
  if (single && words.length > 1) {
    return keyword.kind === 'path'
      ? `${keyword.name} takes one path: put one with blanks in double quotes`
      : `${keyword.name} takes one value`;
  }
  switch (keyword.kind) {
    case 'choice': {
      // everything but Compression takes the two other words as well
      const also = (yes: string, other: string): string[] =>
        keyword.values.includes(yes) && keyword.name !== 'Compression' ? [other] : [];
      const accepted = [...keyword.values, ...also('yes', 'true'), ...also('no', 'false')];
      return accepted.some((value) => value === first.toLowerCase()) ? undefined : `${keyword.name} is one of ${keyword.values.join(', ')}`;
    }
    case 'number':
      return /^-?\d+$/.test(first) || keyword.values.includes(first.toLowerCase()) ? undefined : `${keyword.name} is a whole number`;
    case 'port':
      return /^\d+$/.test(first) && (Number(first) < 1 || Number(first) > 65535)
        ? `${keyword.name} is a number from 1 to 65535`
        : undefined;
    case 'time':
      return /^(?:\d+[smhdw]?)+$/i.test(first) || keyword.values.includes(first.toLowerCase())
        ? undefined
        : `${keyword.name} is a time such as 30, 10m or 2h`;
    default:
      return undefined;
  }
}
