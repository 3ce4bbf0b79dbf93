import { isCancelled, SkylabError } from '../../errors';
import type { Operation, Operations } from '../../operations/operations';
import type { Step, StepIo } from '../../operations/step';
import type { RemoteCommand } from '../../remote/command';
import type { SshTarget } from '../../ssh/model';
import { LAUNCH_DEFAULTS, type LaunchPorts, type LaunchSettings } from '../launch';
import { addressOf } from '../launchRun';
import type { Machines } from '../machines';
import type { Account, Instance, InstanceState, Machine } from '../model';
import { namingOf, type Naming } from '../names/naming';
import { followSteps, NamesUnderWay } from '../names/steps';
import type { CloudProvider } from '../ports';
import { dialUntilIn } from '../sshWait';
import { TAG } from '../tags';
import { duration, waitFor } from '../waiting';
import type { InstanceActs, InstanceActsSource } from './ports';

/** What the steps of one act share. */
export interface Act {
  readonly account: Account;
  readonly cloud: () => Promise<CloudProvider>;
  readonly acts: () => Promise<InstanceActs>;
  instance: Instance;
  readonly naming: Naming | undefined;
  readonly dns: NamesUnderWay;
  /** How the machine is reached, where it was set up before. */
  target?: SshTarget;
  /** Tells one boot from the next. */
  bootMark?: string;
}

const STOP_MS = 10 * 60_000;

/** Steps of which acts on one machine are made. */
export class LifeSteps {
  constructor(
    readonly machines: Machines,
    private readonly operations: Operations,
    readonly ports: LaunchPorts,
    private readonly acts: InstanceActsSource,
    private readonly given: () => Partial<LaunchSettings>,
  ) {}

  get settings(): LaunchSettings {
    return { ...LAUNCH_DEFAULTS, ...this.given() };
  }

  /** @throws SkylabError for a machine without a cloud */
  act(machine: Machine, verb: string, steps: readonly Step<Act>[]): Operation {
    const instance = instanceOf(machine);
    const account = this.machines.accountOf(instance.accountId);
    const context: Act = {
      account,
      cloud: () => this.ports.providers.for(account),
      acts: () => this.acts.for(account),
      instance,
      naming: namingOf(this.ports),
      dns: new NamesUnderWay(),
    };
    return this.operations.start({
      kind: 'lifecycle',
      title: `${verb} ${machine.name}`,
      accountId: account.id,
      machineKey: machine.key,
      steps,
      context,
    });
  }

  actsOn(machine: Machine): Promise<InstanceActs> {
    return this.acts.for(this.machines.accountOf(instanceOf(machine).accountId));
  }

  learnt(act: Act, instance: Instance): void {
    act.instance = instance;
    this.machines.upsert([instance]);
  }

  /** Starts, follows the new address, and waits until SSH answers where it was set up. @param when whether to do all this */
  start(when: (act: Act) => boolean = () => true): readonly Step<Act>[] {
    const dns = followSteps<Act>((act, instance) => this.learnt(act, instance), when);
    return [
      { name: 'start', title: 'Start the machine', when, run: (act) => this.begin(act) },
      { ...this.wait('running', 'Wait until it runs', this.settings.runningTimeoutMs), when },
      { name: 'sshEntry', title: 'Put the new address into the ssh entry', when, run: (act, io) => this.followAddress(act, io) },
      dns.point,
      {
        name: 'ssh',
        title: 'Wait for SSH',
        when: (act) => when(act) && act.target !== undefined,
        run: async (act, io) => {
          io.report('waiting for SSH');
          (await this.dial(act, io)).close();
        },
      },
      dns.settle,
    ];
  }

  /** A launch that failed after its machine was made is on the ledger until its last machine is gone. */
  async settleLaunch({ id, accountId, tags }: Instance): Promise<void> {
    const launch = tags[TAG.launch];
    const others = this.machines
      .of(accountId)
      .some(
        (m) => m.kind === 'instance' && m.instance.id !== id && m.instance.state !== 'terminated' && m.instance.tags[TAG.launch] === launch,
      );
    if (launch === undefined || others) return;
    for (const record of await this.operations.leftovers())
      if (record.created.some((r) => r.kind === 'launchToken' && r.id === launch)) await this.operations.settle(record.id);
  }

  async begin(act: Act): Promise<void> {
    await (await act.cloud()).start([act.instance.id]);
    this.learnt(act, { ...act.instance, state: 'pending' });
  }

