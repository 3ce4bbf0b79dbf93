import { SkylabError } from '../errors';

/** Kinds of units that a person writes; the rest (device, scope, snapshot) systemd makes by itself. */
const UNIT_TYPES = ['service', 'timer', 'socket', 'path', 'mount', 'automount', 'swap', 'target', 'slice'] as const;

export type UnitType = (typeof UNIT_TYPES)[number];

/** What kind of unit a name or a path stands for; undefined for what is no unit. */
export function unitTypeOf(name: string): UnitType | undefined {
  const suffix = name.slice(name.lastIndexOf('.') + 1);
  return UNIT_TYPES.find((type) => type === suffix);
}

/**
 * Why a text cannot be the name of a unit file, or undefined for a good one: letters, digits, `:-_.\@`, at most 255 with the suffix
 * (systemd.unit(5), "Description").
 */
export function unitNameProblem(name: string): string | undefined {
  if (unitTypeOf(name) === undefined) return `A unit’s name ends in ${UNIT_TYPES.map((type) => `.${type}`).join(', ')}.`;
  if (!/^[A-Za-z0-9:_.\\@-]+$/.test(name)) return 'A unit’s name has only letters, digits and : - _ . \\ @ in it.';
  if (name.startsWith('.')) return 'A unit’s name has something before its last dot.';
  return name.length > 255 ? 'A unit’s name has at most 255 characters.' : undefined;
}

/** @throws SkylabError where it cannot be the name of a unit file */
export function mustBeUnitName(name: string): void {
  const problem = unitNameProblem(name);
  if (problem !== undefined) throw new SkylabError(`${name} cannot be the name of a unit.`, { next: problem, code: 'UnitName' });
}

/** True for `worker@.service`, which is started with something after the `@` only. */
export const isTemplate = (name: string): boolean => /@\.[a-z]+$/.test(name);
