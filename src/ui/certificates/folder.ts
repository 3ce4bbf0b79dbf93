import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { stackEdits } from '../../core/certificates/inStack';
import type { ServedStack } from '../../core/certificates/stackSite';
import type { Machine } from '../../core/cloud/model';
import { readDeployments } from '../../core/deploy/remembered';
import { SkylabError } from '../../core/errors';
import type { Ui } from '../ui';

/**
 * The folder that a stack was deployed from says nothing of its new certificate: the next deployment would take it away again.
 * Offers to change the folder in the same way; the files stay open and unsaved, for the person to look at.
 */
export function offerFolder(ui: Ui, machine: Machine, stack: ServedStack, host: string): void {
  const root = readDeployments(ui.services.memento, machine.key).find(({ name }) => name === stack.name)?.root;
  const shows = l10n.t('{0} shows your certificate.', host);
  if (root === undefined) {
    ui.notifications.tell(l10n.t('{0} The folder that {1} is deployed from has to say so too.', shows, stack.name), []);
    return;
  }
  ui.notifications.tell(l10n.t('{0} The next deployment of {1} would take it away again, unless that folder says the same.', shows, root), [
    { label: l10n.t('Change the Folder Too'), act: () => changeFolder(vscode.Uri.file(root), stack, host) },
  ]);
}

async function changeFolder(root: vscode.Uri, stack: ServedStack, host: string): Promise<void> {
  const read = async (path: string) => ({
    path,
    text: (await vscode.workspace.openTextDocument(vscode.Uri.joinPath(root, path))).getText(),
  });
  const there = async (path: string) => read(path).catch(() => undefined);
  const [caddyfile, ...composeFiles] = await Promise.all([
    there(stack.caddyfile.path),
    ...stack.composeFiles.map(({ path }) => there(path)),
  ]);
  if (caddyfile === undefined) {
    throw new SkylabError(`${root.fsPath} has no ${stack.caddyfile.path} any more.`, {
      next: 'Change the folder by hand.',
      code: 'NoCaddyfile',
    });
  }
  const changes = stackEdits(stack, host, { caddyfile, composeFiles: composeFiles.filter((one) => one !== undefined) });
  const edit = new vscode.WorkspaceEdit();
  for (const { path, after } of changes) {
    const uri = vscode.Uri.joinPath(root, path);
    const document = await vscode.workspace.openTextDocument(uri);
    edit.replace(uri, new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)), after);
  }
  await vscode.workspace.applyEdit(edit);
  for (const { path } of changes) await vscode.window.showTextDocument(vscode.Uri.joinPath(root, path), { preview: false });
}
