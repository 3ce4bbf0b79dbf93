import { randomUUID } from 'node:crypto';
import type { Log } from '../../log';
import type { Operation, Operations } from '../../operations/operations';
import type { Step, StepIo } from '../../operations/step';
import type { MachineAccess } from '../../ssh/access';
import type { HostEntryStore, IdentityFiles } from '../../ssh/ports';
import type { Machines } from '../machines';
import type { Account, MachineKey } from '../model';
import type { CloudProviders, PublicAddress } from '../ports';
import { TAG, tagValue } from '../tags';
import { removeMade } from './made';
import type { CloudResources, ResourcesOf } from './ports';

export interface ResourcePorts {
  readonly machines: Machines;
  readonly operations: Operations;
  readonly resources: ResourcesOf;
  readonly providers: CloudProviders;
  readonly publicAddress: PublicAddress;
  readonly identities: IdentityFiles;
  readonly hostEntries: HostEntryStore;
  readonly access: Pick<MachineAccess, 'session' | 'release'>;
  readonly log: Log;
}

/** How acts sign what they make, and how often they look. */
export interface ActSettings {
  /** The local user, for the owner tag; empty for no tag. */
  readonly owner: string;
  readonly version: string;
  /** Milliseconds between two looks at something that is changing. */
  readonly pollMs: number;
}

/** What the steps of one act share. */
export interface Act {
  readonly account: Account;
  /** Stands in the act tag of whatever it makes, and is the client token where the cloud takes one. */
  readonly token: string;
  readonly pollMs: number;
  readonly cloud: () => Promise<CloudResources>;
  /** For what it makes, with the name. */
  readonly tags: (name: string) => Readonly<Record<string, string>>;
}

export type ActSteps = readonly Step<Act>[];

/** Starts acts on an account's resources as operations. */
export class Acts {
  constructor(
    readonly ports: ResourcePorts,
    private readonly settings: () => Partial<ActSettings>,
  ) {}

  /** The local user, by whom things and rules are signed. */
  get owner(): string {
    return this.settings().owner ?? '';
  }

  /** @param machineKey of the machine on whose row the progress shows */
  start(account: Account, title: string, steps: ActSteps, machineKey?: MachineKey): Operation {
    const { owner = '', version = '0', pollMs = 1_500 } = this.settings();
    const token = randomUUID();
    const context: Act = {
      account,
      token,
      pollMs,
      cloud: () => this.ports.resources(account),
      tags: (name) => ({
        ...(name === '' ? {} : { [TAG.name]: tagValue(name) }),
        [TAG.act]: token,
        [TAG.version]: version,
        ...(owner === '' ? {} : { [TAG.owner]: tagValue(owner) }),
      }),
    };
    return this.ports.operations.start<Act>({
      kind: 'task',
      title,
      accountId: account.id,
      ...(machineKey === undefined ? {} : { machineKey }),
      steps,
      context,
    });
  }
}

/**
 * A step that makes something: its tag is on the ledger before the cloud is asked, and what carries the tag is removed when the act is
 * canceled or fails later on.
 */
export function makingStep(step: Pick<Step<Act>, 'name' | 'title' | 'run'>): Step<Act> {
  const noted = ({ token, account }: Act) => ({ kind: 'actToken' as const, id: token, accountId: account.id, label: step.title });
  return {
    name: step.name,
    title: step.title,
    run: async (act, io) => {
      await io.created(noted(act));
      await step.run(act, io);
    },
    undo: async (act, io: StepIo) => {
      await removeMade(await act.cloud(), act.token, io, act.pollMs);
      await io.forgotten(noted(act));
    },
  };
}
