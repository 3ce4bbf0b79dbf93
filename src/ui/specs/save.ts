import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { RecentLaunches } from '../../core/cloud/specs/recent';
import { SPEC_FILE, updateSpec, writeSpec, type SpecNames } from '../../core/cloud/specs/specFile';
import { CancelledError, SkylabError } from '../../core/errors';
import { aliasFor } from '../../core/ssh/alias';
import { parseSpec, type LaunchSpec } from '../../shared/launchSpec';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

/** The spec that a command is for: the one it was given, or one of the recent launches. @throws SpecRefused, CancelledError */
export async function chooseSpec(ui: Ui, arg: unknown, title: string): Promise<LaunchSpec> {
  if (typeof arg === 'object' && arg !== null && 'instanceType' in arg) return parseSpec(arg);
  const recent = new RecentLaunches(ui.services.memento).list();
  if (recent.length === 0)
    throw new SkylabError('Nothing was launched yet.', { next: 'Launch a machine with the form first.', code: 'NoLaunch' });
  const items = recent.map(({ spec, at }) => ({
    label: `$(history) ${spec.name}`,
    description: `${spec.instanceType} · ${ui.services.accounts.get(spec.accountId)?.name ?? spec.accountId}`,
    detail: new Date(at).toLocaleString(),
    value: spec,
  }));
  return ask(title).pick({ placeholder: l10n.t('Which launch?'), items });
}

/** Saves a launch as a file; a spec file that is there keeps its comments. */
export async function saveSpec(ui: Ui, arg: unknown): Promise<void> {
  const spec = await chooseSpec(ui, arg, l10n.t('Save launch as spec'));
  const uri = await chooseTarget(spec);
  const names = await namesOf(ui, spec);
  const before = await textOf(uri);
  const after = before === undefined ? writeSpec(spec, names) : updateSpec(before, spec, names);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(after, 'utf8'));
  const editor = await vscode.window.showTextDocument(uri);
  const doubtful = secretLine(after);
  if (doubtful === undefined) return;
  const range = editor.document.lineAt(doubtful).range;
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range);
  void vscode.window.showWarningMessage(l10n.t('Line {0} looks like a secret: whoever gets this file sees it.', doubtful + 1));
}

/** What looks like a password or a key; from 0. Public keys are none. */
function secretLine(text: string): number | undefined {
  const secret = /\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key)\b\s*[=:]\s*\S/i;
  const line = text.split('\n').findIndex((one) => !/^\s*#(?!!)/.test(one) && secret.test(one));
  return line < 0 ? undefined : line;
}

async function chooseTarget(spec: LaunchSpec): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `${aliasFor(spec.name, new Set())}.skylab.yaml`;
  const picked = await vscode.window.showSaveDialog({
    title: l10n.t('Save launch as spec'),
    saveLabel: l10n.t('Save Spec'),
    filters: { [l10n.t('Launch specs')]: ['yaml', 'yml'] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (picked === undefined) throw new CancelledError();
  // Without the ending, the editor would not know what it is.
  if (SPEC_FILE.test(picked.path)) return picked;
  return picked.with({ path: `${picked.path.slice(0, picked.path.length - path.posix.extname(picked.path).length)}.skylab.yaml` });
}

async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    throw error;
  }
}

/** Names for the spec's ids. */
async function namesOf(ui: Ui, spec: LaunchSpec): Promise<SpecNames> {
  const { accounts, homeDir } = ui.services;
  const account = accounts.need(spec.accountId);
  const launcher = await ui.services.launcher();
  const options = await launcher.options(account.id);
  const image = options.images.find(({ id }) => id === spec.imageId);
  return {
    account: account.name,
    groups: new Map(options.securityGroups.map((group) => [group.id, group.name])),
    homeDir,
    ...(image === undefined ? {} : { image: `${image.label}, ${image.architecture}, in ${account.region} (${image.name})` }),
  };
}
