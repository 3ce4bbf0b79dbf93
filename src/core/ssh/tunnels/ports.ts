import type { Duplex } from 'node:stream';
import type { StreamAddress } from '../../remote/session';

/** A connection that somebody made to this computer. */
export interface LocalConnection {
  readonly stream: Duplex;
  /** Ends it so that the other side sees a failure, not an end. */
  readonly reset: () => void;
}

export interface LocalListener {
  /** Stops listening; connections that are open go on. */
  close(): Promise<void>;
}

/** This computer's own network. Adapter: adapters/net. */
export interface LocalNet {
  /**
   * Listens on a port or a Unix socket; `localhost` is the loopback of IPv4 and, where there is one, IPv6.
   * @throws SkylabError `PortTaken` (with who has it, where that can be had cheaply), `PortForbidden`, `CannotListen`
   */
  listen(at: StreamAddress, accept: (connection: LocalConnection) => void): Promise<LocalListener>;
  /** @throws SkylabError `NothingListens` */
  connect(to: StreamAddress): Promise<LocalConnection>;
  /** The first port from this one on that is free on the loopback. @throws SkylabError when none of the next hundred is */
  freePort(from: number): Promise<number>;
}
