import { join } from 'node:path';
import type { KnownHostLine } from '../../core/ssh/hostKeys';
import { knownHostName, matchesHost, parseKnownHostLine, parseKnownHosts } from '../../core/ssh/hostKeys';
import type { HostKey } from '../../core/ssh/model';
import type { HostKeyLookup, KnownHosts } from '../../core/ssh/ports';
import { readIfThere, writeWhole } from './atomic';
import { withLock } from './lock';

/** `~/.ssh/skylab/known_hosts`, and the person's own `~/.ssh/known_hosts` and `known_hosts2`, which are only read. */
export class FileKnownHosts implements KnownHosts {
  readonly #own: string;
  readonly #persons: readonly string[];

  constructor(homeDir: string) {
    this.#own = join(homeDir, '.ssh', 'skylab', 'known_hosts');
    this.#persons = ['known_hosts', 'known_hosts2'].map((name) => join(homeDir, '.ssh', name));
  }

  async lookup(hostKeyAlias: string, address: { host: string; port: number }): Promise<HostKeyLookup> {
    const own = parseKnownHosts(await text(this.#own));
    const persons: KnownHostLine[] = [];
    for (const path of this.#persons) persons.push(...parseKnownHosts(await text(path)));
    const name = knownHostName(address.host, address.port);
    // a key revoked for the host stays so on every port
    const names = [hostKeyAlias, name, address.host];
    const revoked = [...own, ...persons].filter((line) => line.marker === 'revoked' && names.some((one) => matchesHost(line, one)));
    // an authority is asked about the address: the alias is a name of Skylab's own
    const authorities = [...own, ...persons].filter(
      (line) => line.marker === 'cert-authority' && [name, address.host].some((one) => matchesHost(line, one)),
    );
    const keys = (lines: readonly KnownHostLine[], host: string): HostKey[] =>
      lines.filter((line) => line.marker === 'none' && matchesHost(line, host)).map(({ key }) => key);
    const byAlias = keys(own, hostKeyAlias);
    const byAddress = byAlias.length > 0 ? [] : keys(persons, name);
    return {
      trusted: [...byAlias, ...byAddress],
      ...(byAlias.length > 0 ? { trustedBy: 'alias' as const } : byAddress.length > 0 ? { trustedBy: 'address' as const } : {}),
      revoked: revoked.map(({ key }) => key),
      authorities: authorities.map(({ key }) => key),
    };
  }

  async trust(hostKeyAlias: string, keys: readonly HostKey[]): Promise<void> {
    await this.#change((lines) => {
      const there = new Set(lines.filter((line) => isOf(line, hostKeyAlias)).map((line) => parseKnownHostLine(line)?.key.blob));
      const missing = keys.filter(({ blob }) => !there.has(blob));
      return [...lines, ...missing.map(({ type, blob }) => `${hostKeyAlias} ${type} ${blob}`)];
    });
  }

  async forget(hostKeyAlias: string): Promise<void> {
    await this.#change((lines) => lines.filter((line) => !isOf(line, hostKeyAlias)));
  }

  async replace(hostKeyAlias: string, key: HostKey): Promise<void> {
    await this.#change((lines) => [...lines.filter((line) => !isOf(line, hostKeyAlias)), `${hostKeyAlias} ${key.type} ${key.blob}`]);
  }

  async #change(edit: (lines: readonly string[]) => readonly string[]): Promise<void> {
    await withLock(this.#own, async () => {
      const before = await text(this.#own);
      const lines = before.split(/\r?\n/).filter((line) => line !== '');
      const after = edit(lines)
        .map((line) => `${line}\n`)
        .join('');
      if (after !== before) await writeWhole(this.#own, after, { mode: 0o600 });
    });
  }
}

/** A line that trusts a key for exactly this alias; revoked ones are no such lines. */
function isOf(line: string, hostKeyAlias: string): boolean {
  const parsed = parseKnownHostLine(line);
  return parsed?.marker === 'none' && parsed.hosts === hostKeyAlias;
}

async function text(path: string): Promise<string> {
  return (await readIfThere(path))?.toString('utf8') ?? '';
}
