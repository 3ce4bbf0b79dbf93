import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import type { UnitRow } from '../../core/units/listing';
import { isTemplate, unitNameProblem, unitTypeOf } from '../../core/units/names';
import { hardening } from '../../core/units/security';
import { chooseMachine, mustBe } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import type { Pick } from '../quick/wizard';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import type { UnitsUi } from './changes';
import { check, installFiles, offerVersions } from './changes';
import { chooseUnits } from './choose';
import { followOperation } from './commands';
import type { UnitDraft } from './findings';
import { unitAddress } from './unitAddress';

/** What is done to unit files: on machines from their rows, and to files of this computer. */
export function unitFileCommands(units: UnitsUi): Handlers {
  const { ui, branch } = units;
  const on =
    (title: string, act: (machine: Machine, unit: UnitRow) => Promise<unknown>, wanted?: (unit: UnitRow) => boolean) =>
    async (arg: unknown): Promise<void> => {
      const { machine, units: chosen } = await chooseUnits(ui, branch, arg, undefined, title, wanted);
      if (chosen[0]) await act(machine, chosen[0]);
    };
  const own = (unit: UnitRow): boolean => unit.own;
  return {
    'skylab.unit.change': on(l10n.t('Change service'), (machine, unit) => change(machine, unit)),
    'skylab.unit.edit': on(l10n.t('Edit unit'), (machine, { name }) => open(machine, name), own),
    'skylab.unit.install': async (arg, all) => install(units, await draftsFor(arg, all)),
    'skylab.unit.remove': on(l10n.t('Remove unit'), (machine, unit) => remove(units, machine, unit), own),
    'skylab.unit.removeChange': on(
      l10n.t('Remove change'),
      (machine, unit) => removeChange(units, machine, unit),
      ({ dropIns }) => dropIns.length > 0,
    ),
    'skylab.unit.restore': on(l10n.t('Restore previous unit'), (machine, { name }) => offerVersions(units, machine, name), own),
    'skylab.unit.security': on(
      l10n.t('Security of service'),
      (machine, unit) => security(ui, machine, unit),
      ({ name }) => unitTypeOf(name) === 'service' && !isTemplate(name),
    ),
    'skylab.unit.show': on(l10n.t('Show unit file'), (machine, { name }) => show(ui, machine, name)),
    'skylab.unit.verify': async (arg, all) => {
      const drafts = await draftsFor(arg, all);
      const machine = await chooseMachine(ui, undefined, l10n.t('Check unit'));
      const remark = await check(units, machine, drafts);
      const rated = await ratings(ui, machine, drafts);
      const names = drafts.map(({ path }) => path).join(', ');
      if (remark === '')
        void vscode.window.showInformationMessage(l10n.t('systemd on {0} has nothing to say against {1}. {2}', machine.name, names, rated));
      else void vscode.window.showWarningMessage(`${names}: ${remark}`);
    },
  };
}

/** "Exposure 4.1 OK", for the services among the files, where the machine's systemd can tell. */
async function ratings(ui: Ui, machine: Machine, drafts: readonly UnitDraft[]): Promise<string> {
  const service = await ui.services.units();
  const rated = drafts.filter(({ path }) => unitTypeOf(path) === 'service');
  const found = await Promise.all(rated.map((one) => service.rating(machine, one)));
  return found
    .flatMap((rating, i) => (rating === '' ? [] : [l10n.t('Exposure of {0}: {1} of 10.', rated[i]?.path ?? '', rating.toLowerCase())]))
    .join(' ');
}

async function open(machine: Machine, path: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(unitAddress(machine.key, path));
  return vscode.window.showTextDocument(document, { preview: false });
}

/** Shows all that makes up a unit: its file and the changes of it. */
async function show(ui: Ui, machine: Machine, name: string): Promise<void> {
  const service = await ui.services.units();
  const { whole } = await busy(l10n.t('Reading {0}', name), (signal) => service.read(machine, name, signal));
  if (whole.trim() === '') throw new SkylabError(`${name} has no file on ${machine.name}.`, { code: 'NoUnitFile' });
  await ui.documents.showText(name, whole);
}

