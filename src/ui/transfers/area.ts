import type { Area } from '../area';
import type { Ui } from '../ui';

export function transfersArea(_ui: Ui): Area {
  return { commands: {}, disposables: [] };
}
