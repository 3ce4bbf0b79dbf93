import type { Area } from '../area';
import type { Ui } from '../ui';

export function hostsArea(_ui: Ui): Area {
  return { commands: {}, disposables: [] };
}
