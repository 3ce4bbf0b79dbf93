import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { ReleaseComparison } from '../../core/deploy/stacks/compare';
import type { Stacks } from '../../core/deploy/stacks/stacks';
import type { Container } from '../../core/docker/containers';
import { CancelledError, SkylabError } from '../../core/errors';
import { runThere } from '../commands/connect';
import { releasedAt } from '../model/appRow';
import { releaseRow } from '../model/stackRow';
import { busy } from '../notifications';
import { mustBe } from '../commands/choose';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import type { DeploymentsBranch } from './branch';
import type { Chosen } from './choose';
import { chooseService, stackOf, surveyOf } from './choose';
import { follow } from './commands';

/** The Compose file as it runs, read-only. */
export async function showConfig(ui: Ui, { machine, name }: Chosen, stacks: Stacks): Promise<void> {
  const text = await busy(l10n.t('Asking {0}', machine.name), (signal) => stacks.config(machine, name, signal));
  await ui.documents.showText(`${name} on ${machine.name}.yaml`, text);
}

/** All that Docker says of a container, read-only. */
export async function showContainer(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, stacks: Stacks): Promise<void> {
  const { machine } = chosen;
  const container = await chooseContainer(ui, branch, chosen, l10n.t('Inspect'));
  const text = await busy(l10n.t('Asking {0}', machine.name), (signal) => stacks.inspect(machine, container.id, signal));
  await ui.documents.showText(`${container.name} on ${machine.name}.json`, text);
}

/** A terminal in a container. */
export async function openShell(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, stacks: Stacks): Promise<void> {
  const { machine } = chosen;
  const container = await chooseContainer(ui, branch, chosen, l10n.t('Open terminal in container'));
  if (container.state !== 'running') {
    throw new SkylabError(`${container.name} is not running, so there is nothing to type into.`, { next: 'Start it first.' });
  }
  const line = await busy(l10n.t('Looking for a shell in {0}', container.name), (signal) =>
    stacks.shellLine(machine, container.name, signal),
  );
  await runThere(ui, machine, line);
}

async function chooseContainer(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, title: string): Promise<Container> {
  const survey = await surveyOf(ui, branch, chosen.machine);
  const project = [...survey.stacks, ...survey.others].find(({ name }) => name === chosen.name);
  const service = chosen.owned === 'own' ? await chooseService(ui, branch, chosen, title) : chosen.service;
  const containers = project?.services.find(({ name }) => name === service)?.containers ?? [];
  const named = containers.find(({ id }) => id === chosen.container);
  const [only] = containers;
  if (!only) throw new SkylabError(`${service ?? chosen.name} has no container now.`, { next: 'Start it first.' });
  if (named ?? containers.length === 1) return named ?? only;
  const items = containers.map((value) => ({ label: `$(server-process) ${value.name}`, description: value.state, value }));
  return ask(title).pick({ placeholder: l10n.t('Choose a container'), items });
}

/** Goes back to a release, after showing what that changes. */
export async function rollBack(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, stacks: Stacks): Promise<void> {
  const { machine, name } = chosen;
  const title = l10n.t('Roll {0} on {1} back', name, machine.name);
  const release = chosen.release ?? (await chooseRelease(ui, branch, chosen, title));
  const differences = await busy(l10n.t('Comparing the releases of {0}', name), (signal) => stacks.compare(machine, name, release, signal));
  const roll = l10n.t('Roll Back');
  const show = l10n.t('Show Differences');
  const detail = [
    differencesText(differences),
    l10n.t('Its containers are started anew: the site is away for a moment. If they do not get well, what serves now comes back.'),
    l10n.t('Volumes and data are not rolled back.'),
  ].join('\n\n');
  const question = l10n.t('Roll {0} on {1} back to the release of {2}?', name, machine.name, timeOf(release));
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, roll, show);
  if (answer === show) {
    await showDifferences(ui, name, release, differences);
    return;
  }
  mustBe(answer, roll);
  await follow(ui, stacks.rollBack(machine, name, release));
}

/** Shows how a release differs from the current one. */
export async function compare(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, stacks: Stacks): Promise<void> {
  const { machine, name } = chosen;
  const release = chosen.release ?? (await chooseRelease(ui, branch, chosen, l10n.t('Show differences')));
  const differences = await busy(l10n.t('Comparing the releases of {0}', name), (signal) => stacks.compare(machine, name, release, signal));
  await showDifferences(ui, name, release, differences);
}

/** When a release was made, as its row says it. */
function timeOf(id: string): string {
  const at = releasedAt(id);
  if (Number.isNaN(at)) return id;
  return releaseRow({ id, madeAt: at, current: false }, vscode.env.language, Date.now(), l10n).label;
}

async function chooseRelease(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, title: string): Promise<string> {
  const { releases } = await stackOf(ui, branch, chosen);
  const older = releases.filter(({ current }) => !current);
  if (older.length === 0) {
    ui.notifications.tell(l10n.t('{0} has no other release to go to: the next deployment makes one.', chosen.name), []);
    throw new CancelledError();
  }
  const items = older.map((release) => {
    const row = releaseRow(release, vscode.env.language, Date.now(), l10n);
    return { label: `$(package) ${row.label}`, description: row.description, value: release.id };
  });
  return ask(title).pick({ placeholder: l10n.t('Choose a release'), items });
}

function differencesText({ files, images }: ReleaseComparison): string {
  const names = files.slice(0, 8).map(({ path }) => path);
  const more = files.length > names.length ? l10n.t('and {0} more', files.length - names.length) : '';
  const list = [...names, more].filter((part) => part !== '').join(', ');
  const changed = files.length === 0 ? l10n.t('No file differs.') : l10n.t('Files that differ: {0}.', list);
  if (images.current.length + images.other.length === 0) return changed;
  return `${changed}\n${l10n.t('Images: {0} → {1}.', images.current.join(', ') || '–', images.other.join(', ') || '–')}`;
}

async function showDifferences(ui: Ui, name: string, release: string, { files }: ReleaseComparison): Promise<void> {
  if (files.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No file of that release differs from the current one.'));
    return;
  }
  const changes = files.map(({ path, current, other }) => ({ name: path, before: current ?? '', after: other ?? '' }));
  await ui.documents.showChanges(l10n.t('{0}: current release ↔ {1}', name, timeOf(release)), changes);
}
