import os from 'node:os';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { BundleParts } from '../../core/support/bundle';
import { bundleText } from '../../core/support/bundle';
import { CancelledError } from '../../core/errors';
import type { Ui } from '../ui';

/** Saves what a helper needs as one text file, without secrets, and opens it for reading before it is sent. */
export async function saveBundle(ui: Ui): Promise<void> {
  const at = new Date();
  const name = `skylab-support-${at.toISOString().slice(0, 10)}.txt`;
  const uri = await vscode.window.showSaveDialog({
    title: l10n.t('Save support bundle'),
    saveLabel: l10n.t('Save Bundle'),
    filters: { [l10n.t('Text files')]: ['txt'] },
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(ui.services.homeDir), name),
  });
  if (uri === undefined) throw new CancelledError();
  const text = bundleText(await gather(ui, at), { home: ui.services.homeDir, user: os.userInfo().username });
  const fresh = uri.with({ path: `${uri.path}.${process.pid}.new` });
  await vscode.workspace.fs.writeFile(fresh, Buffer.from(text, 'utf8'));
  await vscode.workspace.fs.rename(fresh, uri, { overwrite: true });
  await vscode.window.showTextDocument(uri, { preview: true });
}

async function gather(ui: Ui, at: Date): Promise<BundleParts> {
  const { operations } = ui.services;
  const { version } = vscode.extensions.getExtension(ui.extensionId)?.packageJSON as { version: string };
  return {
    at,
    versions: {
      Skylab: version,
      [vscode.env.appName]: vscode.version,
      Node: process.version,
      System: `${os.type()} ${os.release()} ${process.arch}`,
      Place: vscode.env.remoteName ?? vscode.env.appHost,
    },
    settings: changedSettings(),
    operations: operations.list(),
    leftovers: await operations.leftovers(),
    log: await logText(ui),
  };
}

function changedSettings(): Record<string, unknown> {
  const settings = vscode.workspace.getConfiguration('skylab');
  const changed: Record<string, unknown> = {};
  const visit = (prefix: string, value: unknown): void => {
    const found = prefix === '' ? undefined : settings.inspect(prefix);
    const set = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (set !== undefined) changed[`skylab.${prefix}`] = set;
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) visit(prefix === '' ? key : `${prefix}.${key}`, inner);
  };
  visit('', vscode.workspace.getConfiguration().get('skylab'));
  return changed;
}

/** The editor keeps an extension's log channel as a file of its name. */
async function logText(ui: Ui): Promise<string> {
  try {
    return Buffer.from(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(ui.logFolder, `${ui.log.name}.log`))).toString('utf8');
  } catch (error) {
    return l10n.t('The log could not be read: {0}', error instanceof Error ? error.message : String(error));
  }
}
