/** An address as a number with its width in bits; undefined for what is none. */
function parse(address: string): { readonly bits: 32 | 128; readonly value: bigint } | undefined {
  if (/^\d+(\.\d+){3}$/.test(address)) {
    const parts = address.split('.').map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return { bits: 32, value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
  }
  if (!address.includes(':')) return undefined;
  const halves = address.split('::');
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const head = words(halves[0] ?? '');
  const tail = words(halves[1] ?? '');
  const missing = 8 - head.length - tail.length;
  if (halves.length > 2 || missing < 0 || (halves.length === 1 && missing !== 0)) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!all.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return { bits: 128, value: all.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n) };
}

/** Whether a block such as `203.0.113.0/24` or `2001:db8::/32` has the address; false for blocks of the other family and for nonsense. */
export function cidrHas(cidr: string, address: string): boolean {
  const [base = '', length] = cidr.split('/');
  const network = parse(base);
  const wanted = parse(address);
  if (network === undefined || wanted?.bits !== network.bits) return false;
  const prefix = length === undefined ? network.bits : Number(length);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > network.bits) return false;
  const shift = BigInt(network.bits - prefix);
  return network.value >> shift === wanted.value >> shift;
}

/** The block of this one address. */
export const soleCidr = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;
