import type { Area } from '../area';
import type { Ui } from '../ui';

export function resourcesArea(ui: Ui): Area {
  void ui;
  return { commands: {}, disposables: [] };
}
