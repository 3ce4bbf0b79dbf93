import { isCancelled, sentenceOf, SkylabError } from '../../errors';
import type { Operation, Operations } from '../../operations/operations';
import type { StepIo } from '../../operations/step';
import type { Account, Instance, InstanceState, Machine } from '../model';
import type { CloudProvider } from '../ports';
import { capabilitiesOf } from '../capabilities';
import { namesOf, notedName } from '../names/name';
import { namingOf, type Naming } from '../names/naming';
import { removeAccess } from '../removal';
import { duration, waitFor } from '../waiting';
import { addressOf } from '../launchRun';
import { leftoversOf, lookAround, removeLeftovers, taken, takesAny, type Leftovers, type TakeAlong } from './leftovers';
import { instanceOf, type LifeSteps } from './lifeSteps';

export type BulkAct =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'terminate'; readonly also?: TakeAlong }
  | { readonly kind: 'tag'; readonly tags: Readonly<Record<string, string>> };

export interface BulkFailure {
  readonly machine: Machine;
  readonly error: Error;
}

/** An act on many machines that goes on; `failed` grows while it does. */
export interface BulkRun {
  readonly operation: Operation;
  readonly failed: readonly BulkFailure[];
}

/** What would stay behind in one account. */
export interface AccountLeftovers {
  readonly account: Account;
  readonly leftovers: Leftovers;
}

/** States in which an act makes sense; others are left out before anything is asked of the cloud. */
const FROM: Readonly<Record<BulkAct['kind'], readonly InstanceState[]>> = {
  start: ['stopped'],
  stop: ['running', 'pending'],
  reboot: ['running'],
  terminate: ['running', 'pending', 'stopping', 'stopped'],
  tag: ['running', 'pending', 'stopping', 'stopped'],
};

/** Where an act ends; undefined where the cloud's answer is the end. */
const TO: Readonly<Record<BulkAct['kind'], InstanceState | undefined>> = {
  start: 'running',
  stop: 'stopped',
  reboot: undefined,
  terminate: 'terminated',
  tag: undefined,
};

/** What is shown until the cloud tells. */
const MEANWHILE: Readonly<Record<BulkAct['kind'], InstanceState | undefined>> = {
  start: 'pending',
  stop: 'stopping',
  reboot: undefined,
  terminate: 'shutting-down',
  tag: undefined,
};

const VERB: Readonly<Record<BulkAct['kind'], string>> = {
  start: 'Start',
  stop: 'Stop',
  reboot: 'Reboot',
  terminate: 'Terminate',
  tag: 'Tag',
};

const PAST: Readonly<Record<BulkAct['kind'], string>> = {
  start: 'started',
  stop: 'stopped',
  reboot: 'rebooted',
  terminate: 'terminated',
  tag: 'tagged',
};

const WAIT_MS = 10 * 60_000;

/** The machines of a choice that an act can be done to. */
export function fitFor(kind: BulkAct['kind'], machines: readonly Machine[]): readonly Machine[] {
  return machines.filter((machine) => machine.kind === 'instance' && FROM[kind].includes(machine.instance.state));
}

/**
 * "2 of 3 machines were stopped. ada: its state does not allow it. …", three machines named at most.
 * @param stays sentences about what did not go along
 */
export function summary(kind: BulkAct['kind'], count: number, failed: readonly BulkFailure[], stays: readonly string[] = []): string {
  const were = count - failed.length === 1 ? 'was' : 'were';
  const head = `${count - failed.length} of ${count} machines ${were} ${PAST[kind]}.`;
  const named = failed.slice(0, 3).map(({ machine, error }) => `${machine.name}: ${sentenceOf(error)}`);
  const more = failed.length > 3 ? [`${failed.length - 3} more did not work out.`] : [];
  const left = stays.length > 3 ? [...stays.slice(0, 3), `${stays.length - 3} more things stay.`] : stays;
  return [head, ...named, ...more, ...left].join(' ');
}

/** One act on many machines, of several accounts even: one call for all of an account where the cloud takes it. */
export class BulkActs {
  constructor(
    private readonly life: LifeSteps,
    private readonly operations: Operations,
  ) {}

  /** What would stay behind if all of these were terminated. @throws SkylabError */
  async previewTerminate(machines: readonly Machine[]): Promise<readonly AccountLeftovers[]> {
    return Promise.all(
      [...byAccount(machines)].map(async ([id, group]) => {
        const account = this.life.machines.accountOf(id);
        const around = await lookAround(account, this.life.ports);
        return { account, leftovers: await leftoversOf(group.map(instanceOf), around, this.life.ports) };
      }),
    );
  }

