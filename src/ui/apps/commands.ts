import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { removeApp, rollBackApp, switchMaintenance } from '../../core/apps/acts';
import { deployApp } from '../../core/apps/deploy';
import { followLogs } from '../../core/apps/logs';
import { APP_FILE } from '../../core/apps/model';
import { short, siteUrl } from '../../core/apps/switch';
import { CancelledError, SkylabError } from '../../core/errors';
import { chooseMachine } from '../commands/choose';
import type { LogFollower } from '../commands/logFollower';
import type { Handlers } from '../commands/registry';
import { openSite } from '../deployments/openSite';
import { ask } from '../quick/wizard';
import type { CommandId } from '../ids';
import { releasedAt } from '../model/appRow';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';
import type { ChosenApp } from './choose';
import { appPlaceOfRow, chooseApp, describe } from './choose';
import { explain } from './explain';
import { chooseAppFolder, readAppFolder } from './folder';

export function appCommands(ui: Ui, followers: LogFollower): Handlers {
  const on = (title: string, act: (chosen: ChosenApp) => unknown) => async (arg: unknown) =>
    act(isChosen(arg) ? arg : await chooseApp(ui, arg, title));
  return {
    'skylab.app.deploy': async (arg, key) => deploy(ui, arg, key),
    'skylab.app.deployAgain': async (arg) => deploy(ui, arg, undefined),
    'skylab.app.explain': on(l10n.t('Explain 502, 503 and 504'), (chosen) => explain(ui, chosen)),
    'skylab.app.logs': on(l10n.t('Logs of application'), (chosen) => follow(ui, followers, chosen)),
    'skylab.app.maintenance': on(l10n.t('Maintenance page'), (chosen) => setMaintenance(ui, chosen, !chosen.app.maintenance)),
    'skylab.app.maintenanceOff': on(l10n.t('Maintenance page off'), (chosen) => setMaintenance(ui, chosen, false)),
    'skylab.app.maintenanceOn': on(l10n.t('Maintenance page on'), (chosen) => setMaintenance(ui, chosen, true)),
    'skylab.app.manage': on(l10n.t('Applications'), (chosen) => manage(chosen)),
    'skylab.app.openSite': on(l10n.t('Open site'), ({ app }) => openSite(siteUrl(app.serving.app))),
    'skylab.app.remove': on(l10n.t('Remove application'), (chosen) => remove(ui, chosen)),
    'skylab.app.rollBack': on(l10n.t('Roll application back'), (chosen) => rollBack(ui, chosen)),
    'skylab.app.stopLogs': () => followers.stopAll(),
  };
}

/** What `manage` hands on, so that the machine is not asked again. */
const isChosen = (arg: unknown): arg is ChosenApp => typeof arg === 'object' && arg !== null && 'app' in arg && 'machine' in arg;

/** @param on true puts the page up, false takes it away */
function setMaintenance(ui: Ui, { machine, app }: ChosenApp, on: boolean): Promise<boolean> {
  // "… on" before "on machine" reads badly
  const title = on ? l10n.t('Put up the maintenance page of {0}', app.name) : l10n.t('Take away the maintenance page of {0}', app.name);
  return runTask(ui, machine, { ...switchMaintenance(app, on), title });
}

/** Called on a folder or its file, on a machine or an application of it, or from the palette. @param onto the key of the machine, where that is settled */
async function deploy(ui: Ui, arg: unknown, onto: unknown): Promise<void> {
  const name = isChosen(arg) ? arg.app.name : appPlaceOfRow(arg)?.name;
  const title = name === undefined ? l10n.t('Deploy application') : l10n.t('Deploy {0} again', name);
  const given = isChosen(arg) ? { kind: 'machine', key: arg.machine.key } : arg;
  const uri = await chooseAppFolder(given, title, name);
  const { folder, key } = await readAppFolder(ui, uri);
  const { app } = folder;
  if (name !== undefined && app.name !== name) {
    throw new SkylabError(`${uri.fsPath} is the folder of ${app.name}, not of ${name}.`, {
      next: `Choose the one whose ${APP_FILE} says name: ${name}, or deploy ${app.name} with “Deploy Application…”.`,
    });
  }
  const where = l10n.t('Deploy {0} to…', app.name);
  const row = typeof onto === 'string' ? { kind: 'machine', key: onto } : given instanceof vscode.Uri ? undefined : given;
  const machine = await chooseMachine(ui, row, where, { alwaysAsk: true });
  const open = { label: l10n.t('Open Site'), act: () => openSite(siteUrl(app)) };
  await runTask(ui, machine, deployApp(folder, key), { next: [open] });
}

