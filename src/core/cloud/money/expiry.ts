import { endOf as dueOf } from '../../../shared/launchCost';
import type { Expiry } from '../../../shared/launchMore';
import type { Instance, Machine, MachineKey } from '../model';
import type { Memento } from '../ports';

/** The tags that tell when a machine ends, so that every window knows it without asking the machine. */
export const END_TAG = {
  /** ISO 8601, or `never` after it was called off. */
  due: 'skylab:expires',
  /** `stop` or `terminate`. */
  action: 'skylab:expires-action',
  /** Minutes of disuse; 0 for none. */
  idle: 'skylab:idle',
} as const;

/** How a machine ends by itself. At least one of `due` and `idleMinutes` is there. */
export interface MachineEnd {
  /** Milliseconds since the epoch. */
  readonly due?: number;
  readonly idleMinutes?: number;
  readonly action: Expiry['action'];
}

const NEVER = 'never';

/** How long a machine that was started after its end goes on; the script on the machine keeps to the same. Milliseconds. */
export const GRACE_MS = 3_600_000;

/** @param launchedAt milliseconds since the epoch, from which hours count @returns undefined where nothing ends it */
export function endOf(expiry: Expiry | undefined, launchedAt: number): MachineEnd | undefined {
  return expiry && made(dueOf(expiry, launchedAt), expiry.idleMinutes, expiry.action);
}

/** The tags of a machine's end; `undefined` writes that it was called off. */
export function endTags(end: MachineEnd | undefined): Readonly<Record<string, string>> {
  if (end === undefined) return { [END_TAG.due]: NEVER, [END_TAG.idle]: '0' };
  return {
    [END_TAG.due]: end.due === undefined ? NEVER : new Date(end.due).toISOString(),
    [END_TAG.action]: end.action,
    [END_TAG.idle]: String(end.idleMinutes ?? 0),
  };
}

/** When a machine ends, by its tags. A machine that was started after its end has an hour from its start. */
export function readEnd({ tags, launchedAt }: Pick<Instance, 'tags' | 'launchedAt'>): MachineEnd | undefined {
  const due = Date.parse(tags[END_TAG.due] ?? '');
  const moved = due <= launchedAt ? launchedAt + GRACE_MS : due;
  return made(moved, Number(tags[END_TAG.idle]), tags[END_TAG.action] === 'terminate' ? 'terminate' : 'stop');
}

/** Machines that were given have no tags: what was set on them from this computer is remembered here. */
const GIVEN_ENDS = 'skylab.givenEnds';

/** When a machine ends, as far as it is known without asking the machine. */
export function knownEnd(machine: Machine, memento: Pick<Memento, 'get'>): MachineEnd | undefined {
  return machine.kind === 'instance' ? readEnd(machine.instance) : givenEnds(memento)[machine.key];
}

/** Remembers (or, with undefined, forgets) what was set on a machine that was given. */
export async function keepGivenEnd(memento: Memento, key: MachineKey, end: MachineEnd | undefined): Promise<void> {
  const others = Object.entries(givenEnds(memento)).filter(([other]) => other !== key);
  await memento.set(GIVEN_ENDS, Object.fromEntries(end === undefined ? others : [...others, [key, end]]));
}

function givenEnds(memento: Pick<Memento, 'get'>): Readonly<Record<string, MachineEnd>> {
  return memento.get<Readonly<Record<string, MachineEnd>>>(GIVEN_ENDS) ?? {};
}

function made(due: number | undefined, idleMinutes: number | undefined, action: Expiry['action']): MachineEnd | undefined {
  const ends = due !== undefined && due > 0;
  const idles = idleMinutes !== undefined && idleMinutes > 0;
  if (!ends && !idles) return undefined;
  return { ...(ends ? { due } : {}), ...(idles ? { idleMinutes } : {}), action };
}
