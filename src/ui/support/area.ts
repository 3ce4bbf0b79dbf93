import type { Area } from '../area';
import type { Ui } from '../ui';

/** What helps somebody else to help. */
export function supportArea(ui: Ui): Area {
  return {
    commands: {
      'skylab.supportBundle': async () => (await import('./saveBundle')).saveBundle(ui),
    },
    disposables: [],
  };
}
