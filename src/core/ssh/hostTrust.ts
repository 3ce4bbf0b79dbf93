import { CancelledError, isCancelled, SkylabError, throwIfCancelled } from '../errors';
import type { Log } from '../log';
import type { ConsoleHostKeys } from './hostKeys';
import { fingerprintOf, judge, parseConsoleHostKeys } from './hostKeys';
import { hostCertificateProblem, hostKeyOf, parseCertificate } from './keys/certificates';
import { comparePasted } from './keys/pasted';
import type { HostKey, SshTarget } from './model';
import type { DialOptions, HostKeyLookup, HostKeyVerdict, KnownHosts, SshDialer, SshQuestions } from './ports';

export interface TrustPorts {
  readonly knownHosts: KnownHosts;
  readonly dialer: SshDialer;
  readonly questions: SshQuestions;
  readonly log: Log;
}

/** What the machine's console says of its host keys; undefined while it is blank. */
export type ConsoleReader = () => Promise<string | undefined>;

/** What is known of a machine's host key, for a person to compare. */
export interface HostKeyReport {
  readonly offered: HostKey;
  readonly trusted: readonly HostKey[];
  readonly judgement: ReturnType<typeof judge>;
  /** Absent for a machine without a console. */
  readonly console?: ConsoleHostKeys;
}

/** Decides whether a machine's host key is trusted. A mismatch never continues. */
export class HostTrust {
  constructor(private readonly ports: TrustPorts) {}

  /**
   * Makes sure that Skylab's known_hosts has a key for the machine before the first connection, and one for each machine on the way to it.
   * The key comes from the cloud's console where it prints them, from a certificate of an authority that the person trusts, from the
   * person's own known_hosts for a machine without a console, or by one question with the SHA256 fingerprint.
   * @throws SkylabError `HostKeyDeclined`, `HostKeyMismatch`, `HostKeyChanged`, `HostKeyRevoked`
   */
  async settle(name: string, target: SshTarget, console: ConsoleReader | undefined, signal?: AbortSignal): Promise<void> {
    const { knownHosts, log } = this.ports;
    if (target.jump !== undefined) await this.settle(target.jump.alias, target.jump, undefined, signal);
    const known = await this.#lookup(target);
    const { trusted, trustedBy, revoked } = known;
    if (trusted.length > 0 && trustedBy === 'alias') {
      await this.#followAuthorities(name, target, known, signal);
      return;
    }
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
    const vouched = await this.#vouched(name, target, known, signal);
    if (vouched.length > 0) {
      await knownHosts.trust(target.hostKeyAlias, vouched);
      return;
    }
    const key = await this.#scan(target, signal);
    const judgement = judge(key, trusted, revoked);
    if (judgement === 'revoked') throw refusal('revoked', name, target, key);
    if (judgement !== 'match') await this.#ask(name, key, whyAsk(printed?.outcome, judgement === 'changed'), signal);
    await knownHosts.trust(target.hostKeyAlias, [key]);
  }

  /** The answer for the dialer, asked before authentication: for the machine, or for one on the way to it. */
  async verify(name: string, target: SshTarget, key: HostKey): Promise<HostKeyVerdict> {
    const { trusted, revoked } = await this.#lookup(target);
    const judgement = judge(key, trusted, revoked);
    return judgement === 'match' ? { accept: true } : { accept: false, reason: refusal(judgement, name, target, key, trusted) };
  }

  /** What a dial to the target asks of the trust. */
  dialOptions(name: string, target: SshTarget): Pick<DialOptions, 'verify' | 'jumpKeyTypes'> {
    return {
      verify: (key, whose) => this.verify(whose.hostKeyAlias === target.hostKeyAlias ? name : whose.alias, whose, key),
      jumpKeyTypes: (jump) => this.keyTypes(jump),
    };
  }

  /** Types of the trusted keys: asked for first, as the machine may hold several keys. */
  async keyTypes(target: SshTarget): Promise<readonly string[]> {
    const { trusted } = await this.#lookup(target);
    return [...new Set(trusted.map(({ type }) => type))];
  }

  /** What the machine offers now, beside what is trusted and what its console says. Changes nothing. */
  async report(name: string, target: SshTarget, console: ConsoleReader | undefined, signal?: AbortSignal): Promise<HostKeyReport> {
    if (target.jump !== undefined) await this.settle(target.jump.alias, target.jump, undefined, signal);
    const { trusted, revoked } = await this.#lookup(target);
    const printed = console === undefined ? undefined : parseConsoleHostKeys((await console()) ?? '');
    const offered = await this.#scan(target, signal);
    const judgement = judge(offered, trusted, revoked);
    this.ports.log.info(`${name} offers ${offered.type} ${fingerprintOf(offered)}: ${judgement}`);
    return { offered, trusted, judgement, ...(printed !== undefined && { console: printed }) };
  }

