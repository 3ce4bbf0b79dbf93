import { l10n } from 'vscode';
import type { ListedApp } from '../../core/apps/list';
import { listApps } from '../../core/apps/list';
import { siteUrl } from '../../core/apps/switch';
import type { Machine } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import { chooseMachine } from '../commands/choose';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

/** An application on its machine. */
export interface ChosenApp {
  readonly machine: Machine;
  readonly app: ListedApp;
}

/** What a command is for: the only application of the machine, or the person's choice. @throws SkylabError where there is none */
export async function chooseApp(ui: Ui, arg: unknown, title: string): Promise<ChosenApp> {
  const machine = await chooseMachine(ui, arg, title);
  const { upkeep } = await ui.services.upkeep();
  const apps = await busy(l10n.t('Asking {0}', machine.name), (signal) => upkeep.look(machine, listApps, signal));
  const [only] = apps;
  if (!only) {
    throw new SkylabError(`${machine.name} runs no application of Skylab’s.`, {
      code: 'NoApps',
      next: 'Deploy one with “Deploy Application…”.',
    });
  }
  if (apps.length === 1) return { machine, app: only };
  const items = apps.map((value) => ({ label: `$(globe) ${value.name}`, description: describe(value), value }));
  return { machine, app: await ask(title).pick({ placeholder: l10n.t('Which application?'), items }) };
}

/** Its state in words, and where it answers: `running · https://site.example.org`. */
export function describe(app: ListedApp): string {
  return [stateText(app), siteUrl(app.serving.app)].join(' · ');
}

function stateText({ maintenance, units }: ListedApp): string {
  if (maintenance) return l10n.t('maintenance page');
  const down = units.filter(({ state }) => state !== 'active').map(({ name, state }) => `${name} ${state}`);
  return down.length === 0 ? l10n.t('running') : down.join(', ');
}
