import type { Area } from '../area';
import { lazily } from '../commands/registry';
import { commandsOf } from '../ids';
import type { Ui } from '../ui';

/** Applications that run on machines themselves, from releases of a repository. Everything is loaded with the first use. */
export function appsArea(ui: Ui): Area {
  return { commands: lazily(commandsOf('skylab.app.'), async () => (await import('./commands')).appCommands(ui)), disposables: [] };
}
