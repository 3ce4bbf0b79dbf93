import {
  automountRows,
  conditionRows,
  installRows,
  mountRows,
  pathRows,
  scopeRows,
  socketRows,
  swapRows,
  timerRows,
  unitRows,
} from './directiveTable';
import { execRows } from './execTable';
import { killRows, resourceRows, serviceRows } from './serviceTable';

const kinds = [
  'bool',
  'calendar',
  'choice',
  'env',
  'exec',
  'int',
  'limit',
  'list',
  'mode',
  'old',
  'path',
  'paths',
  'percent',
  'rlimit',
  'signal',
  'size',
  'text',
  'time',
  'units',
  'user',
  'weight',
] as const;

/**
 * How a value is read. `limit` is a size, a percentage or infinity; `rlimit` the same with a soft and a hard part; `old` is a setting that
 * has a newer name; `text` is checked by systemd alone.
 */
type DirectiveKind = (typeof kinds)[number];

export interface Directive {
  readonly name: string;
  readonly section: string;
  readonly kind: DirectiveKind;
  /** The first systemd that knows it, where that is newer than 239. */
  readonly since: number | undefined;
  /** What a choice may be; for other kinds, values that are good beside others. */
  readonly values: readonly string[];
  /** What it does, in one sentence. */
  readonly help: string;
}

const condition = (rows: string): string =>
  rowsOf(rows)
    .flatMap(([name = '', kind = '', since = '', values = '', help = '']) => [
      `Condition${name}|${kind}|${since}|${values}|Starts only where ${help}, and is skipped otherwise; a leading ! turns it around.`,
      `Assert${name}|${kind}|${since}|${values}|Fails unless ${help}; a leading ! turns it around.`,
    ])
    .join('\n');

const rowsOf = (rows: string): string[][] =>
  rows
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.split('|'));

const processes = [execRows, killRows, resourceRows];

const sections: Readonly<Record<string, readonly string[]>> = {
  Unit: [unitRows, condition(conditionRows)],
  Service: [serviceRows, ...processes],
  Install: [installRows],
  Timer: [timerRows],
  Socket: [socketRows, ...processes],
  Path: [pathRows],
  Mount: [mountRows, ...processes],
  Automount: [automountRows],
  Swap: [swapRows, ...processes],
  Slice: [resourceRows],
  Scope: [scopeRows, killRows, resourceRows],
};

const tables = new Map<string, ReadonlyMap<string, Directive>>();

/** Every setting of a section, the most used first; empty for a section that systemd does not know. Names count in their case. */
export function directivesOf(section: string): ReadonlyMap<string, Directive> {
  const known = tables.get(section);
  if (known) return known;
  const table = new Map<string, Directive>();
  for (const row of (Object.hasOwn(sections, section) ? sections[section] : undefined) ?? []) {
    for (const [name = '', kind = '', since = '', values = '', help = ''] of rowsOf(row)) {
      if (table.has(name)) continue;
      table.set(name, {
        name,
        section,
        kind: kinds.find((one) => one === kind) ?? 'text',
        since: since === '' ? undefined : Number(since),
        values: values.split(' ').flatMap((value) => (value === '' ? [] : [value.replaceAll('_', ' ')])),
        help,
      });
    }
  }
  tables.set(section, table);
  return table;
}

/** Every section that systemd knows. */
export const sectionNames: readonly string[] = Object.keys(sections);

/** The sections in which a setting has a meaning. */
export const sectionsWith = (name: string): readonly string[] => sectionNames.filter((section) => directivesOf(section).has(name));

/** The sections that a unit of a kind may have; all where the kind is not known. */
export function sectionsFor(type: string | undefined): readonly string[] {
  if (type === undefined) return sectionNames;
  const own = `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
  return sectionNames.filter((name) => name === 'Unit' || name === 'Install' || name === own);
}
