import type { Duplex } from 'node:stream';

/** What a server showed when a TLS connection was opened. */
export interface Presented {
  /** PEM of the certificates as they were sent, the server's own first. */
  readonly chain: readonly string[];
  /** What hinders a client with this computer's roots, by OpenSSL's name: `CERT_HAS_EXPIRED`; absent where nothing does. */
  readonly problem?: string;
  /** `TLSv1.3`. */
  readonly protocol: string;
}

/** Opens TLS connections and looks at what is shown; sends nothing. Adapter: adapters/net/tlsProbe.ts */
export interface TlsProbe {
  /**
   * @param to a stream that is open already, or an address that this computer reaches
   * @param name the host name that is asked for (SNI); undefined for none
   * @returns undefined where nobody speaks TLS there, or nobody answers
   */
  hello(
    to: Duplex | { readonly host: string; readonly port: number },
    name: string | undefined,
    signal?: AbortSignal,
  ): Promise<Presented | undefined>;
}