  /** Starts at once. @param machines those that `fitFor` names */
  run(act: BulkAct, machines: readonly Machine[]): BulkRun {
    const failed: BulkFailure[] = [];
    const also = act.kind === 'terminate' && act.also !== undefined && takesAny(act.also) ? act.also : undefined;
    const around = new Map<string, Awaited<ReturnType<typeof lookAround>>>();
    const stays: string[] = [];
    const accounts = byAccount(machines);
    const going = new Map<string, Machine>(machines.map((machine) => [machine.key, machine]));
    const fail = (machine: Machine, error: unknown): void => {
      going.delete(machine.key);
      failed.push({ machine, error: error instanceof Error ? error : new Error(sentenceOf(error)) });
    };
    const [only] = accounts.keys();
    const operation = this.operations.start({
      kind: 'lifecycle',
      title: `${VERB[act.kind]} ${machines.length} machines`,
      ...(accounts.size === 1 && only !== undefined ? { accountId: only } : {}),
      context: undefined,
      steps: [
        {
          name: 'names',
          title: 'Remove their DNS names',
          when: () => act.kind === 'terminate' && machines.some((machine) => this.#named(machine)),
          run: async (_context, io) => {
            // While their addresses are still known. A name that stays is told, and is no reason to keep a machine.
            for (const machine of machines.filter((one) => this.#named(one)))
              await this.#name(machine, io, async (naming, account, instance) => {
                await naming.remove(account, instance, io);
              });
          },
        },
        {
          name: 'look',
          title: 'See what belongs to them',
          when: () => also !== undefined,
          run: async () => {
            for (const id of accounts.keys()) around.set(id, await lookAround(this.life.machines.accountOf(id), this.life.ports));
          },
        },
        {
          name: 'ask',
          title: `Ask the cloud to ${VERB[act.kind].toLowerCase()} ${machines.length} machines`,
          run: async (_context, io) => {
            await Promise.all([...accounts].map(([id, group]) => this.#ask(act, id, group, fail, io)));
          },
        },
        {
          name: 'wait',
          title: `Wait until they are ${PAST[act.kind]}`,
          when: () => TO[act.kind] !== undefined && going.size > 0,
          run: async (_context, io) => {
            await Promise.all([...byAccount([...going.values()])].map(([id, group]) => this.#wait(act.kind, id, group, fail, io)));
          },
        },
        {
          name: 'after',
          title: act.kind === 'terminate' ? 'Remove the ssh entries and host keys' : 'Put the new addresses into the ssh entries',
          when: () => (act.kind === 'terminate' || act.kind === 'start') && going.size > 0,
          run: async (_context, io) => {
            for (const machine of going.values()) {
              if (act.kind === 'terminate') await this.#forget(instanceOf(machine));
              else await this.#follow(this.life.machines.get(machine.key) ?? machine, io);
            }
          },
        },
        {
          name: 'leftovers',
          title: 'Remove what would stay behind',
          when: () => also !== undefined && going.size > 0,
          run: async (_context, io) => {
            for (const [id, group] of byAccount([...going.values()])) {
              const known = around.get(id);
              if (known === undefined || also === undefined) continue;
              // Only of those that are gone: what a machine that stayed uses, stays.
              const left = taken(await leftoversOf(group.map(instanceOf), known, this.life.ports), also);
              stays.push(...(await removeLeftovers(this.life.machines.accountOf(id), left, this.life.ports, io)));
            }
          },
        },
        {
          name: 'sum',
          title: 'Look at how it ended',
          run: (_context, io) => {
            for (const { machine, error } of failed) io.log(`${machine.name}: ${sentenceOf(error)}`);
            for (const sentence of stays) io.log(sentence);
            if (failed.length + stays.length === 0) return Promise.resolve();
            return Promise.reject(new SkylabError(summary(act.kind, machines.length, failed, stays), { code: 'PartlyFailed' }));
          },
        },
      ],
    });
    return { operation, failed };
  }

  async #ask(
    act: BulkAct,
    accountId: string,
    machines: readonly Machine[],
    fail: (machine: Machine, error: unknown) => void,
    io: StepIo,
  ): Promise<void> {
    const account = this.life.machines.accountOf(accountId);
    const cloud = await this.life.ports.providers.for(account);
    const asked = (group: readonly Machine[]): void => {
      const now = MEANWHILE[act.kind];
      const tags = act.kind === 'tag' ? act.tags : {};
      this.life.machines.upsert(
        group.map((machine): Instance => {
          const instance = this.#current(machine);
          return { ...instance, ...(now === undefined ? {} : { state: now }), tags: { ...instance.tags, ...tags } };
        }),
      );
    };
    const ids = machines.map((machine) => instanceOf(machine).id);
    try {
      await call(cloud, act, ids);
      asked(machines);
      return;
    } catch (error) {
      if (isCancelled(error)) throw error;
      if (machines.length === 1 || isAboutAll(error)) {
        for (const machine of machines) fail(machine, error);
        return;
      }
      io.log(`${account.name} would not do it for all at once: ${sentenceOf(error)} Each is asked for alone.`);
    }
    for (const machine of machines) {
      try {
        await call(cloud, act, [instanceOf(machine).id]);
        asked([machine]);
      } catch (error) {
        if (isCancelled(error)) throw error;
        fail(machine, error);
      }
    }
  }

  async #wait(
    kind: BulkAct['kind'],
    accountId: string,
    machines: readonly Machine[],
    fail: (machine: Machine, error: unknown) => void,
    io: StepIo,
  ): Promise<void> {
    const cloud = await this.life.ports.providers.for(this.life.machines.accountOf(accountId));
    const wanted = TO[kind];
    let left = machines;
    await waitFor(
      async () => {
        const found = await cloud.describeInstances(
          left.map((machine) => instanceOf(machine).id),
          io.signal,
        );
        this.life.machines.upsert(found);
        const states = new Map(found.map((instance) => [instance.id, instance.state]));
        left = left.filter((machine) => {
          const state = states.get(instanceOf(machine).id) ?? 'terminated';
          if (state === wanted) return false;
          if (state !== 'terminated') return true;
          fail(machine, new SkylabError(`${machine.name} was terminated meanwhile.`, { code: 'NoSuchInstance' }));
          return false;
        });
        io.report(`${machines.length - left.length} of ${machines.length}`, (machines.length - left.length) / machines.length);
        return left.length === 0 ? true : undefined;
      },
      {
        signal: io.signal,
        everyMs: this.life.settings.pollMs,
        timeoutMs: WAIT_MS,
        onTimeout: () =>
          new SkylabError(`${left.map(({ name }) => name).join(', ')} did not get there within ${duration(WAIT_MS)}.`, {
            next: 'Look at them again in a while.',
            code: 'NotYet',
          }),
      },
    );
  }

  async #forget(instance: Instance): Promise<void> {
    await removeAccess(this.life.ports, instance.id);
    await this.life.settleLaunch(instance);
  }

  #current(machine: Machine): Instance {
    const known = this.life.machines.get(machine.key);
    return known?.kind === 'instance' ? known.instance : instanceOf(machine);
  }

  #named(machine: Machine): boolean {
    const instance = instanceOf(machine);
    return capabilitiesOf(this.life.machines.accountOf(instance.accountId)).dns && namesOf(instance).length > 0;
  }

