import type { Area } from '../area';
import type { Ui } from '../ui';

export function machineActsArea(ui: Ui): Area {
  void ui;
  return { commands: {}, disposables: [] };
}
