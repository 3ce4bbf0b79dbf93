import type { Disposable } from '../events';
import type { Log } from '../log';
import type { CloudProviders } from '../cloud/ports';
import type { Accounts } from '../cloud/accounts';
import type { Machine } from '../cloud/model';
import type { RemoteSession } from '../remote/session';
import type { SshTarget } from './model';
import type { HostEntryStore, IdentityFiles, KnownHosts, SshDialer, SshQuestions } from './ports';

export interface AccessPorts {
  readonly providers: CloudProviders;
  readonly hostEntries: HostEntryStore;
  readonly knownHosts: KnownHosts;
  readonly identities: IdentityFiles;
  readonly dialer: SshDialer;
  readonly questions: SshQuestions;
  readonly log: Log;
}

/**
 * The one way to a machine: resolves its ssh entry (making it where it is missing, updating HostName when the address changed),
 * settles the trust in its host key before the first connection, and keeps one pooled connection per machine.
 */
export class MachineAccess implements Disposable {
  constructor(
    private readonly accounts: Accounts,
    private readonly ports: AccessPorts,
  ) {}

  /** Entry written and host key trusted: after this `ssh <alias>` works in any terminal. @throws SkylabError when stopped, without address, or distrusted */
  prepare(machine: Machine, signal?: AbortSignal): Promise<SshTarget> {
    throw new Error(`not built yet ${machine.key} ${String(signal)} ${String(this.accounts)} ${String(this.ports)}`);
  }

  /** The pooled connection, dialed when needed. Do not close it: `release` or dispose does. */
  session(machine: Machine, signal?: AbortSignal): Promise<RemoteSession> {
    throw new Error(`not built yet ${machine.key} ${String(signal)}`);
  }

  /** A connection of its own, not from the pool (a fresh login sees new groups). The caller closes it. */
  freshSession(machine: Machine, signal?: AbortSignal): Promise<RemoteSession> {
    throw new Error(`not built yet ${machine.key} ${String(signal)}`);
  }

  /** Ends the pooled connection, such as after a stop. */
  release(machine: Machine): void {
    throw new Error(`not built yet ${machine.key}`);
  }

  dispose(): void {
    // the pool is empty until it is built
  }
}
