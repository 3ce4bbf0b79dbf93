import type { Operation } from '../../operations/operations';
import type { Step } from '../../operations/step';
import { aliasFor } from '../../ssh/alias';
import type { SshAlias } from '../../ssh/model';
import type { InstanceType, Machine, SecurityGroup } from '../model';
import { TAG } from '../tags';
import { instanceOf, type Act, type LifeSteps } from './lifeSteps';
import type { InstanceAttributes } from './ports';

/** An ssh name that was made from a machine's name, and what it becomes with another. */
export interface AliasChange {
  readonly from: SshAlias;
  readonly to: SshAlias;
}

/** Tags to put on (new, or with another value) and names of those to take off. */
export interface TagChange {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Changes of one machine that outlast a start: name, tags, size, groups, protection. Each is an operation. */
export class MachineChanges {
  constructor(private readonly life: LifeSteps) {}

  /** Asks the cloud; two calls. @throws SkylabError */
  async attributes(machine: Machine, signal?: AbortSignal): Promise<InstanceAttributes> {
    return (await this.life.actsOn(machine)).attributes(instanceOf(machine).id, signal);
  }

  hibernate(machine: Machine): Operation {
    const hibernate: Step<Act> = {
      name: 'hibernate',
      title: 'Write the memory to the disk',
      run: async (act) => {
        await (await act.acts()).hibernate([act.instance.id]);
        this.life.learnt(act, { ...act.instance, state: 'stopping' });
      },
    };
    return this.life.act(machine, 'Hibernate', [hibernate, this.life.waitStopped()]);
  }

  setProtection(machine: Machine, on: boolean): Operation {
    return this.life.act(machine, on ? 'Protect' : 'Take the protection off', [
      {
        name: 'protection',
        title: on ? 'Turn termination protection on' : 'Turn termination protection off',
        run: async (act) => (await act.acts()).setProtection(act.instance.id, on),
      },
    ]);
  }

  setShutdownBehavior(machine: Machine, what: 'stop' | 'terminate'): Operation {
    return this.life.act(machine, 'Set what a shutdown does to', [
      {
        name: 'shutdown',
        title: what === 'stop' ? 'A shutdown from inside stops it' : 'A shutdown from inside terminates it',
        run: async (act) => (await act.acts()).setShutdownBehavior(act.instance.id, what),
      },
    ]);
  }

  setGroups(machine: Machine, groups: readonly SecurityGroup[]): Operation {
    return this.life.act(machine, 'Change the security groups of', [
      {
        name: 'groups',
        title: 'Change the security groups',
        run: async (act, io) => {
          const ids = groups.map(({ id }) => id);
          await (await act.acts()).setGroups(act.instance.id, ids);
          this.life.learnt(act, { ...act.instance, securityGroups: groups.map(({ id, name }) => ({ id, name })) });
          io.log(groups.map(({ name }) => name).join(', '));
        },
      },
    ]);
  }

  setTags(machine: Machine, change: TagChange): Operation {
    return this.life.act(machine, 'Change the tags of', [
      {
        name: 'tags',
        title: 'Change the tags',
        run: async (act) => {
          if (Object.keys(change.set).length > 0) await (await act.cloud()).setTags([act.instance.id], change.set);
          await (await act.acts()).removeTags([act.instance.id], change.remove);
          const kept = Object.entries(act.instance.tags).filter(([name]) => !change.remove.includes(name));
          this.life.learnt(act, { ...act.instance, tags: { ...Object.fromEntries(kept), ...change.set } });
        },
      },
    ]);
  }

  /** What the machine's ssh name would become; undefined where it has none, or has one that was not made from its name. */
  async aliasAfterRename(machine: Machine, name: string): Promise<AliasChange | undefined> {
    const entries = await this.life.ports.hostEntries.list();
    const entry = entries.find(({ hostKeyAlias }) => hostKeyAlias === instanceOf(machine).id);
    if (entry === undefined || !madeFrom(entry.alias, machine.name)) return undefined;
    const others = entries.filter((one) => one !== entry).map(({ alias }) => alias as string);
    const to = aliasFor(name, new Set([...others, ...(await this.life.ports.hostEntries.takenNames())]));
    return to === entry.alias ? undefined : { from: entry.alias, to };
  }

