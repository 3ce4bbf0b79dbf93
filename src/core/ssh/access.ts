import type { Accounts } from '../cloud/accounts';
import type { Instance, Machine, MachineKey } from '../cloud/model';
import type { CloudProvider, CloudProviders } from '../cloud/ports';
import { CancelledError, SkylabError, throwIfCancelled } from '../errors';
import type { Disposable } from '../events';
import type { Log } from '../log';
import type { RemoteSession } from '../remote/session';
import { aliasFor } from './alias';
import { fingerprintOf } from './hostKeys';
import type { HostKeyReport, HostTrust } from './hostTrust';
import type { HostKey, SshTarget } from './model';
import type { DialOptions, HostEntryStore, IdentityFiles, KnownHosts, SshDialer, SshQuestions } from './ports';
import { JumpRefused } from './ports';

export interface AccessPorts {
  readonly providers: CloudProviders;
  readonly hostEntries: HostEntryStore;
  readonly knownHosts: KnownHosts;
  readonly identities: IdentityFiles;
  readonly dialer: SshDialer;
  readonly questions: SshQuestions;
  readonly log: Log;
}

/** A connection of the pool: being dialed or open. Several callers may wait for one dial; it ends when all of them gave up. */
interface Pooled {
  readonly hostName: string | undefined;
  readonly session: Promise<RemoteSession>;
  readonly abort: AbortController;
  waiting: number;
  open: boolean;
}

/**
 * The one way to a machine: resolves its ssh entry (making it where it is missing, updating HostName when the address changed),
 * settles the trust in its host key before the first connection, and keeps one pooled connection per machine.
 */
export class MachineAccess implements Disposable {
  readonly #pool = new Map<MachineKey, Pooled>();
  #trusting: Promise<HostTrust> | undefined;

  constructor(
    private readonly accounts: Accounts,
    private readonly ports: AccessPorts,
  ) {}

