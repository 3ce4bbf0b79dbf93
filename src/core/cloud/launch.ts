import { randomUUID } from 'node:crypto';
import type { LaunchSpec } from '../../shared/launchSpec';
import { causeChain, throwIfCancelled } from '../errors';
import type { Log } from '../log';
import { isRunning, type Operation, type Operations } from '../operations/operations';
import type { HostEntryStore, IdentityFiles, KnownHosts, SshDialer, SshQuestions } from '../ssh/ports';
import type { Accounts } from './accounts';
import { fitToCloud } from './launchFit';
import { LaunchRun } from './launchRun';
import { previewLaunch, type LaunchPreview } from './launching/preview';
import { checkLaunch, launchSteps } from './launchSteps';
import type { Machines } from './machines';
import type { PresetScript } from './launching/graphTerm';
import type { LocalSender } from './launching/ports';
import type { Account, Image, InstanceType, KeyPair, MachineKey, SecurityGroup } from './model';
import type { Prices } from './money/ports';
import type { LaunchOffers, OffersSource } from './offers/ports';
import type { NamePorts } from './names/ports';
import type { CloudProviders, PublicAddress } from './ports';
import type { ResourcesOf } from './resources/ports';

/** What the form offers for an account. */
export interface LaunchOptions {
  readonly images: readonly Image[];
  readonly instanceTypes: readonly InstanceType[];
  readonly keyPairs: readonly (KeyPair & { readonly identityFile?: string })[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly publicKeys: readonly { readonly path: string; readonly comment: string }[];
  readonly myAddresses: readonly string[];
  /** Absent in what an older version has kept. */
  readonly offers?: LaunchOffers;
}

export interface LaunchPorts {
  readonly providers: CloudProviders;
  readonly publicAddress: PublicAddress;
  readonly identities: IdentityFiles;
  readonly hostEntries: HostEntryStore;
  readonly knownHosts: KnownHosts;
  readonly dialer: SshDialer;
  readonly questions: SshQuestions;
  /** Without it, machines get no DNS names. */
  readonly names?: NamePorts;
  /** Told of each launch that begins. */
  readonly recent?: { add(spec: LaunchSpec, at: number): Promise<void> };
  /** Notes what a machine costs at its launch; without it that is not noted. */
  readonly prices?: Pick<Prices, 'known'>;
  readonly log: Log;
  readonly resources: ResourcesOf;
  readonly sender: LocalSender;
  /** The scripts of a recipe that ships. @throws SkylabError when it cannot be read */
  readonly recipeScripts: (id: string) => Promise<readonly PresetScript[]>;
  readonly offers: OffersSource;
}

/** How long a launch waits, and how it signs what it makes. Times are milliseconds. */
export interface LaunchSettings {
  /** The local user, for the owner tag; empty for no tag. */
  readonly owner: string;
  readonly version: string;
  /** From RunInstances to `running`. */
  readonly runningTimeoutMs: number;
  /** From `running` to the first login. */
  readonly bootTimeoutMs: number;
  /** How long the console may stay without host keys before the person is asked. */
  readonly consoleTimeoutMs: number;
  readonly firstBootTimeoutMs: number;
  /** Between two looks at an instance's state. */
  readonly pollMs: number;
}

const MINUTE = 60_000;

export const LAUNCH_DEFAULTS: LaunchSettings = {
  owner: '',
  version: '0',
  runningTimeoutMs: 5 * MINUTE,
  bootTimeoutMs: 10 * MINUTE,
  consoleTimeoutMs: 3 * MINUTE,
  firstBootTimeoutMs: 30 * MINUTE,
  pollMs: 1_000,
};

/** Launches instances as operations, one per instance group; see the steps in launchSteps.ts. */
export class Launcher {
  /** Launches that run, by what was asked for. */
  readonly #running = new Map<string, Operation>();

  /** @param settings read at each launch, so that a changed setting counts at once */
  constructor(
    private readonly accounts: Accounts,
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: LaunchPorts,
    private readonly settings: () => Partial<LaunchSettings> = () => ({}),
  ) {}

