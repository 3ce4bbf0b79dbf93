import type { LaunchSpec } from '../../shared/launchSpec';
import type { Operation, Operations } from '../operations/operations';
import type { HostEntryStore, IdentityFiles, KnownHosts, SshDialer, SshQuestions } from '../ssh/ports';
import type { Log } from '../log';
import type { Accounts } from './accounts';
import type { Machines } from './machines';
import type { Image, InstanceType, KeyPair, SecurityGroup } from './model';
import type { CloudProviders, PublicAddress } from './ports';

/** What the form offers for an account. */
export interface LaunchOptions {
  readonly images: readonly Image[];
  readonly instanceTypes: readonly InstanceType[];
  readonly keyPairs: readonly (KeyPair & { readonly identityFile?: string })[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly publicKeys: readonly { readonly path: string; readonly comment: string }[];
  readonly myAddresses: readonly string[];
}

export interface LaunchPorts {
  readonly providers: CloudProviders;
  readonly publicAddress: PublicAddress;
  readonly identities: IdentityFiles;
  readonly hostEntries: HostEntryStore;
  readonly knownHosts: KnownHosts;
  readonly dialer: SshDialer;
  readonly questions: SshQuestions;
  readonly log: Log;
}

/** Launches instances as operations, one per instance group; see the steps in launchSteps.ts. */
export class Launcher {
  constructor(
    private readonly accounts: Accounts,
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: LaunchPorts,
  ) {}

  options(accountId: string, signal?: AbortSignal): Promise<LaunchOptions> {
    throw new Error(`not built yet ${accountId} ${String(signal)} ${String(this.accounts)} ${String(this.machines)}`);
  }

  /** Starts at once; the operation's steps are the progress. */
  launch(spec: LaunchSpec): Operation {
    throw new Error(`not built yet ${spec.name} ${String(this.operations)} ${String(this.ports)}`);
  }
}
