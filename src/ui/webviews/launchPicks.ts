import path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { SkylabError } from '../../core/errors';
import type { FormPick } from '../../shared/messages';

/** Far more than a person's public keys take. */
const MOST_KEY_BYTES = 64 * 1024;

/**
 * Asks for a file or folder of this computer in the editor's dialog.
 * @returns its path, or the lines of a public key file; undefined when the person cancels
 * @throws SkylabError for a file that holds no public key
 */
export async function pickFor(what: FormPick, homeDir: string): Promise<string | undefined> {
  const folders = what === 'copyFolder';
  const titles = {
    userKey: l10n.t('Choose a public key'),
    copyFile: l10n.t('Choose a file to copy'),
    copyFolder: l10n.t('Choose a folder to copy'),
  };
  const here = what === 'userKey' ? vscode.Uri.file(path.join(homeDir, '.ssh')) : vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await vscode.window.showOpenDialog({
    title: titles[what],
    canSelectFolders: folders,
    canSelectFiles: !folders,
    openLabel: l10n.t('Choose'),
    ...(here !== undefined && { defaultUri: here }),
  });
  const uri = picked?.[0];
  if (uri === undefined || what !== 'userKey') return uri?.fsPath;
  return keyLines(uri);
}

/** Asks for the public key file to import into the cloud. @returns its path; undefined when the person cancels */
export async function pickKeyFile(homeDir: string): Promise<string | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: l10n.t('Choose a public key'),
    openLabel: l10n.t('Use This Key'),
    defaultUri: vscode.Uri.file(path.join(homeDir, '.ssh')),
  });
  return picked?.[0]?.fsPath;
}

async function keyLines(uri: vscode.Uri): Promise<string> {
  const { size } = await vscode.workspace.fs.stat(uri);
  const text = size > MOST_KEY_BYTES ? '' : Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
  // A private key goes nowhere, not even into the form.
  const lines = text.includes('PRIVATE KEY') ? [] : text.split(/\r?\n/).filter((line) => /(^|\s)(ssh-|ecdsa-|sk-)\S+ AAAA/.test(line));
  if (lines.length === 0)
    throw new SkylabError(`${path.basename(uri.fsPath)} holds no public key.`, { next: 'Choose the file that ends in .pub.' });
  return lines.join('\n');
}