  /** @throws SkylabError when the cloud cannot be asked; a public address that cannot be found is no failure here */
  async options(accountId: string, signal?: AbortSignal): Promise<LaunchOptions> {
    const account = this.accounts.need(accountId);
    const provider = await this.ports.providers.for(account);
    const [images, instanceTypes, keyPairs, securityGroups, publicKeys, myAddresses, offers] = await Promise.all([
      provider.listImages(signal),
      provider.listInstanceTypes(signal),
      provider.listKeyPairs(),
      provider.listSecurityGroups(),
      this.#orNone('public keys', this.ports.identities.listPublic()),
      this.#orNone('public address', this.ports.publicAddress.find(signal)),
      this.ports.offers.read(account, signal),
    ]);
    throwIfCancelled(signal);
    return {
      images,
      instanceTypes,
      keyPairs: await Promise.all(keyPairs.map((pair) => this.#withIdentity(pair))),
      securityGroups,
      publicKeys: publicKeys.map(({ path, comment }) => ({ path, comment })),
      myAddresses,
      offers: { ...offers, vcpusInUse: this.#vcpusInUse(accountId, instanceTypes) },
    };
  }

  /** Images whose id equals or whose name contains the text. */
  async searchImages(accountId: string, text: string, signal?: AbortSignal): Promise<readonly Image[]> {
    const provider = await this.ports.providers.for(this.accounts.need(accountId));
    return provider.searchImages(text, signal);
  }

  /** Asks the cloud whether it would launch this, and makes nothing. @throws SkylabError with the reason why not */
  async tryLaunch(spec: LaunchSpec, signal?: AbortSignal): Promise<void> {
    await checkLaunch(this.#run(spec, this.accounts.need(spec.accountId)));
    throwIfCancelled(signal);
  }

  /** What a launch would ask for, without making anything. @throws SkylabError when it cannot be put together at all */
  async preview(spec: LaunchSpec, signal?: AbortSignal): Promise<LaunchPreview> {
    const preview = await previewLaunch(this.#run(spec, this.accounts.need(spec.accountId)));
    throwIfCancelled(signal);
    return preview;
  }

  /** Starts at once; the operation's steps are the progress. The same spec again while it runs is the same launch: a double click bills once. */
  launch(spec: LaunchSpec): Operation {
    const asked = JSON.stringify(spec);
    const running = this.#running.get(asked);
    if (running !== undefined && isRunning(running.view)) return running;
    const account = this.accounts.need(spec.accountId);
    const run = this.#run(spec, account, (key) => operation.setMachine(key));
    const operation = this.operations.start({
      kind: 'launch',
      title: `Launch ${run.label}`,
      accountId: account.id,
      steps: fitToCloud(account, spec, launchSteps(spec, run.named)),
      context: run,
    });
    this.#running.set(asked, operation);
    this.ports.recent
      ?.add(spec, Date.now())
      .catch((error: unknown) => this.ports.log.warn(`The launch is not remembered: ${causeChain(error)}`));
    void operation.outcome.then(() => this.#running.delete(asked));
    return operation;
  }

  #run(spec: LaunchSpec, account: Account, onMachine: (key: MachineKey) => void = () => undefined): LaunchRun {
    return new LaunchRun(randomUUID(), spec, account, this.ports, { ...LAUNCH_DEFAULTS, ...this.settings() }, this.machines, onMachine);
  }

  #vcpusInUse(accountId: string, types: readonly InstanceType[]): number {
    const vcpus = new Map(types.map((type) => [type.name, type.vcpus]));
    const running = this.machines.of(accountId).filter((m) => m.kind === 'instance' && ['pending', 'running'].includes(m.instance.state));
    return running.reduce((sum, m) => sum + (m.kind === 'instance' ? (vcpus.get(m.instance.type) ?? 0) : 0), 0);
  }

  async #withIdentity(pair: KeyPair): Promise<LaunchOptions['keyPairs'][number]> {
    const identityFile = await this.ports.identities.find(pair.name);
    return identityFile === undefined ? pair : { ...pair, identityFile };
  }

  async #orNone<T>(what: string, found: Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await found;
    } catch (error) {
      this.ports.log.warn(`The launch form goes without ${what}: ${causeChain(error)}`);
      return [];
    }
  }
}
