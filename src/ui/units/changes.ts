import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { isTemplate } from '../../core/units/names';
import type { AfterInstall } from '../../core/units/units';
import type { UnitFile } from '../../core/units/verify';
import { unitOfPath } from '../../core/units/verify';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { followOperation } from './commands';
import type { UnitDraft } from './findings';
import { remarks, showFindings } from './findings';
import type { UnitsBranch } from './unitsBranch';

/** What changes of unit files work with. */
export interface UnitsUi {
  readonly ui: Ui;
  readonly branch: UnitsBranch;
  /** What machines say of unit files that are open. */
  readonly found: vscode.DiagnosticCollection;
}

let shownChanges = 0;

/** Asks the machine's systemd about files, and shows what it says in the editor. @throws SkylabError where it refuses one */
export async function check({ ui, found }: UnitsUi, machine: Machine, drafts: readonly UnitDraft[]): Promise<string> {
  const units = await ui.services.units();
  const findings = await busy(l10n.t('Asking systemd on {0}', machine.name), (signal) => units.verify(machine, drafts, signal));
  showFindings(found, drafts, findings);
  const error = findings.find(({ severity }) => severity === 'error');
  if (error === undefined) return remarks(findings);
  throw new SkylabError(`systemd on ${machine.name} refuses ${error.path ?? drafts[0]?.path ?? ''}: ${error.message}`, {
    next: 'Nothing was changed there.',
    code: 'UnitRefused',
  });
}

/**
 * Shows a change of one file side by side and makes it when the person says so.
 * @param remark what systemd says of it
 * @throws CancelledError when the person does not want it
 */
export async function offerChange(units: UnitsUi, machine: Machine, file: UnitFile, before: string, remark: string): Promise<void> {
  const { ui } = units;
  const unit = unitOfPath(file.path);
  const title = l10n.t('Proposed change of {0} on {1}', file.path, machine.name);
  shownChanges += 1;
  await ui.documents.showChange(title, `${shownChanges}/${file.path}`, before, file.text);
  const install = l10n.t('Install');
  const restart = l10n.t('Install and Restart');
  const question = l10n.t('Install {0} on {1} as shown?', file.path, machine.name);
  const answer = await vscode.window.showInformationMessage(
    [question, remark].filter((part) => part !== '').join(' '),
    ...(isTemplate(unit) ? [] : [restart]),
    install,
    l10n.t('Cancel'),
  );
  await closeChange(title);
  if (answer !== install && answer !== restart) throw new CancelledError();
  await installFiles(units, machine, [file], { enable: [], restart: answer === restart ? [unit] : [] });
}

/** Installs files. What was installed stays where the unit does not start with it; the way back is offered then. */
export async function installFiles(units: UnitsUi, machine: Machine, files: readonly UnitFile[], after: AfterInstall): Promise<void> {
  const { ui, branch } = units;
  const operation = (await ui.services.units()).install(machine, files, after);
  const done = await followOperation(ui, branch, machine, operation);
  const installed = operation.view.steps.some(({ name, state }) => name === 'install' && state === 'done');
  if (!installed) throw new CancelledError();
  const [file] = files;
  if (done || file === undefined) return;
  const kept = await (await ui.services.units()).versions(machine, file.path);
  if (kept.length === 0) return;
  const restore = l10n.t('Restore Previous…');
  ui.notifications.tell(l10n.t('{0} is installed on {1}, and does not run. What it was before is kept.', file.path, machine.name), [
    { label: restore, act: () => offerVersions(units, machine, file.path) },
  ]);
}

/** Lets the person choose among the earlier versions of a file, shows the difference, and puts one back. */
export async function offerVersions(units: UnitsUi, machine: Machine, path: string): Promise<void> {
  const { ui } = units;
  const service = await ui.services.units();
  const [now, kept] = await busy(l10n.t('Asking {0}', machine.name), (signal) =>
    Promise.all([service.read(machine, path, signal), service.versions(machine, path, signal)]),
  );
  if (kept.length === 0) {
    throw new SkylabError(`${machine.name} keeps no earlier version of ${path}.`, {
      next: 'One is kept whenever Skylab replaces or removes a unit.',
      code: 'NoVersion',
    });
  }
  const items = kept.map(({ replacedAt, text }) => ({
    label: new Date(replacedAt).toLocaleString(vscode.env.language),
    description: text === now.text ? l10n.t('as it is now') : l10n.t('until then'),
    text,
  }));
  const options = { title: l10n.t('Earlier versions of {0}', path), placeHolder: l10n.t('Which one is to be put back?') };
  const chosen = await vscode.window.showQuickPick(items, options);
  if (chosen === undefined) throw new CancelledError();
  if (chosen.text === now.text) {
    vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Nothing to change.')}`, 4000);
    return;
  }
  await offerChange(units, machine, { path, text: chosen.text }, now.text ?? '', '');
}

async function closeChange(title: string): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ label, input }) => label === title && input instanceof vscode.TabInputTextDiff);
  await vscode.window.tabGroups.close(tabs);
}
