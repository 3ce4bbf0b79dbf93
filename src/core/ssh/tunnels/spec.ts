import { addressText } from '../../remote/address';
import { quote } from '../../remote/command';
import type { StreamAddress, TcpAddress } from '../../remote/session';

/** Which way a tunnel leads. `listen` is where connections are made, `to` where they come out. */
export type TunnelSpec =
  /** From this computer to what the machine reaches, as `ssh -L`. */
  | { readonly kind: 'local'; readonly listen: StreamAddress; readonly to: StreamAddress }
  /** From the machine to what this computer reaches, as `ssh -R`. */
  | { readonly kind: 'reverse'; readonly listen: StreamAddress; readonly to: StreamAddress }
  /** A SOCKS proxy on this computer whose connections the machine makes, as `ssh -D`. */
  | { readonly kind: 'socks'; readonly listen: TcpAddress };

export type TunnelKind = TunnelSpec['kind'];

const LOCALHOST = 'localhost';

/** True where others than this computer (or, for a reverse tunnel, than the machine) could connect. */
export function isOpenToOthers({ listen }: TunnelSpec): boolean {
  return !('path' in listen) && listen.host !== LOCALHOST && listen.host !== '::1' && !listen.host.startsWith('127.');
}

/**
 * Reads a tunnel as `ssh -L`, `-R` and `-D` write it (ssh(1)): `[bind:]port:host:hostport`, `port:/socket`, `/socket:host:port`,
 * `/socket:/socket`; and shorter: `8888` is the same port on both sides, `8080:80` is port 80 of the other side itself.
 * Without an address to bind it is the loopback alone.
 * @returns undefined when it cannot be read
 */
export function parseTunnel(text: string, kind: TunnelKind): TunnelSpec | undefined {
  const words = wordsOf(text.trim().replace(/^(ssh\s+)?-[LRD]\s*/, ''));
  if (words === undefined) return undefined;
  if (kind === 'socks') {
    const listen = words.length === 1 ? endOf([LOCALHOST, ...words]) : endOf(words);
    return listen === undefined || 'path' in listen || listen.port === 0 ? undefined : { kind, listen };
  }
  const [first = ''] = words;
  if (words.length === 1) {
    const listen = endOf([LOCALHOST, first]);
    return listen === undefined || 'path' in listen || listen.port === 0 ? undefined : { kind, listen, to: listen };
  }
  for (const cut of first.startsWith('/') ? [1] : [1, 2]) {
    const head = words.slice(0, cut);
    const tail = words.slice(cut);
    const listen = endOf(head.length === 1 && !first.startsWith('/') ? [LOCALHOST, first] : head);
    const to = endOf(tail.length === 1 && !tail[0]?.startsWith('/') ? [LOCALHOST, ...tail] : tail);
    if (listen === undefined || to === undefined) continue;
    // only the one who listens can choose a port, and a tunnel into this computer would change its address with each start
    if (('port' in to && to.port === 0) || (kind === 'local' && 'port' in listen && listen.port === 0)) return undefined;
    return { kind, listen, to };
  }
  return undefined;
}

/** Splits at colons outside of brackets. */
function wordsOf(text: string): readonly string[] | undefined {
  if (text === '' || /[\s\p{Cc}]/u.test(text)) return undefined;
  const words = text.match(/\[[^\]]*\]|[^:[\]]+|(?<=^|:)(?=:|$)/g) ?? [];
  return words.join(':') === text ? words : undefined;
}

function endOf(words: readonly string[]): StreamAddress | undefined {
  const [first = '', last] = words;
  if (words.length === 1) return first.startsWith('/') ? { path: first } : undefined;
  if (words.length !== 2 || last === undefined || first.startsWith('/')) return undefined;
  const host = first === '' ? LOCALHOST : first.replace(/^\[(.*)\]$/, '$1');
  const port = portOf(last);
  return port === undefined || host === '' || !/^[\w.:%*-]+$/.test(host) ? undefined : { host, port };
}

/** A port number, or undefined: 0 to 65535. */
export function portOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

/** The same tunnel as an argument of ssh: `-L 8888:localhost:8888`. */
export function sshOption(spec: TunnelSpec): readonly [flag: string, argument: string] {
  const listen = addressText(spec.listen).replace(/^localhost:/, '');
  if (spec.kind === 'socks') return ['-D', listen];
  return [spec.kind === 'local' ? '-L' : '-R', `${listen}:${addressText(spec.to)}`];
}

/** The command that makes the same tunnel in any terminal. @param sshArguments what opens the machine: the alias, and `-F` where it is needed */
export function sshCommand(spec: TunnelSpec, sshArguments: readonly string[]): string {
  return ['ssh', '-N', ...sshOption(spec), ...sshArguments].map(quote).join(' ');
}

/** True when both listen at the same place of the same side. */
export function sameListener(a: TunnelSpec, b: TunnelSpec): boolean {
  return (a.kind === 'reverse') === (b.kind === 'reverse') && addressText(a.listen) === addressText(b.listen);
}
