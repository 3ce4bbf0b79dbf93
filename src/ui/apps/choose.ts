import { l10n } from 'vscode';
import type { ListedApp } from '../../core/apps/list';
import { listApps } from '../../core/apps/list';
import { siteUrl } from '../../core/apps/switch';
import type { Machine } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import { chooseMachine } from '../commands/choose';
import { appPlaceOf } from '../deployments/place';
import type { AppPlace } from '../deployments/place';
import { appStateText } from '../model/appRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';

/** An application on its machine. */
export interface ChosenApp {
  readonly machine: Machine;
  readonly app: ListedApp;
  /** The id of the release on whose row the command was called. */
  readonly release?: string;
}

/** The row of an application, or of a part of it. */
export const appPlaceOfRow = (arg: unknown): AppPlace | undefined =>
  isNode(arg) && arg.kind === 'branch' && arg.branch === 'deployments' ? appPlaceOf(arg.path) : undefined;

/**
 * What a command is for: the application of the row it was called on, the only one of the machine, or the person's choice. The machine is
 * asked anew, since others work on it too.
 * @throws SkylabError where there is none
 */
export async function chooseApp(ui: Ui, arg: unknown, title: string): Promise<ChosenApp> {
  const machine = await chooseMachine(ui, arg, title);
  const { upkeep } = await ui.services.upkeep();
  const apps = await busy(l10n.t('Asking {0}', machine.name), (signal) => upkeep.look(machine, listApps, signal));
  const place = appPlaceOfRow(arg);
  if (place) {
    const app = apps.find(({ name }) => name === place.name);
    if (app) return { machine, app, ...(place.kind === 'appRelease' ? { release: place.id } : {}) };
    throw new SkylabError(`${place.name} is not on ${machine.name} any more.`, { next: 'Somebody may have removed it; refresh the list.' });
  }
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
  return [appStateText(app, l10n), siteUrl(app.serving.app)].join(' · ');
}