  /** Entry written and host key trusted: after this `ssh <alias>` works in any terminal. @throws SkylabError when stopped, without address, or distrusted */
  async prepare(machine: Machine, signal?: AbortSignal): Promise<SshTarget> {
    throwIfCancelled(signal);
    if (machine.kind === 'given') {
      const target = await this.#givenEntry(machine.given.target);
      await (await this.#trust()).settle(machine.name, target, undefined, signal);
      return target;
    }
    const { instance } = machine;
    const provider = await this.#providerOf(instance);
    const target = await this.#instanceEntry(machine.name, instance, provider);
    throwIfCancelled(signal);
    await (await this.#trust()).settle(machine.name, target, () => provider.consoleOutput(instance.id, signal), signal);
    return target;
  }

  /** The pooled connection, dialed when needed. Do not close it: `release` or dispose does. */
  async session(machine: Machine, signal?: AbortSignal): Promise<RemoteSession> {
    throwIfCancelled(signal);
    const address = addressOf(machine);
    const known = this.#pool.get(machine.key);
    if (known !== undefined && known.hostName === address) return this.#await(machine.key, known, signal);
    this.release(machine);
    const abort = new AbortController();
    const pooled: Pooled = { hostName: address, session: this.#dial(machine, abort.signal), abort, waiting: 0, open: false };
    this.#pool.set(machine.key, pooled);
    const leave = (): void => {
      if (this.#pool.get(machine.key) === pooled) this.#pool.delete(machine.key);
    };
    pooled.session.then((session) => {
      pooled.open = true;
      session.onClose(() => {
        if (this.#pool.get(machine.key) === pooled)
          this.ports.log.info(`The connection to ${machine.name} has ended; the next use opens a new one.`);
        leave();
      });
    }, leave);
    return this.#await(machine.key, pooled, signal);
  }

  /** Whether a connection is open now, so that asking the machine dials nothing. */
  isConnected(machine: Machine): boolean {
    return this.#pool.get(machine.key)?.open === true;
  }

  /** A connection of its own, not from the pool (a fresh login sees new groups). The caller closes it. */
  freshSession(machine: Machine, signal?: AbortSignal): Promise<RemoteSession> {
    return this.#dial(machine, signal);
  }

  /** Ends the pooled connection, such as after a stop. */
  release(machine: Machine): void {
    const pooled = this.#pool.get(machine.key);
    this.#pool.delete(machine.key);
    if (pooled !== undefined) end(pooled);
  }

  /** Drops the trusted host keys of a machine that was set up anew; the next connection settles the trust again. */
  async forgetHostKey(machine: Machine): Promise<void> {
    this.release(machine);
    await this.ports.knownHosts.forget(hostKeyAliasOf(machine));
  }

  /** What the machine offers as its host key, beside what is trusted and what its console says. */
  async hostKeyReport(machine: Machine, signal?: AbortSignal): Promise<HostKeyReport> {
    if (machine.kind === 'given') {
      const target = await this.#givenEntry(machine.given.target);
      return (await this.#trust()).report(machine.name, target, undefined, signal);
    }
    const provider = await this.#providerOf(machine.instance);
    const target = await this.#instanceEntry(machine.name, machine.instance, provider);
    return (await this.#trust()).report(machine.name, target, () => provider.consoleOutput(machine.instance.id, signal), signal);
  }

  /** Trusts exactly this key from now on; open connections go on. @param hostKeyAlias of the machine, or of one on the way to it */
  async replaceHostKey(hostKeyAlias: string, key: HostKey): Promise<void> {
    await this.ports.knownHosts.replace(hostKeyAlias, key);
    this.ports.log.info(`The host key of ${hostKeyAlias} was replaced: ${key.type} ${fingerprintOf(key)}`);
  }

  /**
   * Does the machine let this key in? Logs in with it and nothing else.
   * @param key a private key's file, or a key of the agent (base64)
   */
  async letsIn(
    machine: Machine,
    key: { readonly identityFile: string } | { readonly agentKey: string },
    signal?: AbortSignal,
  ): Promise<boolean> {
    const target = withoutKey(await this.prepare(machine, signal));
    const other = 'identityFile' in key ? { ...target, identityFile: key.identityFile } : target;
    try {
      const onlyAgentKey = 'agentKey' in key ? { onlyAgentKey: key.agentKey } : {};
      (await this.#connect(machine, other, signal, { ...onlyAgentKey, keysOnly: true })).close();
      return true;
    } catch (error) {
      if (error instanceof SkylabError && error.code === 'AuthFailed') return false;
      throw error;
    }
  }

  dispose(): void {
    for (const pooled of this.#pool.values()) end(pooled);
    this.#pool.clear();
  }

  /** Waits for a shared dial; the dial itself is given up only when nobody waits any more. */
  async #await(key: MachineKey, pooled: Pooled, signal: AbortSignal | undefined): Promise<RemoteSession> {
    pooled.waiting++;
    let onAbort: (() => void) | undefined;
    try {
      const aborted = new Promise<never>((_, reject) => {
        onAbort = () => reject(new CancelledError());
        signal?.addEventListener('abort', onAbort, { once: true });
      });
      return await Promise.race([pooled.session, aborted]);
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
      pooled.waiting--;
      if (pooled.waiting === 0 && !pooled.open && signal?.aborted) {
        if (this.#pool.get(key) === pooled) this.#pool.delete(key);
        end(pooled);
      }
    }
  }

  async #dial(machine: Machine, signal: AbortSignal | undefined): Promise<RemoteSession> {
    const target = await this.prepare(machine, signal).catch((error: unknown) => explainable(machine, error));
    try {
      return await this.#connect(machine, target, signal);
    } catch (caught) {
      const error = withRemedy(machine, caught);
      const refusing = error instanceof JumpRefused ? error.jump : target;
      if (!(error instanceof SkylabError) || (error.code !== 'AuthFailed' && refusing === target)) throw error;
      const identityFile =
        refusing === target
          ? await this.ports.questions.identityFor(machine.name, keyNameOf(machine))
          : await this.ports.questions.identityFor(refusing.alias, undefined);
      if (identityFile === undefined || identityFile === refusing.identityFile) throw error;
      const other = withKey(target, refusing, identityFile);
      const session = await this.#connect(machine, other, signal);
      await this.ports.hostEntries.upsert(other);
      return session;
    }
  }

  /** Loaded with the first connection: the editor's start does not need it. */
  #trust(): Promise<HostTrust> {
    this.#trusting ??= import('./hostTrust').then((module) => new module.HostTrust(this.ports));
    return this.#trusting;
  }

  async #connect(
    machine: Machine,
    target: SshTarget,
    signal: AbortSignal | undefined,
    change: Pick<DialOptions, 'keysOnly' | 'onlyAgentKey'> = {},
  ): Promise<RemoteSession> {
    const { dialer, questions } = this.ports;
    const trust = await this.#trust();
    const knownKeyTypes = await trust.keyTypes(target);
    return dialer.dial(target, {
      ...trust.dialOptions(machine.name, target),
      questions,
      knownKeyTypes,
      ...(signal === undefined ? {} : { signal }),
      ...change,
    });
  }

  async #givenEntry(given: SshTarget): Promise<SshTarget> {
    const entry = (await this.ports.hostEntries.list()).find(({ hostKeyAlias }) => hostKeyAlias === given.hostKeyAlias);
    // the key may have been chosen anew after a refusal; everything else stands in the given machine
    const target = {
      ...given,
      ...(entry?.identityFile === undefined ? {} : { identityFile: entry.identityFile }),
      ...(given.jump === undefined || entry?.jump === undefined ? {} : { jump: entry.jump }),
    };
    if (entry === undefined || !sameTarget(entry, target)) await this.ports.hostEntries.upsert(target);
    return target;
  }

  async #instanceEntry(name: string, instance: Instance, provider: CloudProvider): Promise<SshTarget> {
    const hostName = reachableAddress(name, instance);
    const entries = await this.ports.hostEntries.list();
    const entry = entries.find(({ hostKeyAlias }) => hostKeyAlias === instance.id);
    if (entry !== undefined) {
      const target = { ...entry, hostName };
      if (entry.hostName !== hostName) await this.ports.hostEntries.upsert(target);
      return target;
    }
    const image = await provider.describeImage(instance.imageId);
    if (image === undefined)
      this.ports.log.warn(`The image ${instance.imageId} of ${name} is gone: the login user is taken to be ec2-user.`);
    const found = instance.keyName === undefined ? undefined : await this.ports.identities.find(instance.keyName);
    const identityFile = found ?? (await this.ports.questions.identityFor(name, instance.keyName));
    const taken = new Set([...entries.map(({ alias }) => alias as string), ...(await this.ports.hostEntries.takenNames())]);
    const target: SshTarget = {
      alias: aliasFor(name, taken),
      hostName,
      port: 22,
      user: image?.loginUser ?? 'ec2-user',
      ...(identityFile === undefined ? {} : { identityFile }),
      hostKeyAlias: instance.id,
    };
    await this.ports.hostEntries.upsert(target);
    return target;
  }

  async #providerOf(instance: Instance): Promise<CloudProvider> {
    const account = this.accounts.get(instance.accountId);
    if (account === undefined) {
      throw new SkylabError(`The account of ${instance.name} is no longer known.`, { next: 'Add the account again.', code: 'NoAccount' });
    }
    return this.ports.providers.for(account);
  }
}

function end(pooled: Pooled): void {
  pooled.abort.abort();
  // a failed dial has been reported to those who waited for it
  pooled.session.then((session) => session.close()).catch(() => undefined);
}

/** @throws always: what was thrown, with the offer to find out why where that may help */
function explainable(machine: Machine, error: unknown): never {
  throw withRemedy(machine, error);
}

function withRemedy(machine: Machine, error: unknown): unknown {
  const puzzling = error instanceof SkylabError && !(error instanceof JumpRefused) && PUZZLING.includes(error.code ?? '');
  if (!puzzling || machine.kind !== 'instance') return error;
  const { accountId, id } = machine.instance;
  const { message, next, code, cause, remedies } = error;
  return new SkylabError(message, {
    cause,
    remedies: [{ kind: 'diagnose', accountId, instanceId: id }, ...remedies],
    ...(next === undefined ? {} : { next }),
    ...(code === undefined ? {} : { code }),
  });
}

/** Failures that have many causes. */
const PUZZLING: readonly string[] = ['Unreachable', 'ConnectionLost', 'AuthFailed', 'NoAddress'];

function addressOf(machine: Machine): string | undefined {
  return machine.kind === 'given' ? machine.given.target.hostName : (machine.instance.publicAddress ?? machine.instance.privateAddress);
}

function hostKeyAliasOf(machine: Machine): string {
  return machine.kind === 'given' ? machine.given.target.hostKeyAlias : machine.instance.id;
}

function keyNameOf(machine: Machine): string | undefined {
  return machine.kind === 'given' ? undefined : machine.instance.keyName;
}

function sameTarget(a: SshTarget, b: SshTarget): boolean {
  if (a.jump === undefined || b.jump === undefined ? a.jump !== b.jump : !sameTarget(a.jump, b.jump)) return false;
  return a.alias === b.alias && a.hostName === b.hostName && a.port === b.port && a.user === b.user && a.identityFile === b.identityFile;
}

function withoutKey({ alias, hostName, port, user, hostKeyAlias, jump }: SshTarget): SshTarget {
  return { alias, hostName, port, user, hostKeyAlias, ...(jump !== undefined && { jump }) };
}

/** The target with another key for itself or for one of the machines on the way. */
function withKey(target: SshTarget, whose: SshTarget, identityFile: string): SshTarget {
  if (target.hostKeyAlias === whose.hostKeyAlias) return { ...target, identityFile };
  return target.jump === undefined ? target : { ...target, jump: withKey(target.jump, whose, identityFile) };
}

function reachableAddress(name: string, instance: Instance): string {
  if (instance.state !== 'running') {
    const how = {
      pending: [`${name} is still starting.`, 'Wait until it is running.'],
      stopping: [`${name} is stopping.`, 'Wait until it has stopped, then start it.'],
      stopped: [`${name} is stopped.`, 'Start it first.'],
      'shutting-down': [`${name} is being terminated.`, 'Launch a new machine.'],
      terminated: [`${name} is terminated.`, 'Launch a new machine.'],
    } as const;
    const [message, next] = how[instance.state];
    throw new SkylabError(message, { next, code: 'NotRunning' });
  }
  const address = instance.publicAddress ?? instance.privateAddress;
  if (address === undefined) {
    throw new SkylabError(`${name} has no address yet.`, {
      next: 'Refresh in a moment; give it a public address if it never gets one.',
      code: 'NoAddress',
    });
  }
  return address;
}
