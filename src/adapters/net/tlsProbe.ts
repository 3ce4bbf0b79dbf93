import type { Duplex } from 'node:stream';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Presented, TlsProbe } from '../../core/certificates/ports';
import { CancelledError } from '../../core/errors';

/** Shakes hands with node's own TLS. */
export class NodeTlsProbe implements TlsProbe {
  /** @param timeoutMs milliseconds for the whole handshake */
  constructor(private readonly timeoutMs = 4_000) {}

  hello(
    to: Duplex | { readonly host: string; readonly port: number },
    name: string | undefined,
    signal?: AbortSignal,
  ): Promise<Presented | undefined> {
    return new Promise((resolve, reject) => {
      const where = 'port' in to ? { host: to.host, port: to.port } : { socket: to };
      // Nothing is sent over it: whoever answers is to be looked at, not to be trusted.
      const socket = connect({
        ...where,
        ...(name === undefined ? {} : { servername: name }),
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      });
      const end = (presented: Presented | undefined): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        socket.destroy();
        if (!('port' in to)) to.destroy();
        resolve(presented);
      };
      const onAbort = (): void => {
        end(undefined);
        reject(new CancelledError());
      };
      const timer = setTimeout(() => end(undefined), this.timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('secureConnect', () => end(shownBy(socket)));
      socket.once('close', () => end(undefined));
      socket.on('error', () => end(undefined));
    });
  }
}

function shownBy(socket: TLSSocket): Presented | undefined {
  const chain: string[] = [];
  const seen = new Set<string | undefined>();
  let one: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  // a root is its own issuer
  while (one?.raw !== undefined && !seen.has(one.fingerprint256)) {
    seen.add(one.fingerprint256);
    chain.push(
      `-----BEGIN CERTIFICATE-----\n${one.raw.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`,
    );
    one = one.issuerCertificate;
  }
  if (chain.length === 0) return undefined;
  const { authorizationError: error } = socket as { authorizationError?: Error | string | null };
  const problem = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : error;
  return { chain, protocol: socket.getProtocol() ?? '', ...(problem === undefined || problem === null ? {} : { problem }) };
}
