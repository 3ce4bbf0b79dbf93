/**
 * An address block as EC2 writes it: bits after the prefix are zero, IPv6 is short and lower case, and a bare address is a block of one.
 * @returns undefined for anything else
 */
export function canonicalCidr(block: string): string | undefined {
  const [address = '', prefix, ...rest] = block.trim().split('/');
  if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return undefined;
  const v4 = ipv4Bits(address);
  const v6 = v4 === undefined ? ipv6Bits(address) : undefined;
  const bits = v4 ?? v6;
  const width = v4 === undefined ? 128 : 32;
  const length = prefix === undefined ? width : Number(prefix);
  if (bits === undefined || length > width) return undefined;
  const host = BigInt(width - length);
  const kept = (bits >> host) << host;
  return `${v4 === undefined ? ipv6Text(kept) : ipv4Text(kept)}/${length}`;
}

function ipv4Bits(address: string): bigint | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function ipv4Text(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join('.');
}

function ipv6Bits(address: string): bigint | undefined {
  const halves = address.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** RFC 5952: the longest run of zeros, of two at least, is left out. */
function ipv6Text(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (groups[end] === '0') end++;
    if (end - at > best.length) best = { at, length: end - at };
  }
  if (best.at === -1) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}
