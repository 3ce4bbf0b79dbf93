import type { Area } from '../area';
import type { Ui } from '../ui';

export function cloudsArea(ui: Ui): Area {
  void ui;
  return { commands: {}, disposables: [] };
}
