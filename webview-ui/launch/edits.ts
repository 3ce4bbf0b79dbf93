import type { LaunchSpec } from '../../src/shared/launchSpec';

/** Fields to change; undefined takes a field out of the spec. */
export type SpecChange = { readonly [Field in keyof LaunchSpec]?: LaunchSpec[Field] | undefined };

/** An object without what is not set, false or empty. */
export function pruned<T extends object>(value: { readonly [Field in keyof T]: T[Field] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, set]) => set !== undefined && set !== '' && set !== false)) as Partial<T>;
}

/** The same, or undefined when nothing is left. */
export function prunedWhole<T extends object>(value: { readonly [Field in keyof T]: T[Field] | undefined }): Partial<T> | undefined {
  const left = pruned<T>(value);
  return Object.keys(left).length === 0 ? undefined : left;
}

export function changed(spec: LaunchSpec, change: SpecChange): LaunchSpec {
  const next = Object.entries({ ...spec, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(next) as unknown as LaunchSpec;
}

/** A list with one entry changed. */
export const replaced = <T>(list: readonly T[], index: number, entry: T): readonly T[] => list.map((one, i) => (i === index ? entry : one));

/** A list without one entry; undefined when none is left. */
export const without = <T>(list: readonly T[], index: number): readonly T[] | undefined =>
  list.length <= 1 ? undefined : list.filter((_, i) => i !== index);

/** An emptied number field is NaN in the spec and empty on screen; a kept draft makes null of it. */
export const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));
export const numberText = (value: number | null | undefined): string =>
  value === undefined || value === null || Number.isNaN(value) ? '' : String(value);
