import type { Operation, Operations } from '../operations/operations';
import { capabilitiesOf } from './capabilities';
import type { LaunchPorts, LaunchSettings } from './launch';
import { instanceOf, LifeSteps, notBack, type Act } from './life/lifeSteps';
import type { InstanceActsSource } from './life/ports';
import type { Machines } from './machines';
import type { Instance, KeyPair, Machine, SecurityGroup } from './model';
import { removeSteps } from './names/steps';
import type { CloudProvider } from './ports';
import { removeAccess, removeGroup, terminateAndWait } from './removal';
import { TAG } from './tags';
import { waitFor } from './waiting';

/** What terminating would take along, found before asking. */
export interface TerminatePreview {
  /** Whole GiB of disks that are deleted; undefined when unknown. */
  readonly diskGiB?: number;
  /** Made by Skylab for this machine and used by no other. */
  readonly keyPair?: { readonly name: string; readonly identityFile?: string };
  readonly securityGroup?: { readonly id: string; readonly name: string };
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

  /** Asks the cloud; finds nothing to take along for a machine that others' tools launched. @throws SkylabError */
  async previewTerminate(machine: Machine): Promise<TerminatePreview> {
    const instance = instanceOf(machine);
    const account = this.machines.accountOf(instance.accountId);
    const cloud = await this.ports.providers.for(account);
    const acts = await this.#life.actsOn(machine);
    const [attributes, diskGiB, keyPairs, groups, others] = await Promise.all([
      capabilitiesOf(account).attributes ? acts.attributes(instance.id).catch(() => undefined) : undefined,
      cloud.disksDeletedWith(instance.id).catch(() => undefined),
      cloud.listKeyPairs(),
      cloud.listSecurityGroups(),
      othersOf(cloud, instance),
    ]);
    const pair = ownKeyPair(instance, keyPairs, others);
    const group = ownGroup(instance, groups, others);
    const identityFile = pair?.tags?.[TAG.key] === 'new' ? await this.ports.identities.find(pair.name) : undefined;
    return {
      protected: attributes?.protected === true,
      ...(diskGiB === undefined ? {} : { diskGiB }),
      ...(pair === undefined ? {} : { keyPair: { name: pair.name, ...(identityFile === undefined ? {} : { identityFile }) } }),
      ...(group === undefined ? {} : { securityGroup: { id: group.id, name: group.name } }),
    };
  }

  /**
   * Removes instance, ssh entry and host key; and, when asked, the key pair (with its private key) and the security group, as far as
   * the preview names them. A protected machine stays unless the protection is to be taken off.
   */
  terminate(machine: Machine, also: { keyPair: boolean; securityGroup: boolean; unprotect?: boolean }): Operation {
    let preview: TerminatePreview = { protected: false };
    const dns = removeSteps<Act>();
    return this.#life.act(machine, 'Terminate', [
      {
        name: 'look',
        title: 'See what belongs to it',
        when: () => also.keyPair || also.securityGroup,
        run: async () => {
          preview = await this.previewTerminate(machine);
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
