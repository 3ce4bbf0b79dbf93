import { CancelledError, isCancelled, SkylabError, throwIfCancelled } from '../errors';
import type { Log } from '../log';
import { fingerprintOf, judge, parseConsoleHostKeys } from './hostKeys';
import type { HostKey, SshTarget } from './model';
import type { HostKeyVerdict, KnownHosts, SshDialer, SshQuestions } from './ports';

export interface TrustPorts {
  readonly knownHosts: KnownHosts;
  readonly dialer: SshDialer;
  readonly questions: SshQuestions;
  readonly log: Log;
}

/** What the machine's console says of its host keys; undefined while it is blank. */
export type ConsoleReader = () => Promise<string | undefined>;

/** Decides whether a machine's host key is trusted. A mismatch never continues. */
export class HostTrust {
  constructor(private readonly ports: TrustPorts) {}

  /**
   * Makes sure that Skylab's known_hosts has a key for the machine before the first connection: from the cloud's console where it
   * prints them, from the person's own known_hosts for a machine without a console, or by one question with the SHA256 fingerprint.
   * @throws SkylabError `HostKeyDeclined`, `HostKeyChanged`, `HostKeyRevoked`
   */
  async settle(name: string, target: SshTarget, console: ConsoleReader | undefined, signal?: AbortSignal): Promise<void> {
    const { knownHosts, questions, log } = this.ports;
    const { trusted, trustedBy, revoked } = await this.#lookup(target);
    if (trusted.length > 0 && trustedBy !== 'address') return;
    const printed = console === undefined ? undefined : parseConsoleHostKeys((await console()) ?? '');
    throwIfCancelled(signal);
    if (printed?.outcome === 'keys') {
      if (printed.keys.some((key) => judge(key, [], revoked) === 'revoked')) throw refusal('revoked', name, target);
      await knownHosts.trust(target.hostKeyAlias, printed.keys);
      log.info(
        `The host keys of ${name} come from its console: ${printed.keys.map((key) => `${key.type} ${fingerprintOf(key)}`).join(', ')}`,
      );
      return;
    }
    if (console === undefined && trusted.length > 0) {
      await knownHosts.trust(target.hostKeyAlias, trusted);
      return;
    }
    const key = await this.#scan(target, signal);
    const judgement = judge(key, trusted, revoked);
    if (judgement === 'revoked') throw refusal('revoked', name, target, key);
    if (judgement !== 'match') {
      const why = whyAsk(printed?.outcome, judgement === 'changed');
      const accepted = await questions.acceptHostKey({ machine: name, fingerprint: fingerprintOf(key), keyType: key.type, why });
      throwIfCancelled(signal);
      if (!accepted) {
        throw new SkylabError(`The host key of ${name} was not accepted, so nothing was sent to it.`, {
          code: 'HostKeyDeclined',
          next: 'Compare the fingerprint with the one that whoever runs the machine gives you, then connect again.',
        });
      }
    }
    await knownHosts.trust(target.hostKeyAlias, [key]);
  }

  /** The answer for the dialer, asked before authentication. */
  async verify(name: string, target: SshTarget, key: HostKey): Promise<HostKeyVerdict> {
    const { trusted, revoked } = await this.#lookup(target);
    const judgement = judge(key, trusted, revoked);
    return judgement === 'match' ? { accept: true } : { accept: false, reason: refusal(judgement, name, target, key, trusted) };
  }

  /** Types of the trusted keys: asked for first, as the machine may hold several keys. */
  async keyTypes(target: SshTarget): Promise<readonly string[]> {
    const { trusted } = await this.#lookup(target);
    return [...new Set(trusted.map(({ type }) => type))];
  }

  #lookup(target: SshTarget): ReturnType<KnownHosts['lookup']> {
    return this.ports.knownHosts.lookup(target.hostKeyAlias, { host: target.hostName, port: target.port });
  }

  /** The key that the machine offers, seen without authenticating. */
  async #scan(target: SshTarget, signal: AbortSignal | undefined): Promise<HostKey> {
    let offered: HostKey | undefined;
    const verify = (key: HostKey): Promise<HostKeyVerdict> => {
      offered = key;
      return Promise.resolve({ accept: false, reason: new CancelledError() });
    };
    const knownKeyTypes = await this.keyTypes(target);
    try {
      const { dialer, questions } = this.ports;
      const session = await dialer.dial(target, { verify, questions, knownKeyTypes, ...(signal === undefined ? {} : { signal }) });
      session.close();
    } catch (error) {
      throwIfCancelled(signal);
      if (offered === undefined || !isCancelled(error)) throw error;
    }
    if (offered === undefined) throw new SkylabError(`${target.hostName} showed no host key.`, { code: 'Unreachable', next: 'Try again.' });
    return offered;
  }
}

function whyAsk(printed: 'blank' | 'absent' | undefined, otherKnown: boolean): string {
  const why = {
    blank: 'Its console shows nothing yet, so the key cannot be compared.',
    absent: 'Its console does not print the host keys, so the key cannot be compared.',
    none: 'It has no cloud console to compare the key with: ask whoever gave you the machine.',
  }[printed ?? 'none'];
  return otherKnown ? `${why} Your known_hosts has another key for this address, perhaps of a former machine there.` : why;
}

function refusal(
  judgement: 'unknown' | 'changed' | 'revoked',
  name: string,
  target: SshTarget,
  key?: HostKey,
  trusted: readonly HostKey[] = [],
): SkylabError {
  const offered = key === undefined ? '' : ` It offers ${key.type} ${fingerprintOf(key)}`;
  switch (judgement) {
    case 'changed': {
      const known = trusted.map((one) => `${one.type} ${fingerprintOf(one)}`).join(', ');
      return new SkylabError(`The host key of ${name} has changed, so nothing was sent to it.${offered}; trusted is ${known}.`, {
        code: 'HostKeyChanged',
        next: `Someone may be in between. Only if you know that ${name} was set up anew, forget its host key and connect again.`,
      });
    }
    case 'revoked':
      return new SkylabError(
        `The host key of ${name} is marked as revoked in known_hosts, so nothing was sent to it.${offered}.`.replace('..', '.'),
        {
          code: 'HostKeyRevoked',
          next: `Ask whoever runs ${target.hostName} for a new host key.`,
        },
      );
    case 'unknown':
      return new SkylabError(`The host key of ${name} is not known, so nothing was sent to it.${offered}.`.replace('..', '.'), {
        code: 'HostKeyUnknown',
        next: 'Connect from the machine list, which compares it first.',
      });
  }
}
