import { isIPv4, isIPv6 } from 'node:net';

/**
 * A block of addresses as EC2 writes it: a single address gets its length, bits beyond the length are cleared, IPv6 is lower case and
 * shortened (RFC 5952). @returns undefined for what is no address and no block
 */
export function canonicalCidr(text: string): string | undefined {
  const [address = '', length, ...rest] = text.trim().split('/');
  if (rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  if (isIPv4(address)) return block(address.split('.').map(Number), 8, Number(length ?? 32), (parts) => parts.join('.'));
  if (isIPv6(address) && !address.includes('%')) return block(groupsOf(address), 16, Number(length ?? 128), shortened);
  return undefined;
}

/** @param bits of each part */
function block(parts: readonly number[], bits: number, length: number, write: (parts: readonly number[]) => string): string | undefined {
  if (length > parts.length * bits) return undefined;
  const kept = parts.map((part, i) => {
    const own = Math.min(bits, Math.max(0, length - i * bits));
    return part & ~((1 << (bits - own)) - 1);
  });
  return `${write(kept)}/${length}`;
}

/** The eight groups of an address that is known to be IPv6. */
function groupsOf(address: string): readonly number[] {
  // The last 32 bits may be written as IPv4.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((n) => n.toString(16)).join(':'),
  );
  const [before = '', after] = plain.split('::');
  const read = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [read(before), read(after ?? '')];
  return after === undefined ? head : [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function shortened(groups: readonly number[]): string {
  let [start, length] = [0, 0];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const write = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? write(groups) : `${write(groups.slice(0, start))}::${write(groups.slice(start + length))}`;
}