  /** Does something with a machine's DNS name; what fails goes to the log. */
  async #name(machine: Machine, io: StepIo, act: (naming: Naming, account: Account, instance: Instance) => Promise<void>): Promise<void> {
    const naming = namingOf(this.life.ports);
    const instance = instanceOf(machine);
    if (naming === undefined) return;
    try {
      await act(naming, this.life.machines.accountOf(instance.accountId), instance);
    } catch (error) {
      if (isCancelled(error)) throw error;
      io.log(`${machine.name}: its DNS name is as it was: ${sentenceOf(error)}`);
    }
  }

  async #follow(machine: Machine, io: StepIo): Promise<void> {
    const instance = instanceOf(machine);
    const entry = await this.life.entryOf(instance);
    const hostName = addressOf(instance);
    if (entry !== undefined && hostName !== undefined && entry.hostName !== hostName)
      await this.life.ports.hostEntries.upsert({ ...entry, hostName });
    if (notedName(instance.tags) === undefined) return;
    await this.#name(machine, io, async (naming, account) => {
      const plan = await naming.outdated(account, instance, io);
      if (plan !== undefined) this.life.machines.upsert([(await naming.point(account, plan, instance)).instance]);
    });
  }
}

function call(cloud: CloudProvider, act: BulkAct, ids: readonly string[]): Promise<void> {
  switch (act.kind) {
    case 'tag':
      return cloud.setTags(ids, act.tags);
    default:
      return cloud[act.kind](ids);
  }
}

/** Trouble that does not come from one of the machines: asking for each alone would only repeat it. */
function isAboutAll(error: unknown): boolean {
  const codes = ['BadKey', 'SessionExpired', 'NoCredentials', 'EndpointUnreachable', 'WrongRegion', 'Throttled', 'CloudFailure'];
  return error instanceof SkylabError && error.code !== undefined && codes.includes(error.code);
}

function byAccount(machines: readonly Machine[]): ReadonlyMap<Account['id'], readonly Machine[]> {
  const groups = new Map<string, Machine[]>();
  for (const machine of machines) {
    const { accountId } = instanceOf(machine);
    groups.set(accountId, [...(groups.get(accountId) ?? []), machine]);
  }
  return groups;
}
