import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Schema } from '../../core/cloud/specs/schema';
import { readSpec, SPEC_FILE, type ReadSpec } from '../../core/cloud/specs/specFile';
import { CancelledError, SkylabError } from '../../core/errors';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { SPEC_GLOB } from './pattern';

let schema: Promise<Schema> | undefined;

/** The schema that ships with Skylab. */
export function specSchema(ui: Ui): Promise<Schema> {
  schema ??= (async () => {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(ui.extensionUri, 'schemas', 'skylab-launch.schema.json'));
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Schema;
  })();
  return schema;
}

/** The spec file that a command is for: the one that it was called on, the open one, or the person's choice. @throws CancelledError */
export async function chooseSpecFile(arg: unknown): Promise<vscode.Uri> {
  if (arg instanceof vscode.Uri) return arg;
  const open = vscode.window.activeTextEditor?.document.uri;
  if (open !== undefined && SPEC_FILE.test(open.path)) return open;
  const browse = Symbol('browse');
  const items = async () => {
    const found = await vscode.workspace.findFiles(SPEC_GLOB, '**/node_modules/**', 200);
    return [
      ...found.map((value) => ({ label: `$(rocket) ${vscode.workspace.asRelativePath(value)}`, value })),
      { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, value: browse },
    ];
  };
  const chosen = await ask(l10n.t('Launch from a spec')).pick<vscode.Uri | symbol>({ placeholder: l10n.t('Which spec?'), items: items() });
  if (chosen instanceof vscode.Uri) return chosen;
  const picked = await vscode.window.showOpenDialog({
    title: l10n.t('Launch from a spec'),
    filters: { [l10n.t('Launch specs')]: ['yaml', 'yml'] },
  });
  const file = picked?.[0];
  if (file === undefined) throw new CancelledError();
  return file;
}

/** Reads a spec file as it stands in the editor. @throws SkylabError with line and column of the first problem */
export async function openSpec(ui: Ui, uri: vscode.Uri): Promise<{ readonly document: vscode.TextDocument; readonly read: ReadSpec }> {
  const document = await vscode.workspace.openTextDocument(uri);
  const read = readSpec(document.getText(), await specSchema(ui));
  const [first] = read.problems.filter(({ severity }) => severity === 'error');
  if (first === undefined) return { document, read };
  const { line, column } = read.position(first.start);
  const where = vscode.workspace.asRelativePath(uri);
  throw new SkylabError(`${where}:${line}:${column}: ${first.message}`, {
    next: 'Correct the file and try again.',
    code: 'BadSpec',
    remedies: uri.scheme === 'file' ? [{ kind: 'openFile', path: uri.fsPath, line }] : [],
  });
}