  #lookup(target: SshTarget): Promise<HostKeyLookup> {
    return this.ports.knownHosts.lookup(target.hostKeyAlias, { host: target.hostName, port: target.port });
  }

  /** One honest question. @throws SkylabError `HostKeyDeclined`, `HostKeyMismatch` */
  async #ask(name: string, key: HostKey, why: string, signal: AbortSignal | undefined): Promise<void> {
    const fingerprint = fingerprintOf(key);
    const answer = await this.ports.questions.acceptHostKey({ machine: name, fingerprint, keyType: key.type, why, key });
    throwIfCancelled(signal);
    if (answer === true) return;
    if (answer === false) {
      throw new SkylabError(`The host key of ${name} was not accepted, so nothing was sent to it.`, {
        code: 'HostKeyDeclined',
        next: 'Compare the fingerprint with the one that whoever runs the machine gives you, then connect again.',
      });
    }
    if (comparePasted(answer.pasted, key) !== 'match') {
      throw new SkylabError(
        `What answers as ${name} is not the machine that your fingerprint belongs to: it offers ${key.type} ${fingerprint}. Nothing was sent to it.`,
        {
          code: 'HostKeyMismatch',
          next: 'Ask whoever runs the machine whether the fingerprint is still right. If it is, someone is in between.',
        },
      );
    }
    this.ports.log.info(`The host key of ${name} is the one of the pasted fingerprint: ${key.type} ${fingerprint}`);
  }

  /** A machine whose authority the person trusts may have changed its keys, with a certificate for the new ones. */
  async #followAuthorities(name: string, target: SshTarget, known: HostKeyLookup, signal: AbortSignal | undefined): Promise<void> {
    if (known.authorities.length === 0) return;
    let vouched: readonly HostKey[];
    try {
      vouched = await this.#vouched(name, target, known, signal);
    } catch (error) {
      throwIfCancelled(signal);
      // what is trusted already serves; the connection itself tells what is wrong
      this.ports.log.debug(`The certificates of ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const fresh = vouched.filter((key) => judge(key, known.trusted, known.revoked) === 'changed');
    if (fresh.length > 0) await this.ports.knownHosts.trust(target.hostKeyAlias, fresh);
  }

  /** Keys of the machine for which an authority of the person's known_hosts vouches. */
  async #vouched(name: string, target: SshTarget, known: HostKeyLookup, signal: AbortSignal | undefined): Promise<readonly HostKey[]> {
    const { log, dialer, questions } = this.ports;
    const revoked = (blob: Buffer): boolean => known.revoked.some((key) => key.blob === blob.toString('base64'));
    const authorities = known.authorities.map(({ blob }) => Buffer.from(blob, 'base64')).filter((blob) => !revoked(blob));
    if (authorities.length === 0) return [];
    const keys: HostKey[] = [];
    const options = { ...this.dialOptions(name, target), questions, ...(signal !== undefined && { signal }) };
    for (const blob of await dialer.hostCertificates(target, options)) {
      const certificate = parseCertificate(blob);
      if (certificate === undefined || revoked(certificate.key)) continue;
      const problem = hostCertificateProblem(certificate, authorities, [target.hostName], Date.now());
      const key = hostKeyOf(certificate.key);
      if (problem === undefined) keys.push(key);
      log.info(
        `${name} shows a certificate for ${key.type} ${fingerprintOf(key)}: ${problem ?? 'signed by an authority that your known_hosts trusts'}`,
      );
    }
    return keys;
  }

  /** The key that the machine offers, seen without authenticating to it. */
  async #scan(target: SshTarget, signal: AbortSignal | undefined): Promise<HostKey> {
    let offered: HostKey | undefined;
    const verify = (key: HostKey, whose: SshTarget): Promise<HostKeyVerdict> => {
      if (whose.hostKeyAlias !== target.hostKeyAlias) return this.verify(whose.alias, whose, key);
      offered = key;
      return Promise.resolve({ accept: false, reason: new CancelledError() });
    };
    const knownKeyTypes = await this.keyTypes(target);
    try {
      const { dialer, questions } = this.ports;
      const jumpKeyTypes = (jump: SshTarget): Promise<readonly string[]> => this.keyTypes(jump);
      const options = { verify, questions, knownKeyTypes, jumpKeyTypes, ...(signal === undefined ? {} : { signal }) };
      (await dialer.dial(target, options)).close();
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
      const change = key === undefined ? undefined : { name, hostKeyAlias: target.hostKeyAlias, offered: key, trusted };
      return new SkylabError(`The host key of ${name} has changed, so nothing was sent to it.${offered}; trusted is ${known}.`, {
        code: 'HostKeyChanged',
        next: `Someone may be in between. Replace the key only if you know that ${name} was set up anew.`,
        remedies: change === undefined ? [] : [{ kind: 'hostKey', change }],
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
