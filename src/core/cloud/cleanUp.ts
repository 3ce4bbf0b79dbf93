import type { CreatedResource } from '../../shared/operation';
import { SkylabError } from '../errors';
import type { LedgerRecord, Operation, Operations } from '../operations/operations';
import type { Step } from '../operations/step';
import type { Accounts } from './accounts';
import { capabilitiesOf } from './capabilities';
import { LAUNCH_DEFAULTS, type LaunchPorts } from './launch';
import { removeAddedRules } from './launching/groupSteps';
import type { Machines } from './machines';
import type { Account, Instance } from './model';
import { notedName } from './names/name';
import { namingOf } from './names/naming';
import { releaseAddress, removeAccess, removeGroup, removeKeyPair, terminateAndWait } from './removal';
import type { ElasticAddress } from './resources/ports';
import { TAG } from './tags';

/** What one clean-up works on. */
interface Remains {
  readonly record: LedgerRecord;
  /** The launch whose tag marks everything; undefined for an operation that was no launch. */
  readonly launchId: string | undefined;
  /** Those that still exist. */
  instances: readonly Instance[];
  /** With those that have ended lately: their names may be left. */
  made: readonly Instance[];
  /** All that the launch made, also those that have ended: their ssh entries may be left. */
  instanceIds: readonly string[];
  groups: readonly string[];
  keyPairs: readonly string[];
  addresses: readonly ElasticAddress[];
}

/**
 * Removes what an operation left behind when its window went away: found by the launch tag as well as by the ids on the ledger, since a
 * crash can come between the cloud's answer and the note of it.
 */
export class CleanUp {
  constructor(
    private readonly accounts: Accounts,
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: Pick<LaunchPorts, 'providers' | 'resources' | 'identities' | 'hostEntries' | 'knownHosts' | 'names'>,
  ) {}

  /** Starts at once; when it is done, the record is off the ledger. Doing it again does no harm. */
  start(record: LedgerRecord): Operation {
    const context: Remains = {
      record,
      launchId: idOf(record, 'launchToken'),
      instances: [],
      made: [],
      instanceIds: idsOf(record, 'instance'),
      groups: [],
      keyPairs: [],
      addresses: [],
    };
    return this.operations.start<Remains>({
      kind: 'task',
      title: `Clean up after “${record.title}”`,
      ...(record.accountId === undefined ? {} : { accountId: record.accountId }),
      steps: [
        this.#find,
        this.#names,
        this.#terminate,
        this.#addresses,
        this.#groups,
        this.#rules,
        this.#keyPairs,
        this.#zones,
        this.#files,
        this.#releases,
        this.#settle,
      ],
      context,
    });
  }

