import { machineNames, type LaunchSpec } from '../../shared/launchSpec';
import type { CreatedResource } from '../../shared/operation';
import type { RemoteSession } from '../remote/session';
import type { SshTarget } from '../ssh/model';
import { FirstBootLog } from './firstBoot';
import type { LaunchPorts, LaunchSettings } from './launch';
import type { FirstBootPlan } from './launching/firstBootPlan';
import type { Machines } from './machines';
import { instanceKey, type Account, type Image, type Instance, type Machine, type MachineKey } from './model';
import { moneyTags } from './money/launchTags';
import type { CloudProvider } from './ports';
import { namingOf, type Naming } from './names/naming';
import { NamesUnderWay, wantedNames } from './names/steps';
import type { ElasticAddress } from './resources/ports';
import { TAG, tagValue } from './tags';

/** One machine of a launch from RunInstances on. */
export interface Launched {
  readonly name: string;
  instance: Instance;
  /** How it is reached; known once it has an address. */
  target?: SshTarget;
  /** What the machine said of its set-up, on the console first and by SSH later. */
  readonly boot: FirstBootLog;
  /** Open between "waiting for SSH" and the end of first-boot set-up. */
  session?: RemoteSession;
}

/** What the steps of one launch share. */
export class LaunchRun {
  readonly names: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Whether the machines are to get DNS names. */
  readonly named: boolean;
  /** The image, once the check has found it. */
  image: Image | undefined;
  /** The private key that opens the machines; undefined leaves it to the agent and the default keys. */
  identityFile: string | undefined;
  groupId: string | undefined;
  /** DNS names of the machines. */
  readonly naming: Naming | undefined;
  readonly dns = new NamesUnderWay();
  /** Rules added to a group that was there before. */
  addedRules: CreatedResource | undefined;
  /** Elastic addresses, one for each machine where they are asked for. */
  addresses: ElasticAddress[] = [];
  /** What the machines do at first boot; known once it was checked. */
  plan: FirstBootPlan | undefined;
  /** The form in which the plan is sent along; empty for none. */
  userData: string | Uint8Array = '';
  /** Names that the person's own ssh config gives to hosts: an alias must not shadow one. */
  personsNames: ReadonlySet<string> = new Set();
  launched: Launched[] = [];
  /** True from the moment at which RunInstances may have made something. */
  asked = false;
  /** Milliseconds since the epoch by which the machines must let in. */
  bootDeadline = Infinity;

  /**
   * @param id client token and value of the launch tag
   * @param onMachine told the first machine of the launch
   */
  constructor(
    readonly id: string,
    readonly spec: LaunchSpec,
    readonly account: Account,
    readonly ports: LaunchPorts,
    readonly settings: LaunchSettings,
    private readonly machines: Machines,
    private readonly onMachine: (key: MachineKey) => void,
  ) {
    this.naming = namingOf(ports);
    this.named = this.naming !== undefined && wantedNames(spec, account) !== undefined;
    this.names = (this.named ? wantedNames(spec, account) : undefined) ?? machineNames(spec.name, spec.count);
    this.tags = {
      ...spec.tags,
      [TAG.name]: tagValue(spec.name),
      [TAG.launch]: id,
      [TAG.version]: settings.version,
      ...(settings.owner === '' ? {} : { [TAG.owner]: tagValue(settings.owner) }),
    };
    this.tags = { ...this.tags, ...moneyTags(spec, account, ports.prices, Date.now()) };
  }

  /** Another machine by its key. */
  machine(key: string): Machine | undefined {
    return this.machines.get(key as MachineKey);
  }

  cloud(): Promise<CloudProvider> {
    return this.ports.providers.for(this.account);
  }

  /** Takes the instances that RunInstances answered. */
  made(instances: readonly Instance[]): void {
    this.launched = instances.map((instance, i) => ({ instance, name: this.names[i] ?? this.spec.name, boot: new FirstBootLog() }));
    const first = instances[0];
    this.machines.upsert(instances);
    if (first !== undefined) this.onMachine(instanceKey(first.accountId, first.id));
  }

  /** Takes newer values of launched instances and shows them. */
  learnt(instances: readonly Instance[]): void {
    for (const instance of instances) {
      const machine = this.launched.find((l) => l.instance.id === instance.id);
      if (machine !== undefined) machine.instance = instance;
    }
    this.machines.upsert(instances);
  }

  /** "ada", or "ada-1 to ada-3". */
  get label(): string {
    const names = this.launched.length > 0 ? this.launched.map(({ name }) => name) : this.names;
    return names.length === 1 ? (names[0] ?? '') : `${names[0] ?? ''} to ${names.at(-1) ?? ''}`;
  }

  closeSessions(): void {
    for (const machine of this.launched) {
      machine.session?.close();
      delete machine.session;
    }
  }
}

/** Where a machine is reached: elastic or public address, else the private one. */
export function addressOf(instance: Instance): string | undefined {
  return instance.publicAddress ?? instance.privateAddress;
}
