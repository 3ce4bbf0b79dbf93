import { randomUUID } from 'node:crypto';
import { causeChain, SkylabError } from '../../errors';
import type { Disposable } from '../../events';
import type { Log } from '../../log';
import { isRunning, type Operation, type Operations } from '../../operations/operations';
import type { Step } from '../../operations/step';
import { capabilitiesOf } from '../capabilities';
import type { Machines } from '../machines';
import { instanceKey, type Account, type Instance, type Machine, type MachineKey } from '../model';
import { isHost, notedName, targetOf, valuesOf } from './name';
import type { NameWish, Naming } from './naming';
import type { NamePorts, Zone } from './ports';
import { followSteps, nameStepsFor, NamesUnderWay } from './steps';

interface Act {
  readonly account: Account;
  readonly naming: Naming;
  readonly dns: NamesUnderWay;
  instance: Instance;
}

/** Names of machines that exist already: given, changed, taken away; and followed where an address changed without this window's doing. */
export class MachineNames {
  /** What was tried to follow, so that a name that cannot be changed is not tried at every refresh. */
  readonly #tried = new Set<string>();

  constructor(
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: NamePorts,
    private readonly naming: Naming,
    private readonly log: Log,
  ) {}

  /** The account's public zones, by name. @throws SkylabError */
  async zones(machine: Machine): Promise<readonly Zone[]> {
    const { account } = this.#of(machine);
    const all = await (await this.ports.zones(account)).listZones();
    return all.filter((zone) => !zone.private).sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Gives the machine a name; another one that it had is removed when the new one stands. */
  set(machine: Machine, wish: NameWish): Operation {
    const act = this.#of(machine);
    const former = notedName(act.instance.tags);
    const steps = nameStepsFor<Act>(wish, randomUUID(), (context, instance) => this.#learnt(context, instance));
    const drop: Step<Act> = {
      name: 'dnsFormer',
      title: `Remove ${former?.name ?? ''}`,
      run: async ({ account, naming, instance, dns }, io) => {
        // Declined: then the former name stays, too.
        if (dns.plans.length === 0 || former === undefined) return;
        await naming.removeName(account, former.name, instance, io);
      },
    };
    const replaced = former !== undefined && former.name !== wish.name ? [drop] : [];
    return this.#start(machine, `Name ${machine.name} ${wish.name}`, act, [...steps, ...replaced]);
  }

  /** Takes the name off the machine; records that lead elsewhere stay. */
  remove(machine: Machine): Operation {
    const act = this.#of(machine);
    const name = notedName(act.instance.tags)?.name ?? machine.name;
    const step: Step<Act> = {
      name: 'dnsName',
      title: `Remove ${name}`,
      run: async (context, io) => this.#learnt(context, await context.naming.forget(context.account, context.instance, io)),
    };
    return this.#start(machine, `Remove the name ${name}`, act, [step]);
  }

  /** Watches the machines: a name whose machine has another address than the one it was set to follows it. */
  watch(): Disposable {
    return this.machines.onChange((change) => {
      if (change.kind === 'machine') this.#follow(this.machines.get(change.key));
      else if (change.kind === 'account') for (const machine of this.machines.of(change.accountId)) this.#follow(machine);
    });
  }

  #follow(machine: Machine | undefined): void {
    if (machine?.kind !== 'instance' || !isBehind(machine.instance) || this.#isBusy(machine.key)) return;
    const { instance } = machine;
    const wanted = `${machine.key} ${instance.publicAddress ?? ''} ${instance.ipv6Address ?? ''}`;
    if (this.#tried.has(wanted)) return;
    this.#tried.add(wanted);
    const { point, settle } = followSteps<Act>((context, found) => this.#learnt(context, found));
    const operation = this.#start(machine, `Follow the address of ${machine.name}`, this.#of(machine), [point, settle]);
    void operation.outcome.then((outcome) => {
      if (outcome.kind === 'failed') this.log.warn(`The name of ${machine.name} did not follow: ${causeChain(outcome.error)}`);
    });
  }

  /** A start of this window sees to the name by itself. */
  #isBusy(key: MachineKey): boolean {
    return this.operations.list().some(({ view }) => view.machineKey === key && isRunning(view));
  }

  #start(machine: Machine, title: string, context: Act, steps: readonly Step<Act>[]): Operation {
    return this.operations.start({ kind: 'task', title, accountId: context.account.id, machineKey: machine.key, steps, context });
  }

  #learnt(act: Act, instance: Instance): void {
    // The address may have changed meanwhile: only the tags are news.
    const now = this.machines.get(instanceKey(instance.accountId, instance.id));
    act.instance = now?.kind === 'instance' ? { ...now.instance, tags: instance.tags } : instance;
    this.machines.upsert([act.instance]);
  }

  #of(machine: Machine): Act {
    if (machine.kind === 'given')
      throw new SkylabError(`${machine.name} was handed out to you: Skylab cannot name it.`, {
        next: 'Ask whoever runs it.',
        code: 'NoCloud',
      });
    const { instance } = machine;
    const account = this.machines.accountOf(instance.accountId);
    if (!capabilitiesOf(account).dns)
      throw new SkylabError(`The cloud of ${account.name} has no DNS zones.`, {
        next: 'Set the name where its domain is kept.',
        code: 'NoZones',
      });
    return { account, naming: this.naming, dns: new NamesUnderWay(), instance };
  }
}

/** True when the machine runs under an address that its name was not set to. */
function isBehind(instance: Instance): boolean {
  const note = notedName(instance.tags);
  if (note === undefined || note.target.length === 0 || instance.state !== 'running' || instance.publicAddress === undefined) return false;
  const target = targetOf(instance, note.target.some(isHost));
  return target !== undefined && valuesOf(target).some((value) => !note.target.includes(value));
}
