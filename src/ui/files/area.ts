import type { Area } from '../area';
import type { Ui } from '../ui';

export function filesArea(_ui: Ui): Area {
  return { commands: {}, disposables: [] };
}
