import type { Area } from '../area';
import type { Ui } from '../ui';

export function specsArea(ui: Ui): Area {
  void ui;
  return { commands: {}, disposables: [] };
}