  async end(act: Act): Promise<void> {
    await (await act.cloud()).stop([act.instance.id]);
    this.learnt(act, { ...act.instance, state: 'stopping' });
  }

  waitStopped(): Step<Act> {
    return this.wait('stopped', 'Wait until it has stopped', STOP_MS);
  }

  wait(wanted: InstanceState, title: string, timeoutMs: number): Step<Act> {
    return { name: wanted, title, run: (act, io) => this.until(act, wanted, io, timeoutMs) };
  }

  /** @throws SkylabError `NotYet`, `NoSuchInstance` */
  async until(act: Act, wanted: InstanceState, io: StepIo, timeoutMs = STOP_MS): Promise<void> {
    const cloud = await act.cloud();
    await waitFor(
      async () => {
        const [found] = await cloud.describeInstances([act.instance.id], io.signal);
        if (found === undefined) return undefined;
        this.learnt(act, found);
        if (found.state === 'terminated') throw goneMeanwhile(found.name);
        return found.state === wanted ? true : undefined;
      },
      { signal: io.signal, everyMs: this.settings.pollMs, timeoutMs, onTimeout: () => notYet(act.instance.name, wanted, timeoutMs) },
    );
  }

  /** The ssh entry leads to where the machine is now. */
  async followAddress(act: Act, io: StepIo): Promise<void> {
    const entry = await this.entryOf(act.instance);
    const hostName = addressOf(act.instance);
    if (entry === undefined || hostName === undefined) return;
    act.target = { ...entry, hostName };
    if (entry.hostName !== hostName) await this.ports.hostEntries.upsert(act.target);
    io.log(`ssh ${entry.alias} reaches ${hostName}`);
  }

  async entryOf(instance: Instance): Promise<SshTarget | undefined> {
    return (await this.ports.hostEntries.list()).find((entry) => entry.hostKeyAlias === instance.id);
  }

  dial(act: Act, io: StepIo, timeoutMs = this.settings.bootTimeoutMs) {
    if (act.target === undefined) throw new Error('An earlier step sets the target.');
    return dialUntilIn(act.instance.name, act.target, this.ports, {
      signal: io.signal,
      timeoutMs,
      onTimeout: () => notBack(act.instance, timeoutMs),
    });
  }

  /** What the machine says of its present boot; undefined while it cannot be asked. */
  async bootMark(act: Act, io: StepIo, timeoutMs: number): Promise<string | undefined> {
    try {
      const session = await this.dial(act, io, timeoutMs);
      try {
        return await session.run(bootMark, { signal: io.signal, timeoutMs: 10_000 });
      } finally {
        session.close();
      }
    } catch (error) {
      if (isCancelled(error) || (error instanceof SkylabError && STRANGER.includes(error.code ?? ''))) throw error;
      return undefined;
    }
  }
}

/** Refusals of a host key: never waited over. */
const STRANGER: readonly string[] = ['HostKeyChanged', 'HostKeyRevoked', 'HostKeyUnknown'];

/** The kernel's boot id, and when process 1 started: a container restarts under the same kernel (proc(5), /proc/[pid]/stat field 22). */
const bootMark: RemoteCommand = {
  argv: ['sh', '-c', "cat /proc/sys/kernel/random/boot_id; cut -d' ' -f22 /proc/1/stat"],
  what: 'read the boot id',
};

/** @throws SkylabError `NoCloud` for a machine that no cloud lists */
export function instanceOf(machine: Machine): Instance {
  if (machine.kind === 'instance') return machine.instance;
  throw new SkylabError(`${machine.name} was handed out to you: Skylab cannot start, stop or change it.`, {
    next: 'Ask whoever runs it.',
    code: 'NoCloud',
  });
}

function goneMeanwhile(name: string): SkylabError {
  return new SkylabError(`${name} was terminated meanwhile.`, { next: 'Refresh the list.', code: 'NoSuchInstance' });
}

function notYet(name: string, wanted: InstanceState, ms: number): SkylabError {
  return new SkylabError(`${name} is not ${wanted} after ${duration(ms)}.`, {
    next: 'Look at it again in a while; the cloud may still be at it.',
    code: 'NotYet',
  });
}

export function notBack({ name, accountId, id }: Instance, ms: number): SkylabError {
  return new SkylabError(`${name} runs, but SSH did not answer within ${duration(ms)}.`, {
    next: 'Its group may no longer allow your address, or the machine hangs: look at its console.',
    code: 'NotBack',
    remedies: [{ kind: 'diagnose', accountId, instanceId: id }],
  });
}
