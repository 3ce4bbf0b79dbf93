import type { Machine } from '../model';
import type { MachineEnd } from './expiry';

/** Minutes before the end at which a person in the editor is told. */
const WARN_MINUTES = [10, 30] as const;

/** What there is to say: this machine ends within so many minutes. */
export interface EndWarning {
  readonly machine: Machine;
  readonly end: MachineEnd & { readonly due: number };
  /** The same in all windows, and for no other warning. */
  readonly id: string;
}

/**
 * Tells which ends are near, each once per step (30 and 10 minutes before) and end: a machine that was given more time is told of anew.
 */
export class EndWatch {
  /** Machine key -> what was told of which end: `<due> <minutes>`. */
  readonly #told = new Map<string, string>();

  /** @param now milliseconds since the epoch @returns what to say now */
  look(machines: readonly Machine[], endOf: (machine: Machine) => MachineEnd | undefined, now: number): readonly EndWarning[] {
    return machines.flatMap((machine) => {
      const end = endOf(machine);
      if (end?.due === undefined || end.due <= now) return [];
      const step = WARN_MINUTES.find((minutes) => end.due !== undefined && end.due - now <= minutes * 60_000);
      const said = `${end.due} ${step ?? ''}`;
      if (step === undefined || this.#told.get(machine.key) === said) return [];
      this.#told.set(machine.key, said);
      return [{ machine, end: { ...end, due: end.due }, id: `${machine.key} ${said}` }];
    });
  }
}
