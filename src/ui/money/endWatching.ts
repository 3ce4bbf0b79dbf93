import * as vscode from 'vscode';
import { EndWatch } from '../../core/cloud/money/endWatch';
import { knownEnd } from '../../core/cloud/money/expiry';
import { allMachines } from '../commands/choose';
import { isReachable } from '../model/machineRow';
import type { Ui } from '../ui';

/** Account id -> when the next of its machines ends, in milliseconds since the epoch: known to windows that have listed nothing yet. */
const NEXT_ENDS = 'skylab.nextEnds';
const EVERY_MS = 60_000;
/** From when on a window lists an account that it has not shown. */
const SOON_MS = 31 * 60_000;

/** Looks once a minute which machines end soon, by what is known of them without asking, and tells. */
export function watchEnds(ui: Ui): vscode.Disposable {
  const { accounts, machines, memento } = ui.services;
  const watch = new EndWatch();
  const nextEnds = (): Readonly<Record<string, number>> => memento.get<Readonly<Record<string, number>>>(NEXT_ENDS) ?? {};
  const remember = (now: number): void => {
    const known = nextEnds();
    const listed = accounts.list().filter(({ id }) => machines.status(id).state === 'loaded');
    const found = listed.flatMap(({ id }) => {
      const dues = machines.of(id).flatMap((machine) => (isReachable(machine) ? (knownEnd(machine, memento)?.due ?? []) : []));
      const next = Math.min(...dues.filter((due) => due > now));
      return Number.isFinite(next) ? [[id, next] as const] : [];
    });
    const others = Object.entries(known).filter(
      ([id, due]) => due > now && accounts.get(id) !== undefined && !listed.some((one) => one.id === id),
    );
    const next = Object.fromEntries([...others, ...found]);
    if (JSON.stringify(next) !== JSON.stringify(known)) void ui.errors.run(() => memento.set(NEXT_ENDS, next));
  };
  const look = (): void => {
    const now = Date.now();
    for (const [id, due] of Object.entries(nextEnds()))
      if (due > now && due - now < SOON_MS && accounts.get(id) !== undefined && machines.status(id).state === 'idle')
        void machines.refresh(id);
    remember(now);
    for (const warning of watch.look(allMachines(ui).filter(isReachable), (one) => knownEnd(one, memento), now))
      void ui.errors.run(async () => (await import('./endWarning')).warnOnce(ui, warning));
  };
  const timer = setInterval(look, EVERY_MS);
  return new vscode.Disposable(() => clearInterval(timer));
}
