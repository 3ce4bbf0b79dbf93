import type { RemoteSession } from '../../remote/session';
import type { Machines } from '../machines';
import type { Account, Machine } from '../model';
import type { CloudProviders, Memento } from '../ports';
import { endTags, keepGivenEnd, knownEnd, type MachineEnd } from './expiry';
import { readEndStatus, setEnd, type EndStatus } from './expiryRemote';

/** What EC2 does when an instance powers itself off (InstanceInitiatedShutdownBehavior). Errors as CloudProvider's. */
export interface ShutdownBehavior {
  set(account: Account, instanceId: string, behavior: MachineEnd['action']): Promise<void>;
}

export interface EndingPorts {
  readonly access: { session(machine: Machine, signal?: AbortSignal): Promise<RemoteSession> };
  readonly providers: CloudProviders;
  readonly shutdown: ShutdownBehavior;
  /** Machines that were given have no tags: what was set on them is remembered here. */
  readonly memento: Memento;
}

/**
 * When a machine ends by itself. What counts stands on the machine, which needs nobody to end; the tags of an instance say the same, so
 * that every window shows it without asking the machine.
 */
export class Endings {
  constructor(
    private readonly machines: Machines,
    private readonly ports: EndingPorts,
  ) {}

  /**
   * Arms the machine, changes its end, or (undefined) calls it off.
   * @throws SkylabError when the machine cannot be reached, has no systemd or does not let its user become root
   */
  async set(machine: Machine, end: MachineEnd | undefined, signal?: AbortSignal): Promise<void> {
    const session = await this.ports.access.session(machine, signal);
    // A machine that powers off is stopped or terminated as the cloud was told before: first this, for either way round.
    const action = end?.action ?? 'stop';
    const before = knownEnd(machine, this.ports.memento)?.action ?? 'stop';
    if (machine.kind === 'instance' && (end !== undefined || before !== action)) await this.#behave(machine, action);
    await this.#keep(machine, (await session.run(setEnd(end), signal === undefined ? {} : { signal })).end);
  }

  /** Asks the machine, and puts right what is shown of it. */
  async ask(machine: Machine, signal?: AbortSignal): Promise<EndStatus> {
    const session = await this.ports.access.session(machine, signal);
    const status = await session.run(readEndStatus, signal === undefined ? {} : { signal });
    const known = knownEnd(machine, this.ports.memento);
    if (known?.due !== status.end?.due || known?.idleMinutes !== status.end?.idleMinutes) await this.#keep(machine, status.end);
    return status;
  }

  async #behave({ instance }: Machine & { kind: 'instance' }, action: MachineEnd['action']): Promise<void> {
    await this.ports.shutdown.set(this.machines.accountOf(instance.accountId), instance.id, action);
  }

  async #keep(machine: Machine, end: MachineEnd | undefined): Promise<void> {
    if (machine.kind === 'given') return keepGivenEnd(this.ports.memento, machine.key, end);
    const { instance } = machine;
    const tags = endTags(end);
    const cloud = await this.ports.providers.for(this.machines.accountOf(instance.accountId));
    await cloud.setTags([instance.id], tags);
    const now = this.machines.get(machine.key);
    const current = now?.kind === 'instance' ? now.instance : instance;
    this.machines.upsert([{ ...current, tags: { ...current.tags, ...tags } }]);
  }
}
