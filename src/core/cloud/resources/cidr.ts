import { canonicalCidr } from '../../../shared/cidr';

/** The block of one address; undefined for what is no address. */
export function blockOf(address: string): string | undefined {
  return address.includes('/') ? undefined : canonicalCidr(address);
}

/** True when every address of the second block is in the first. */
export function covers(wide: string, narrow: string): boolean {
  const [outer, inner] = [canonicalCidr(wide), canonicalCidr(narrow)];
  if (outer === undefined || inner === undefined || outer.includes(':') !== inner.includes(':')) return false;
  const [length, own] = [outer, inner].map((block) => Number(block.split('/')[1]));
  if (length === undefined || own === undefined || own < length) return false;
  return canonicalCidr(`${inner.split('/')[0] ?? ''}/${length}`) === outer;
}
