import type { TagDescription } from '@aws-sdk/client-ec2';
import { TAG } from '../../../core/cloud/tags';

/** The names by which Skylab's own tags come back: OpenNebula makes XML elements of them and writes them in capitals. */
const KNOWN = new Map(Object.values(TAG).map((name) => [written(name).toUpperCase(), name as string]));

/** A tag's name as OpenNebula can keep it: it fails at spaces, colons and whatever else no XML element is named with. */
function written(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/g, '_');
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}

/** Tags to be written; those without a value are left out, since they are never listed again. */
export function writtenTags(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).flatMap(([name, value]) => (value === '' ? [] : [{ Key: written(name), Value: value }]));
}

export const writtenName = written;

/** All tags of the answer by resource, under the names that Skylab knows them by. */
export function tagsByResource(listed: readonly TagDescription[]): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  for (const { ResourceId, Key, Value } of listed) {
    if (ResourceId === undefined || Key === undefined) continue;
    const tags = found.get(ResourceId) ?? {};
    tags[KNOWN.get(Key.toUpperCase()) ?? Key] = Value ?? '';
    found.set(ResourceId, tags);
  }
  return found;
}
