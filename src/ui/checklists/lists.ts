import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Checklist } from '../../core/checklists/model';
import { readChecklist } from '../../core/checklists/read';
import type { Schema } from '../../core/cloud/specs/schema';
import { SkylabError } from '../../core/errors';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

const GLOB = '**/checklists/*.{yaml,yml}';
const IS_LIST = /\/checklists\/[^/]+\.ya?ml$/;

async function textOf(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open?.getText() ?? Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
}

/** @throws SkylabError `BadChecklist` with the place */
export async function openList(ui: Ui, uri: vscode.Uri): Promise<Checklist> {
  const schema = JSON.parse(await textOf(vscode.Uri.joinPath(ui.extensionUri, 'schemas', 'checklist.schema.json'))) as Schema;
  return readChecklist(await textOf(uri), schema, vscode.workspace.asRelativePath(uri));
}

/** Those that ship with Skylab. */
async function shipped(ui: Ui): Promise<readonly { readonly label: string; readonly description: string; readonly value: vscode.Uri }[]> {
  const folder = vscode.Uri.joinPath(ui.extensionUri, 'media', 'checklists');
  const names = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name).sort();
  return Promise.all(
    names.map(async (name) => {
      const value = vscode.Uri.joinPath(folder, name);
      return { label: `$(checklist) ${(await openList(ui, value)).title}`, description: l10n.t('of Skylab’s'), value };
    }),
  );
}

/** The list that a command was called on, or the person's choice among the workspace's and Skylab's. */
export async function chooseList(ui: Ui, arg: unknown): Promise<vscode.Uri> {
  if (arg instanceof vscode.Uri && IS_LIST.test(arg.path)) return arg;
  const items = async () => {
    const own = await vscode.workspace.findFiles(GLOB, '**/node_modules/**', 100);
    return [
      ...own.map((value) => ({ label: `$(checklist) ${vscode.workspace.asRelativePath(value)}`, description: '', value })),
      ...(await shipped(ui)),
    ];
  };
  return ask(l10n.t('Go through a checklist')).pick({ placeholder: l10n.t('Which one?'), items: items() });
}

/** Copies one of Skylab's lists into the workspace, where it is changed and kept with the project. */
export async function newList(ui: Ui): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder === undefined) throw new SkylabError('No folder is open.', { next: 'Open the folder of your project first.' });
  const from = await ask(l10n.t('New checklist')).pick({ placeholder: l10n.t('Which one to begin with?'), items: shipped(ui) });
  const into = vscode.Uri.joinPath(folder.uri, 'checklists', from.path.split('/').at(-1) ?? 'checklist.yaml');
  const there = await vscode.workspace.fs.stat(into).then(
    () => true,
    () => false,
  );
  if (!there) await vscode.workspace.fs.copy(from, into);
  await vscode.window.showTextDocument(into);
}
