import { Resolver } from 'node:dns/promises';
import type { DnsLookup } from '../../core/cloud/names/ports';
import { throwIfCancelled } from '../../core/errors';

/** Milliseconds until a server counts as silent, and how often each is asked. */
const LIMITS = { timeout: 3_000, tries: 2 };

/** Answers that say that there is nothing, rather than that nobody could be asked. */
const NOTHING = ['ENOTFOUND', 'ENODATA'];

/** Asks name servers directly: what this computer has cached of a name is not what the world sees. */
export class NodeDnsLookup implements DnsLookup {
  /**
   * @param servers asked for zones and for the servers' own addresses, as `address` or `address:port`; the system's where empty
   * @param port on which the servers of a zone answer
   */
  constructor(
    private readonly servers: readonly string[] = [],
    private readonly port = 53,
  ) {}

  async nameServers(zone: string, signal?: AbortSignal): Promise<readonly string[] | undefined> {
    const found = await this.#ask(this.servers, signal, (resolver) => resolver.resolveNs(zone));
    return found?.map((server) => server.replace(/\.$/, '').toLowerCase());
  }

  async addresses(name: string, servers: readonly string[], signal?: AbortSignal): Promise<readonly string[] | undefined> {
    for (const server of servers) {
      const at = await this.#ask(this.servers, signal, (resolver) => resolver.resolve4(server));
      if (at === undefined || at.length === 0) continue;
      const there = at.map((address) => `${address}:${this.port}`);
      const [v4, v6] = await Promise.all([
        this.#ask(there, signal, (resolver) => resolver.resolve4(name)),
        this.#ask(there, signal, (resolver) => resolver.resolve6(name)),
      ]);
      if (v4 !== undefined && v6 !== undefined) return [...v4, ...v6];
    }
    return undefined;
  }

  /** @returns empty where there is nothing, undefined where no server answered */
  async #ask(
    servers: readonly string[],
    signal: AbortSignal | undefined,
    question: (resolver: Resolver) => Promise<string[]>,
  ): Promise<readonly string[] | undefined> {
    throwIfCancelled(signal);
    const resolver = new Resolver(LIMITS);
    if (servers.length > 0) resolver.setServers(servers);
    const stop = () => resolver.cancel();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await question(resolver);
    } catch (error) {
      throwIfCancelled(signal);
      const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
      return typeof code === 'string' && NOTHING.includes(code) ? [] : undefined;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }
}