/** One application and everything that can be done with it. */
async function manage(chosen: ChosenApp): Promise<void> {
  const { machine, app } = chosen;
  const { release } = app.serving;
  const item = (icon: string, label: string, description: string, value: CommandId) => ({
    label: `$(${icon}) ${label}`,
    description,
    value,
  });
  const command = await ask(l10n.t('{0} on {1}', app.name, machine.name)).pick({
    placeholder: `${describe(app)} · ${short(release.commit)} “${release.subject}”`,
    items: [
      item('rocket', l10n.t('Deploy…'), l10n.t('shows first what would change'), 'skylab.app.deploy'),
      item('globe', l10n.t('Open Site'), siteUrl(app.serving.app), 'skylab.app.openSite'),
      item('output', l10n.t('Follow Logs'), l10n.t('gunicorn, workers and web server'), 'skylab.app.logs'),
      item('question', l10n.t('Explain 502, 503 and 504'), l10n.t('asks the site, and says what is wrong'), 'skylab.app.explain'),
      item('history', l10n.t('Roll Back…'), l10n.t('{0} releases are kept', app.releases.length), 'skylab.app.rollBack'),
      app.maintenance
        ? item('debug-continue', l10n.t('Maintenance Page Off'), '', 'skylab.app.maintenance')
        : item('debug-pause', l10n.t('Maintenance Page On'), '', 'skylab.app.maintenance'),
      item('trash', l10n.t('Remove…'), l10n.t('with its data or without'), 'skylab.app.remove'),
    ],
  });
  await vscode.commands.executeCommand(command, chosen);
}

async function rollBack(ui: Ui, { machine, app, release: wanted }: ChosenApp): Promise<void> {
  const others = app.releases.filter(({ release }) => release.id !== app.serving.release.id);
  if (others.length === 0) {
    const only = l10n.t('{0} has no other release on {1}: the next deployment makes one.', app.name, machine.name);
    ui.notifications.tell(`${only} ${l10n.t('An older commit can be named at source.ref.')}`, []);
    return;
  }
  const items = others.map((value) => ({
    label: `$(history) ${short(value.release.commit)} ${value.release.subject}`,
    description: timeOf(value.release.id),
    value,
  }));
  const title = l10n.t('Roll {0} on {1} back', app.name, machine.name);
  const chosen =
    others.find(({ release }) => release.id === wanted) ??
    (await ask(title).pick({ placeholder: l10n.t('Which release is to serve again?'), items }));
  const open = { label: l10n.t('Open Site'), act: () => openSite(siteUrl(chosen.app)) };
  await runTask(ui, machine, rollBackApp(chosen), { next: [open] });
}

function timeOf(id: string): string {
  const time = releasedAt(id);
  return Number.isNaN(time) ? id : new Date(time).toLocaleString(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' });
}

async function follow(ui: Ui, followers: LogFollower, { machine, app }: ChosenApp): Promise<void> {
  const name = l10n.t('{0} on {1}', app.name, machine.name);
  await followers.follow(name, async (signal) =>
    (await ui.services.access.session(machine, signal)).start(followLogs(app, 100), { signal }),
  );
}

async function remove(ui: Ui, { machine, app }: ChosenApp): Promise<void> {
  const keep = l10n.t('Remove, Keep Data');
  const all = l10n.t('Remove with Data');
  const detail = l10n.t(
    'Its units, its site and its releases are taken off the machine. Its data is what people have uploaded, files of databases, and dumps.',
  );
  const title = l10n.t('Remove {0} from {1}?', app.name, machine.name);
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, keep, all);
  if (answer === undefined) throw new CancelledError();
  if (answer === all) {
    const sure = l10n.t('Delete the Data');
    const question = l10n.t('Delete the data of {0} too?', app.name);
    const text = l10n.t('This cannot be undone.');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail: text }, sure)) !== sure) throw new CancelledError();
  }
  await runTask(ui, machine, removeApp(app, answer === all));
}
