import { posix } from 'node:path';

/** A published or exposed port, in Compose's long form. */
export interface PortForm {
  readonly hostIp?: string;
  /** A number or, for one port out of several, a range; absent where Docker chooses. */
  readonly published?: string;
  readonly target: string;
  readonly protocol: string;
}

export interface VolumeForm {
  readonly type: string;
  /** Absent for an anonymous volume. */
  readonly source?: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Splits at colons that are not inside `${…}` or `[…]`. */
function splitColons(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (text.startsWith('${', i) || (depth === 0 && char === '[')) depth++;
    else if ((char === '}' || char === ']') && depth > 0) depth--;
    if (char === ':' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + char);
  }
  return parts;
}

/** The parts of `[ip:][host:]container[/protocol]`, whatever they hold. */
export function portParts(text: string): PortForm {
  const slash = text.lastIndexOf('/');
  const inVariable = slash >= 0 && /\$\{[^}]*$/.test(text.slice(0, slash));
  const bare = slash < 0 || inVariable ? text : text.slice(0, slash);
  const protocol = slash < 0 || inVariable ? 'tcp' : text.slice(slash + 1);
  const parts = splitColons(bare);
  const target = parts.pop() ?? '';
  const published = parts.pop();
  const hostIp = parts.length > 0 ? parts.join(':') : undefined;
  return { target, protocol, ...(published === undefined ? {} : { published }), ...(hostIp === undefined ? {} : { hostIp }) };
}

type Range = readonly [number, number];

function rangeOf(text: string): Range | undefined {
  const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const [start, end] = [Number(from), Number(to ?? from)];
  return start > 65535 || end > 65535 || end < start ? undefined : [start, end];
}

/**
 * A filled-in port of the short form as the ports it stands for: ranges are taken apart.
 * Source: docker/go-connections, nat.ParsePortSpec.
 * @returns a sentence's end where Compose would refuse it
 */
export function expandPort(text: string): PortForm[] | string {
  const { hostIp, published = '', target, protocol } = portParts(text);
  if (!/^(tcp|udp|sctp)$/i.test(protocol)) return `${text} has no protocol that Docker knows (tcp, udp, sctp)`;
  const inside = rangeOf(target);
  if (!inside) return target === '' ? `the port ${text} names no port of the container` : `${target} is no port (in ${text})`;
  const outside = published === '' ? undefined : rangeOf(published);
  if (published !== '' && !outside) return `${published} is no port (in ${text})`;
  const count = inside[1] - inside[0] + 1;
  const ip = hostIp === undefined || hostIp === '' ? {} : { hostIp: hostIp.replace(/^\[|\]$/g, '') };
  const base = { protocol: protocol.toLowerCase(), ...ip };
  if (!outside) return Array.from({ length: count }, (_, i) => ({ ...base, target: String(inside[0] + i) }));
  if (outside[1] - outside[0] + 1 !== count) {
    return count === 1 ? [{ ...base, target, published }] : `${text} pairs ranges of different lengths`;
  }
  return Array.from({ length: count }, (_, i) => ({ ...base, target: String(inside[0] + i), published: String(outside[0] + i) }));
}

const isPath = (source: string): boolean => /^[./~]|^\\\\|^[A-Za-z]:/.test(source);

/**
 * A volume of the short form, `[source:]target[:options]`.
 * @param written variables are not filled in: a source that begins with one counts as a path
 * @returns a sentence's end where Compose would refuse it
 */
export function volumeForm(text: string, written: boolean): VolumeForm | string {
  if (text === '') return 'a volume is empty';
  const parts = splitColons(text);
  // C:\data is one part
  if (parts.length > 1 && /^[A-Za-z]$/.test(parts[0] ?? '') && /^[\\/]/.test(parts[1] ?? ''))
    parts.splice(0, 2, `${parts[0] ?? ''}:${parts[1] ?? ''}`);
  const [first = '', second, options, ...more] = parts;
  if (parts.some((part) => part === '')) return `the volume ${text} has nothing between two colons`;
  if (more.length > 0) return `the volume ${text} has too many colons`;
  if (second === undefined) return { type: 'volume', target: posix.normalize(first), readOnly: false };
  const bind = isPath(first) || (written && first.startsWith('$'));
  const readOnly = options?.split(',').includes('ro') ?? false;
  return { type: bind ? 'bind' : 'volume', source: first, target: clean(second), readOnly };
}

/** Go's path.Clean: no slash at the end. */
export function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}
