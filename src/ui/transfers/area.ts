import type { Area } from '../area';
import type { Ui } from '../ui';
import { syncCommands } from './sync';

/** Transfers to machines: pairs of folders that are synced, what runs and what has ended. */
export function transfersArea(ui: Ui): Area {
  return { commands: syncCommands(ui), disposables: [] };
}
