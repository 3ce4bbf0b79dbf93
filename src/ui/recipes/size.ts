import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError } from '../../core/errors';
import { shortcomings } from '../../core/recipes/fit';
import type { MachineSize } from '../../core/recipes/fit';
import type { Recipe } from '../../core/recipes/model';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

/** Says before anything is made where a machine is too small for a recipe. @throws CancelledError when the person then leaves it */
export async function mustFit(ui: Ui, recipe: Recipe, machine: Machine): Promise<void> {
  const found = shortcomings(recipe.needs, await sizeOf(ui, machine));
  if (found.length === 0) return;
  const title = l10n.t('{0} may be too small for {1}', machine.name, recipe.title);
  const goOn = await ask(title).pick({
    placeholder: found.join(' '),
    items: [
      { label: `$(close) ${l10n.t('Leave it')}`, detail: found.join(' '), value: false },
      {
        label: `$(arrow-right) ${l10n.t('Go on all the same')}`,
        detail: l10n.t('It may run out of memory or space, and stop.'),
        value: true,
      },
    ],
  });
  if (!goOn) throw new CancelledError();
}

async function sizeOf(ui: Ui, machine: Machine): Promise<MachineSize> {
  const { machineSize } = await import('../../core/recipes/machineSize');
  return busy(l10n.t('Asking {0} what it has', machine.name), async (signal) => {
    const session = await ui.services.access.session(machine, signal);
    return session.run(machineSize, { signal });
  });
}
