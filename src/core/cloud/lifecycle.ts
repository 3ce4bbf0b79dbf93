import type { Operation, Operations } from '../operations/operations';
import { capabilitiesOf } from './capabilities';
import type { LaunchPorts, LaunchSettings } from './launch';
import {
  hasAny,
  leftoversOf,
  lookAround,
  partlyLeft,
  removeLeftovers,
  taken,
  takesAny,
  type Leftovers,
  type TakeAlong,
} from './life/leftovers';
import { instanceOf, LifeSteps, notBack, type Act } from './life/lifeSteps';
import type { InstanceActsSource } from './life/ports';
import type { Machines } from './machines';
import type { Account, Instance, Machine } from './model';
import { removeSteps } from './names/steps';
import { removeAccess, terminateAndWait } from './removal';
import { waitFor } from './waiting';

/** What terminating would do, found before asking. */
export interface TerminatePreview {
  /** Whole GiB of disks that are deleted; undefined when unknown. */
  readonly diskGiB?: number;
  readonly leftovers: Leftovers;
  /** The cloud refuses until the protection is taken off. */
  readonly protected: boolean;
}

/** Stop, start, reboot, terminate; ssh entries and host keys follow. */
export class Lifecycle {
  readonly #life: LifeSteps;

  /** @param settings read at each act */
  constructor(
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: LaunchPorts,
    acts: InstanceActsSource,
    settings: () => Partial<LaunchSettings> = () => ({}),
  ) {
    this.#life = new LifeSteps(machines, operations, ports, acts, settings);
  }

  /** Resolves when running again and SSH answers; HostName follows the new address. @throws SkylabError for a machine without a cloud */
  start(machine: Machine): Operation {
    return this.#life.act(machine, 'Start', this.#life.start());
  }

  stop(machine: Machine): Operation {
    return this.#life.act(machine, 'Stop', [
      {
        name: 'stop',
        title: 'Stop the machine',
        run: (act) => this.#life.end(act),
      },
      this.#life.waitStopped(),
    ]);
  }

  /** Resolves when the machine has booted anew and SSH answers; at once where SSH was never set up. */
  reboot(machine: Machine): Operation {
    return this.#life.act(machine, 'Restart', [
      {
        name: 'reboot',
        title: 'Restart the machine',
        run: async (act, io) => {
          const entry = await this.#life.entryOf(act.instance);
          if (entry !== undefined) {
            act.target = entry;
            const mark = await this.#life.bootMark(act, io, 10_000);
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
          const timeoutMs = this.#life.settings.bootTimeoutMs;
          await waitFor(
            async () => {
              const mark = await this.#life.bootMark(act, io, timeoutMs);
              return mark !== undefined && mark !== act.bootMark ? true : undefined;
            },
            { signal: io.signal, everyMs: 500, timeoutMs, onTimeout: () => notBack(act.instance, timeoutMs) },
          );
        },
      },
    ]);
  }

  /** Asks the cloud what goes, and what would stay behind. @throws SkylabError */
  async previewTerminate(machine: Machine): Promise<TerminatePreview> {
    const instance = instanceOf(machine);
    const account = this.machines.accountOf(instance.accountId);
    const cloud = await this.ports.providers.for(account);
    const acts = await this.#life.actsOn(machine);
    const [attributes, diskGiB, leftovers] = await Promise.all([
      capabilitiesOf(account).attributes ? acts.attributes(instance.id).catch(() => undefined) : undefined,
      cloud.disksDeletedWith(instance.id).catch(() => undefined),
      this.#leftovers(account, instance),
    ]);
    return { protected: attributes?.protected === true, leftovers, ...(diskGiB === undefined ? {} : { diskGiB }) };
  }

  async #leftovers(account: Account, instance: Instance): Promise<Leftovers> {
    return leftoversOf([instance], await lookAround(account, this.ports), this.ports);
  }

  /**
   * Removes instance, ssh entry and host key; and, when asked, what would stay behind of it: elastic addresses, security group, key pair
   * (with its private key). A protected machine stays unless the protection is to be taken off.
   */
  terminate(machine: Machine, also: TakeAlong & { readonly unprotect?: boolean }): Operation {
    let leftovers: Leftovers | undefined;
    const dns = removeSteps<Act>();
    return this.#life.act(machine, 'Terminate', [
      {
        name: 'look',
        title: 'See what belongs to it',
        when: () => takesAny(also),
        run: async (act) => {
          leftovers = taken(await this.#leftovers(act.account, act.instance), also);
        },
      },
      {
        name: 'unprotect',
        title: 'Take off the termination protection',
        when: () => also.unprotect === true,
        run: async (act) => (await act.acts()).setProtection(act.instance.id, false),
        undo: async (act) => {
          // What is terminated already has no protection to put back.
          if (act.instance.state === 'running' || act.instance.state === 'stopped')
            await (await act.acts()).setProtection(act.instance.id, true);
        },
      },
      dns.remove,
      {
        name: 'terminate',
        title: 'Terminate the machine',
        run: async (act, io) => {
          const seen = (instances: readonly Instance[]) => {
            this.machines.upsert(instances);
            act.instance = instances.find(({ id }) => id === act.instance.id) ?? act.instance;
          };
          await terminateAndWait(await act.cloud(), [act.instance], io, this.#life.settings.pollMs, seen);
        },
      },
      {
        name: 'sshEntry',
        title: 'Remove the ssh entry and the host key',
        run: (act) => removeAccess(this.ports, act.instance.id),
      },
      {
        name: 'settle',
        title: 'Close its records',
        run: (act) => this.#life.settleLaunch(act.instance),
      },
      {
        name: 'leftovers',
        title: 'Remove what would stay behind',
        when: () => leftovers !== undefined && hasAny(leftovers),
        onFailure: 'keep',
        run: async (act, io) => {
          if (leftovers === undefined) return;
          const failures = await removeLeftovers(act.account, leftovers, this.ports, io);
          if (failures.length > 0) throw partlyLeft(act.instance.name, failures);
        },
      },
      dns.tell,
    ]);
  }
}