  readonly #find: Step<Remains> = {
    name: 'find',
    title: 'Find what is left in the cloud',
    when: ({ record }) => record.created.some((r) => r.accountId !== undefined),
    run: async (remains, io) => {
      const cloud = await this.#cloud(remains);
      const noted = remains.instanceIds;
      const made: Instance[] = [];
      for await (const page of cloud.listInstances(io.signal))
        made.push(...page.filter((i) => noted.includes(i.id) || isOurs(remains, i.tags)));
      remains.made = made;
      remains.instances = made.filter((i) => i.state !== 'terminated');
      remains.instanceIds = [...new Set([...noted, ...made.map((i) => i.id)])];
      const groups = (await cloud.listSecurityGroups()).filter((g) => isOurs(remains, g.tags)).map((g) => g.id);
      remains.groups = [...new Set([...groups, ...idsOf(remains.record, 'securityGroup')])];
      // Only by tag: a key pair of the same name may be another's.
      remains.keyPairs = (await cloud.listKeyPairs()).filter((p) => isOurs(remains, p.tags ?? {})).map((p) => p.name);
      remains.addresses = await this.#ownAddresses(remains);
      io.report(`${remains.instances.length} machines, ${remains.groups.length} groups, ${remains.keyPairs.length} key pairs`);
    },
  };

  readonly #names: Step<Remains> = {
    name: 'dnsNames',
    title: 'Remove the DNS names',
    when: ({ made }) => made.some((instance) => notedName(instance.tags) !== undefined),
    run: async (remains, io) => {
      for (const instance of remains.made) await namingOf(this.ports)?.remove(this.#account(remains.record), instance, io);
    },
  };

  readonly #zones: Step<Remains> = {
    name: 'dnsZones',
    title: 'Delete the DNS zones',
    when: ({ record }) => idsOf(record, 'dnsZone').length > 0,
    run: async ({ record }, io) => {
      for (const id of idsOf(record, 'dnsZone'))
        try {
          await namingOf(this.ports)?.deleteZone(this.#account(record), id);
        } catch (error) {
          // Somebody uses it meanwhile, or has deleted it.
          if (!(error instanceof SkylabError && (error.code === 'HostedZoneNotEmpty' || error.code === 'NoSuchHostedZone'))) throw error;
          io.log(`the DNS zone ${id} stays: ${error.message}`);
        }
    },
  };

  readonly #terminate: Step<Remains> = {
    name: 'terminate',
    title: 'Terminate the machines',
    when: ({ instances }) => instances.length > 0,
    run: async (remains, io) => {
      const seen = (instances: readonly Instance[]) => this.machines.upsert(instances);
      await terminateAndWait(await this.#cloud(remains), remains.instances, io, LAUNCH_DEFAULTS.pollMs, seen);
    },
  };

  readonly #addresses: Step<Remains> = {
    name: 'addresses',
    title: 'Release the elastic addresses',
    when: ({ addresses }) => addresses.length > 0,
    run: async (remains) => {
      const resources = await this.ports.resources(this.#account(remains.record));
      for (const address of remains.addresses) await releaseAddress(resources, address);
    },
  };

  readonly #groups: Step<Remains> = {
    name: 'securityGroups',
    title: 'Delete the security groups',
    when: ({ groups }) => groups.length > 0,
    run: async (remains, io) => {
      for (const id of remains.groups) await removeGroup(await this.#cloud(remains), id, io.signal);
    },
  };

  readonly #rules: Step<Remains> = {
    name: 'groupRules',
    title: 'Take away the rules that were added',
    when: ({ record }) => idsOf(record, 'groupRules').length > 0,
    run: async (remains) => {
      for (const noted of idsOf(remains.record, 'groupRules')) await removeAddedRules(await this.#cloud(remains), noted);
    },
  };

  readonly #keyPairs: Step<Remains> = {
    name: 'keyPairs',
    title: 'Delete the key pairs',
    when: ({ keyPairs }) => keyPairs.length > 0,
    run: async (remains) => {
      for (const name of remains.keyPairs) await removeKeyPair(await this.#cloud(remains), name, remains.launchId ?? '');
    },
  };

  readonly #files: Step<Remains> = {
    name: 'files',
    title: 'Remove keys and ssh entries from this computer',
    run: async ({ record, instanceIds }) => {
      for (const id of instanceIds) await removeAccess(this.ports, id);
      for (const entry of await this.ports.hostEntries.list())
        if (idsOf(record, 'hostEntry').includes(entry.alias)) await this.ports.hostEntries.remove(entry.alias);
      for (const path of idsOf(record, 'identityFile')) await this.ports.identities.remove(path);
    },
  };

  /** What is left on a machine that can be reached is put right there (core/deploy/stacks/cutOff); here are those that cannot. */
  readonly #releases: Step<Remains> = {
    name: 'releases',
    title: 'Look for deployments that were cut off',
    when: ({ record }) => idsOf(record, 'remoteFolder').length > 0,
    onFailure: 'keep',
    run: ({ record }, io) => {
      const [left] = record.created.filter(({ kind }) => kind === 'remoteFolder');
      if (record.machineKey !== undefined && this.#isGone(record.accountId)) {
        io.log(`The machine does not exist any more, and with it ${left?.label ?? 'the release'}.`);
        return Promise.resolve();
      }
      throw new SkylabError(`A deployment was cut off, and its release may serve in part: ${left?.label ?? ''}.`, {
        next: 'Deploy its folder again, which looks what is there, finishes it and tidies up; then choose “Leave It” here.',
        code: 'DeploymentCutOff',
      });
    },
  };

  readonly #settle: Step<Remains> = {
    name: 'settle',
    title: 'Note that it is done',
    run: ({ record }) => this.operations.settle(record.id),
  };

  /** The account was listed, and whoever asks did not find the machine in it. */
  #isGone(accountId: string | undefined): boolean {
    return accountId !== undefined && this.machines.status(accountId).state === 'loaded';
  }

  /** Clouds without elastic addresses may refuse the question; a launch that asked for none left none. */
  async #ownAddresses(remains: Remains): Promise<readonly ElasticAddress[]> {
    const noted = idsOf(remains.record, 'address');
    const account = this.#account(remains.record);
    if (!capabilitiesOf(account).addresses && noted.length === 0) return [];
    const all = await (await this.ports.resources(account)).listAddresses();
    return all.filter((a) => isOurs(remains, a.tags) || noted.includes(a.allocationId) || noted.includes(a.publicIp));
  }

  #cloud({ record }: Remains) {
    return this.ports.providers.for(this.#account(record));
  }

  #account(record: LedgerRecord): Account {
    const id = record.accountId ?? record.created.find((r) => r.accountId !== undefined)?.accountId ?? '';
    const account = this.accounts.get(id);
    if (account !== undefined) return account;
    const left = record.created.map((r) => r.label).join(', ');
    throw new SkylabError(`The account of “${record.title}” is no longer in Skylab, so this cannot be removed: ${left}.`, {
      next: 'Add the account again and repeat, or remove it in the cloud’s console.',
      code: 'NoSuchAccount',
    });
  }
}

function isOurs({ launchId }: Remains, tags: Readonly<Record<string, string>>): boolean {
  return launchId !== undefined && tags[TAG.launch] === launchId;
}

function idsOf(record: LedgerRecord, kind: CreatedResource['kind']): readonly string[] {
  return record.created.filter((r) => r.kind === kind).map((r) => r.id);
}

function idOf(record: LedgerRecord, kind: CreatedResource['kind']): string | undefined {
  return idsOf(record, kind)[0];
}
