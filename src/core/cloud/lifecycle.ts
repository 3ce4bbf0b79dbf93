import { isCancelled, SkylabError } from '../errors';
import type { Operation, Operations } from '../operations/operations';
import type { Step, StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { SshTarget } from '../ssh/model';
import { LAUNCH_DEFAULTS, type LaunchPorts, type LaunchSettings } from './launch';
import { addressOf } from './launchRun';
import type { Machines } from './machines';
import type { Account, Instance, InstanceState, KeyPair, Machine, SecurityGroup } from './model';
import { namingOf, type Naming } from './names/naming';
import { followSteps, NamesUnderWay, removeSteps } from './names/steps';
import type { CloudProvider } from './ports';
import { removeAccess, removeGroup, terminateAndWait } from './removal';
import { dialUntilIn } from './sshWait';
import { TAG } from './tags';
import { duration, waitFor } from './waiting';

/** What terminating would take along, found before asking. */
export interface TerminatePreview {
  /** Whole GiB of disks that are deleted; undefined when unknown. */
  readonly diskGiB?: number;
  /** Made by Skylab for this machine and used by no other. */
  readonly keyPair?: { readonly name: string; readonly identityFile?: string };
  readonly securityGroup?: { readonly id: string; readonly name: string };
}

/** What the steps of one act share. */
interface Act {
  readonly account: Account;
  readonly cloud: () => Promise<CloudProvider>;
  instance: Instance;
  readonly naming: Naming | undefined;
  readonly dns: NamesUnderWay;
  /** How the machine is reached, where it was set up before. */
  target?: SshTarget;
  /** Tells one boot from the next. */
  bootMark?: string;
}

const STOP_MS = 10 * 60_000;

/** Stop, start, reboot, terminate; ssh entries and host keys follow. */
export class Lifecycle {
  /** @param settings read at each act */
  constructor(
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: LaunchPorts,
    private readonly settings: () => Partial<LaunchSettings> = () => ({}),
  ) {}

  /** Resolves when running again and SSH answers; HostName follows the new address. @throws SkylabError for a machine without a cloud */
  start(machine: Machine): Operation {
    const dns = followSteps<Act>((act, instance) => this.#learnt(act, instance));
    return this.#act(machine, 'Start', [
      {
        name: 'start',
        title: 'Start the machine',
        run: async (act) => {
          await (await act.cloud()).start([act.instance.id]);
          this.#learnt(act, { ...act.instance, state: 'pending' });
        },
      },
      this.#waitStep('running', 'Wait until it runs', this.#settings.runningTimeoutMs),
      {
        name: 'sshEntry',
        title: 'Put the new address into the ssh entry',
        run: async (act, io) => {
          const entry = await this.#entryOf(act.instance);
          const hostName = addressOf(act.instance);
          if (entry === undefined || hostName === undefined) return;
          act.target = { ...entry, hostName };
          if (entry.hostName !== hostName) await this.ports.hostEntries.upsert(act.target);
          io.log(`ssh ${entry.alias} reaches ${hostName}`);
        },
      },
      dns.point,
      {
        name: 'ssh',
        title: 'Wait for SSH',
        when: (act) => act.target !== undefined,
        run: async (act, io) => {
          io.report('waiting for SSH');
          (await this.#dial(act, io)).close();
        },
      },
      dns.settle,
    ]);
  }

  stop(machine: Machine): Operation {
    return this.#act(machine, 'Stop', [
      {
        name: 'stop',
        title: 'Stop the machine',
        run: async (act) => {
          await (await act.cloud()).stop([act.instance.id]);
          this.#learnt(act, { ...act.instance, state: 'stopping' });
        },
      },
      this.#waitStep('stopped', 'Wait until it has stopped', STOP_MS),
    ]);
  }

  /** Resolves when the machine has booted anew and SSH answers; at once where SSH was never set up. */
  reboot(machine: Machine): Operation {
    return this.#act(machine, 'Restart', [
      {
        name: 'reboot',
        title: 'Restart the machine',
        run: async (act, io) => {
          const entry = await this.#entryOf(act.instance);
          if (entry !== undefined) {
            act.target = entry;
            const mark = await this.#bootMark(act, io, 10_000);
            if (mark !== undefined) act.bootMark = mark;
          }
          await (await act.cloud()).reboot([act.instance.id]);
        },
      },
      {
        name: 'ssh',
        title: 'Wait until it is back',
        // A machine that could not be reached before tells nothing by being reached after.
        when: (act) => act.bootMark !== undefined,
        run: async (act, io) => {
          io.report('waiting for SSH');
          const timeoutMs = this.#settings.bootTimeoutMs;
          await waitFor(
            async () => {
              const mark = await this.#bootMark(act, io, timeoutMs);
              return mark !== undefined && mark !== act.bootMark ? true : undefined;
            },
            { signal: io.signal, everyMs: 500, timeoutMs, onTimeout: () => notBack(act.instance.name, timeoutMs) },
          );
        },
      },
    ]);
  }

  /** Asks the cloud; finds nothing to take along for a machine that others' tools launched. @throws SkylabError */
  async previewTerminate(machine: Machine): Promise<TerminatePreview> {
    const instance = instanceOf(machine);
    const cloud = await this.ports.providers.for(this.machines.accountOf(instance.accountId));
    const [diskGiB, keyPairs, groups, others] = await Promise.all([
      cloud.disksDeletedWith(instance.id).catch(() => undefined),
      cloud.listKeyPairs(),
      cloud.listSecurityGroups(),
      othersOf(cloud, instance),
    ]);
    const pair = ownKeyPair(instance, keyPairs, others);
    const group = ownGroup(instance, groups, others);
    const identityFile = pair?.tags?.[TAG.key] === 'new' ? await this.ports.identities.find(pair.name) : undefined;
    return {
      ...(diskGiB === undefined ? {} : { diskGiB }),
      ...(pair === undefined ? {} : { keyPair: { name: pair.name, ...(identityFile === undefined ? {} : { identityFile }) } }),
      ...(group === undefined ? {} : { securityGroup: { id: group.id, name: group.name } }),
    };
  }

  /**
   * Removes instance, ssh entry and host key; and, when asked, the key pair (with its private key) and the security group, as far as
   * the preview names them.
   */
  terminate(machine: Machine, also: { keyPair: boolean; securityGroup: boolean }): Operation {
    let preview: TerminatePreview = {};
    const dns = removeSteps<Act>();
    return this.#act(machine, 'Terminate', [
      {
        name: 'look',
        title: 'See what belongs to it',
        when: () => also.keyPair || also.securityGroup,
        run: async () => {
          preview = await this.previewTerminate(machine);
        },
      },
      dns.remove,
      {
        name: 'terminate',
        title: 'Terminate the machine',
        run: async (act, io) => {
          const seen = (instances: readonly Instance[]) => this.machines.upsert(instances);
          await terminateAndWait(await act.cloud(), [act.instance], io, this.#settings.pollMs, seen);
        },
      },
      {
        name: 'sshEntry',
        title: 'Remove the ssh entry and the host key',
        run: (act) => removeAccess(this.ports, act.instance.id),
      },
      {
        name: 'securityGroup',
        title: 'Delete the security group',
        when: () => also.securityGroup && preview.securityGroup !== undefined,
        run: async (act, io) => {
          if (preview.securityGroup === undefined) return;
          io.report(preview.securityGroup.name);
          await removeGroup(await act.cloud(), preview.securityGroup.id, io.signal);
        },
      },
      {
        name: 'keyPair',
        title: 'Delete the key pair',
        when: () => also.keyPair && preview.keyPair !== undefined,
        run: async (act, io) => {
          if (preview.keyPair === undefined) return;
          const { name, identityFile } = preview.keyPair;
          io.report(name);
          await (await act.cloud()).deleteKeyPair(name);
          if (identityFile !== undefined) await this.ports.identities.remove(identityFile);
        },
      },
      {
        name: 'settle',
        title: 'Close its records',
        run: (act) => this.#settleLaunch(act.instance),
      },
      dns.tell,
    ]);
  }

  /** A launch that failed after its machine was made is on the ledger until its last machine is gone. */
  async #settleLaunch({ id, accountId, tags }: Instance): Promise<void> {
    const launch = tags[TAG.launch];
    const others = this.machines
      .of(accountId)
      .some((m) => m.kind === 'instance' && m.instance.id !== id && m.instance.tags[TAG.launch] === launch);
    if (launch === undefined || others) return;
    for (const record of await this.operations.leftovers())
      if (record.created.some((r) => r.kind === 'launchToken' && r.id === launch)) await this.operations.settle(record.id);
  }

  #act(machine: Machine, verb: string, steps: readonly Step<Act>[]): Operation {
    const instance = instanceOf(machine);
    const account = this.machines.accountOf(instance.accountId);
    const [naming, dns] = [namingOf(this.ports), new NamesUnderWay()];
    const context: Act = { account, cloud: () => this.ports.providers.for(account), instance, naming, dns };
    return this.operations.start({
      kind: 'lifecycle',
      title: `${verb} ${machine.name}`,
      accountId: account.id,
      machineKey: machine.key,
      steps,
      context,
    });
  }

  get #settings(): LaunchSettings {
    return { ...LAUNCH_DEFAULTS, ...this.settings() };
  }

  #learnt(act: Act, instance: Instance): void {
    act.instance = instance;
    this.machines.upsert([instance]);
  }

  #waitStep(wanted: InstanceState, title: string, timeoutMs: number): Step<Act> {
    return {
      name: wanted,
      title,
      run: async (act, io) => {
        const cloud = await act.cloud();
        await waitFor(
          async () => {
            const [found] = await cloud.describeInstances([act.instance.id], io.signal);
            if (found === undefined) return undefined;
            this.#learnt(act, found);
            if (found.state === 'terminated') throw goneMeanwhile(found.name);
            return found.state === wanted ? true : undefined;
          },
          { signal: io.signal, everyMs: this.#settings.pollMs, timeoutMs, onTimeout: () => notYet(act.instance.name, wanted, timeoutMs) },
        );
      },
    };
  }

  async #entryOf(instance: Instance): Promise<SshTarget | undefined> {
    return (await this.ports.hostEntries.list()).find((entry) => entry.hostKeyAlias === instance.id);
  }

  #dial(act: Act, io: StepIo, timeoutMs = this.#settings.bootTimeoutMs) {
    if (act.target === undefined) throw new Error('An earlier step sets the target.');
    return dialUntilIn(act.instance.name, act.target, this.ports, {
      signal: io.signal,
      timeoutMs,
      onTimeout: () => notBack(act.instance.name, timeoutMs),
    });
  }

  /** What the machine says of its present boot; undefined while it cannot be asked. */
  async #bootMark(act: Act, io: StepIo, timeoutMs: number): Promise<string | undefined> {
    try {
      const session = await this.#dial(act, io, timeoutMs);
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

function instanceOf(machine: Machine): Instance {
  if (machine.kind === 'instance') return machine.instance;
  throw new SkylabError(`${machine.name} was handed out to you: Skylab cannot start, stop or terminate it.`, {
    next: 'Ask whoever runs it.',
    code: 'NoCloud',
  });
}

/** The account's other machines that still exist. */
async function othersOf(cloud: CloudProvider, instance: Instance): Promise<readonly Instance[]> {
  const others: Instance[] = [];
  for await (const page of cloud.listInstances()) others.push(...page.filter((i) => i.id !== instance.id && i.state !== 'terminated'));
  return others;
}

function ownKeyPair(instance: Instance, pairs: readonly KeyPair[], others: readonly Instance[]): KeyPair | undefined {
  const pair = pairs.find((p) => p.name === instance.keyName && p.tags?.[TAG.launch] !== undefined);
  return pair !== undefined && !others.some((other) => other.keyName === pair.name) ? pair : undefined;
}

function ownGroup(instance: Instance, groups: readonly SecurityGroup[], others: readonly Instance[]): SecurityGroup | undefined {
  const own = groups.filter((g) => g.tags[TAG.launch] !== undefined && instance.securityGroups.some(({ id }) => id === g.id));
  return own.find((group) => !others.some((other) => other.securityGroups.some(({ id }) => id === group.id)));
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

function notBack(name: string, ms: number): SkylabError {
  return new SkylabError(`${name} runs, but SSH did not answer within ${duration(ms)}.`, {
    next: 'Its group may no longer allow your address, or the machine hangs: look at its console.',
    code: 'NotBack',
  });
}