  rename(machine: Machine, name: string, alias?: AliasChange): Operation {
    const { hostEntries } = this.life.ports;
    const move = async (from: SshAlias, to: SshAlias): Promise<void> => {
      const entry = (await hostEntries.list()).find((one) => one.alias === from);
      if (entry === undefined) return;
      await hostEntries.upsert({ ...entry, alias: to });
      await hostEntries.remove(from);
    };
    const tagged = async (act: Act, to: string): Promise<void> => {
      await (await act.cloud()).setTags([act.instance.id], { [TAG.name]: to });
      this.life.learnt(act, { ...act.instance, name: to, tags: { ...act.instance.tags, [TAG.name]: to } });
    };
    return this.life.act(machine, 'Rename', [
      { name: 'name', title: 'Change its name', run: (act) => tagged(act, name), undo: (act) => tagged(act, machine.name) },
      {
        name: 'alias',
        title: 'Change the ssh name',
        when: () => alias !== undefined,
        run: async (_act, io) => {
          if (alias === undefined) return;
          await move(alias.from, alias.to);
          io.log(`ssh ${alias.to} instead of ssh ${alias.from}`);
        },
        undo: async () => {
          if (alias !== undefined) await move(alias.to, alias.from);
        },
      },
    ]);
  }

  /**
   * Gives the machine another size. A running one is stopped and started, and gets another address; where the new size is refused or
   * cannot be had, it goes back to what it was.
   */
  resize(machine: Machine, type: string): Operation {
    const { state, type: before } = instanceOf(machine);
    const running = state === 'running';
    const restart = this.life.start(() => running);
    return this.life.act(machine, 'Resize', [
      {
        name: 'stop',
        title: 'Stop the machine',
        when: () => running,
        run: async (act, io) => {
          await this.life.end(act);
          await this.life.until(act, 'stopped', io);
        },
        undo: async (act, io) => {
          if (act.instance.state === 'running') return;
          await this.life.until(act, 'stopped', io);
          await this.life.begin(act);
          await this.life.until(act, 'running', io);
          await this.life.followAddress(act, io);
        },
      },
      {
        name: 'type',
        title: `Make it a ${type}`,
        run: async (act) => {
          await (await act.acts()).setType(act.instance.id, type);
          this.life.learnt(act, { ...act.instance, type });
        },
        undo: async (act, io) => {
          if (act.instance.type === before) return;
          if (act.instance.state !== 'stopped') {
            await this.life.until(act, 'running', io);
            await this.life.end(act);
            await this.life.until(act, 'stopped', io);
          }
          await (await act.acts()).setType(act.instance.id, before);
          this.life.learnt(act, { ...act.instance, type: before });
        },
      },
      // Once it runs in its new size, that stays whatever comes after.
      ...restart.map((step): Step<Act> => (step.name === 'ssh' || step.name === 'sshEntry' ? { ...step, onFailure: 'keep' } : step)),
    ]);
  }
}

/** Whether an ssh name is the one that the machine's name gives, or that with a number where it was taken. */
function madeFrom(alias: SshAlias, name: string): boolean {
  const base = aliasFor(name, new Set());
  return alias === base || (alias.startsWith(`${base}-`) && /^\d+$/.test(alias.slice(base.length + 1)));
}

/** Sizes that a machine can be given: of its processor's kind. Its own is among them. */
export function typesFitting(machine: Machine, types: readonly InstanceType[]): readonly InstanceType[] {
  const { architecture, type } = instanceOf(machine);
  const wanted = architecture ?? types.find((one) => one.name === type)?.architectures[0];
  return wanted === undefined ? types : types.filter((one) => one.architectures.includes(wanted));
}

/** Tags that a person edits; the name has a command of its own, and those of the cloud and of Skylab are not theirs. */
export function editableTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => name !== TAG.name && !isReserved(name)));
}

const isReserved = (name: string): boolean => /^(aws|skylab):/i.test(name);

/** What is wrong with a tag's name, by EC2's rules; undefined when it will do. */
export function tagNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'Type a name.';
  if (name.length > 128) return 'A tag’s name has at most 128 characters.';
  if (name === TAG.name) return 'The name is changed by “Rename”.';
  return isReserved(name) ? 'Names that begin with aws: or skylab: are taken.' : undefined;
}

export function tagValueProblem(value: string): string | undefined {
  return value.length > 256 ? 'A tag’s value has at most 256 characters.' : undefined;
}