/** Opens a change of a unit: a file of its own beside the unit, which stays as it is. */
async function change(machine: Machine, { name, dropIns }: UnitRow): Promise<void> {
  const title = l10n.t('Change {0}', name);
  const fresh = dropIns.includes('override.conf') ? 'skylab.conf' : 'override.conf';
  const items: Pick<string>[] = [
    ...dropIns.map((file) => ({ label: `$(edit) ${file}`, value: file })),
    { label: `$(add) ${l10n.t('New change')}`, description: fresh, value: fresh },
  ];
  const placeholder = l10n.t('The unit stays as it is; what stands in a change counts instead.');
  const file = dropIns.length === 0 ? fresh : await ask(title).pick({ placeholder, items });
  await openChange(machine, name, file, dropIns.includes(file) ? undefined : `[${sectionOf(name)}]\n`);
}

/** @param text put into it, not saved yet; undefined leaves it as it is */
async function openChange(machine: Machine, name: string, file: string, text: string | undefined): Promise<void> {
  const editor = await open(machine, `${name}.d/${file}`);
  if (text === undefined || editor.document.getText() !== '') return;
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
}

function sectionOf(name: string): string {
  const type = unitTypeOf(name) ?? 'service';
  return type === 'target' ? 'Unit' : `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}

async function removeChange(units: UnitsUi, machine: Machine, { name, dropIns, active }: UnitRow): Promise<void> {
  const { ui, branch } = units;
  const title = l10n.t('Remove a change of {0}', name);
  const items = dropIns.map((value) => ({ label: value, value }));
  const file = await ask(title).pick({ placeholder: l10n.t('Which change? Its text is kept on the machine.'), items });
  const restarts: Pick<boolean>[] = [
    { label: l10n.t('Restart {0}, too', name), value: true },
    { label: l10n.t('Leave it running as it is'), value: false },
  ];
  const placeholder = l10n.t('Old settings count from the next start on.');
  const restart = active === 'active' && (await ask(title).pick({ placeholder, items: restarts }));
  const operation = (await ui.services.units()).removeChange(machine, `${name}.d/${file}`, restart);
  await followOperation(ui, branch, machine, operation);
}

async function remove(units: UnitsUi, machine: Machine, { name }: UnitRow): Promise<void> {
  const { ui, branch } = units;
  const yes = l10n.t('Remove');
  const detail = l10n.t('It is stopped and does not start at boot any more. Its text is kept on the machine.');
  mustBe(await vscode.window.showWarningMessage(l10n.t('Remove {0} from {1}?', name, machine.name), { modal: true, detail }, yes), yes);
  await followOperation(ui, branch, machine, (await ui.services.units()).remove(machine, [name]));
}

/** What of the machine a service may reach, what adds most first; the settings that an ordinary one does not miss are offered as a change. */
async function security(ui: Ui, machine: Machine, { name }: UnitRow): Promise<void> {
  const service = await ui.services.units();
  const report = await busy(l10n.t('Rating {0}', name), (signal) => service.security(machine, name, signal));
  const safe = hardening(report);
  const count = safe === undefined ? 0 : safe.split('\n').filter((line) => /^\w+=/.test(line)).length;
  const header: Pick<boolean>[] =
    safe === undefined
      ? []
      : [
          {
            label: `$(shield) ${l10n.t('Add the {0} safe settings…', count)}`,
            description: l10n.t('as a change that you see first'),
            value: true,
          },
        ];
  const items = report.items.map(({ setting, description, exposure }) => ({
    label: setting,
    description: `+${exposure.toLocaleString(vscode.env.language)}`,
    detail: description,
    value: false,
  }));
  const score = report.exposure?.toLocaleString(vscode.env.language) ?? '–';
  const placeholder = l10n.t('Exposure {0} of 10 · {1} · 0 is shut in', score, report.rating.toLowerCase());
  const add = await ask(l10n.t('Security of {0} on {1}', name, machine.name)).pick({ placeholder, items: [...header, ...items] });
  if (add && safe !== undefined) await openChange(machine, name, 'hardening.conf', safe);
}

/** The unit files that a command is for: those selected in the explorer, or the one in front. */
async function draftsFor(arg: unknown, all: unknown): Promise<UnitDraft[]> {
  const selected = (Array.isArray(all) ? (all as unknown[]) : [arg]).filter((one): one is vscode.Uri => one instanceof vscode.Uri);
  const front = vscode.window.activeTextEditor?.document.uri;
  const uris = selected.length > 0 ? selected : front === undefined ? [] : [front];
  if (uris.length === 0) throw new SkylabError('There is no unit file in front.', { next: 'Open one, or choose one in the explorer.' });
  const drafts = await Promise.all(uris.map((uri) => draft(uri)));
  const more = await Promise.all(drafts.map((one) => companion(one, drafts)));
  return [...drafts, ...more.flatMap((one) => one ?? [])];
}

async function draft(uri: vscode.Uri): Promise<UnitDraft> {
  const document = await vscode.workspace.openTextDocument(uri);
  const path = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const text = document.getText().replaceAll('\r\n', '\n');
  if (unitNameProblem(path) === undefined) return { uri, path, text: endLine(text) };
  const prompt = l10n.t('The name of the unit on the machine');
  const value = /^\[Timer\]/m.test(text) ? 'my.timer' : 'my.service';
  const named = await ask(l10n.t('Install unit')).input({ prompt, value, validate: unitNameProblem });
  return { uri, path: named, text: endLine(text) };
}

const endLine = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/** What a timer starts, or the timer of a service, where it lies beside it or is open, too. */
async function companion({ uri, path }: UnitDraft, known: readonly UnitDraft[]): Promise<UnitDraft | undefined> {
  const other = path.endsWith('.timer') ? path.replace(/timer$/, 'service') : path.replace(/service$/, 'timer');
  if (other === path || known.some((one) => one.path === other)) return undefined;
  const beside = uri.with({ path: uri.path.replace(/[^/]*$/, other) });
  const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.toString() === beside.toString());
  if (uri.scheme === 'untitled' && !isOpen) return undefined;
  try {
    return await draft(beside);
  } catch {
    // it does not lie there
    return undefined;
  }
}

type After = 'start' | 'boot' | 'nothing';

async function install(units: UnitsUi, drafts: readonly UnitDraft[]): Promise<void> {
  const { ui } = units;
  const names = drafts.map(({ path }) => path).join(', ');
  const machine = await chooseMachine(ui, undefined, l10n.t('Install {0}', names), { alwaysAsk: true });
  const service = await ui.services.units();
  const remark = await check(units, machine, drafts);
  const [there, rated] = await busy(l10n.t('Asking {0}', machine.name), (signal) =>
    Promise.all([Promise.all(drafts.map(({ path }) => service.read(machine, path, signal))), ratings(ui, machine, drafts)]),
  );
  const replaced = drafts.filter((_, i) => there[i]?.text !== undefined && there[i].text !== drafts[i]?.text);
  // a timer starts its service, so that is not started by itself
  const started = drafts
    .map(({ path }) => path)
    .filter((path) => !isTemplate(path) && !drafts.some((one) => one.path === path.replace(/service$/, 'timer') && one.path !== path));
  const enabled = drafts.filter(({ path, text }) => started.includes(path) && /^\[Install\]/m.test(text)).map(({ path }) => path);
  const items: Pick<After>[] = [
    {
      label: `$(play) ${enabled.length > 0 ? l10n.t('Install, start now and at boot') : l10n.t('Install and start')}`,
      description: started.join(', '),
      value: 'start',
    },
    ...(enabled.length > 0 ? [{ label: l10n.t('Install, start at boot'), value: 'boot' as const }] : []),
    { label: l10n.t('Only install'), value: 'nothing' },
  ];
  const warning =
    replaced.length === 0
      ? ''
      : l10n.t('{0} is there already and is replaced; its text is kept.', replaced.map(({ path }) => path).join(', '));
  const placeholder =
    [warning, remark].filter((part) => part !== '').join(' ') || l10n.t('systemd has nothing to say against it. {0}', rated);
  const after = await ask(l10n.t('Install {0} on {1}', names, machine.name)).pick({ placeholder, items });
  const begun = after === 'start' ? started : [];
  try {
    await installFiles(units, machine, drafts, { enable: after === 'nothing' ? [] : enabled, restart: begun });
  } catch (error) {
    // already told
    if (!(error instanceof CancelledError)) throw error;
  }
}
