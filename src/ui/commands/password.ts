import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError } from '../../core/errors';
import { Secret } from '../../core/secret';
import { passwordProblem } from '../../shared/password';
import { busy } from '../notifications';
import { ask, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import type { Handlers } from './registry';

export function passwordCommands(ui: Ui): Handlers {
  return { 'skylab.hashPassword': () => hashPassword(ui) };
}

/** Hashes a password for Caddy's basic_auth and hands over the hash; the password itself goes nowhere. */
async function hashPassword(ui: Ui): Promise<void> {
  const title = l10n.t('Hash a password for Caddy');
  let password = '';
  await wizard(title, [
    async (step) => {
      password = await step.input({ prompt: l10n.t('Password (hashed on this computer)'), password: true, validate: passwordProblem });
      return true;
    },
    async (step) => {
      const validate = (again: string): string | undefined => (again === password ? undefined : l10n.t('This is not the same password.'));
      await step.input({ prompt: l10n.t('The same password again'), password: true, validate });
      return true;
    },
  ]);
  const hasher = await ui.services.hasher();
  const hash = await busy(l10n.t('Hashing the password'), (signal) => hasher.hash(new Secret(password), signal));
  const copy = l10n.t('Copy');
  const write = l10n.t('Write to Env File…');
  const answer = await vscode.window.showInformationMessage(l10n.t('The password is hashed (bcrypt, cost 14).'), copy, write);
  if (answer === copy) {
    await vscode.env.clipboard.writeText(hash);
    vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Copied the hash')}`, 4000);
  }
  if (answer === write) await writeToEnvFile(title, hash);
}

/** Puts the hash under a name of the chosen env file, quoted so that Compose and Caddy read it back; the change is shown unsaved. */
async function writeToEnvFile(title: string, hash: string): Promise<void> {
  const { EnvFile } = await import('../../core/deploy/envFile');
  const file = await chooseEnvFile(title);
  const document = await vscode.workspace.openTextDocument(file);
  const text = document.getText();
  const env = EnvFile.parse(text, vscode.workspace.asRelativePath(file));
  const other = Symbol('other');
  const likely = (key: string): boolean => /PASS|HASH|SECRET/i.test(key);
  const keys = [...env.keys()].sort((a, b) => Number(likely(b)) - Number(likely(a)));
  const items = [
    ...keys.map((key) => ({ label: key, value: key })),
    { label: `$(add) ${l10n.t('Another name…')}`, value: other as string | symbol },
  ];
  const chosen = await ask(title).pick({ placeholder: l10n.t('Which variable takes the hash?'), items });
  const validate = (name: string): string | undefined =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? undefined : l10n.t('Use letters, digits and _, starting with a letter.');
  const key =
    typeof chosen === 'string'
      ? chosen
      : await ask(title).input({ prompt: l10n.t('Name of the variable'), value: 'CADDY_PASSWORD', validate });
  env.set(key, hash);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(file, new vscode.Range(document.positionAt(0), document.positionAt(text.length)), env.toString());
  if (!(await vscode.workspace.applyEdit(edit)) || !(await document.save())) {
    throw new SkylabError(`The hash could not be written to ${vscode.workspace.asRelativePath(file)}.`, {
      next: 'Check that the file can be written.',
    });
  }
  const editor = await vscode.window.showTextDocument(document);
  const line = document
    .getText()
    .split('\n')
    .findIndex((one) => one.includes(hash));
  if (line >= 0) editor.selection = new vscode.Selection(line, 0, line, 0);
}

async function chooseEnvFile(title: string): Promise<vscode.Uri> {
  const found = await vscode.workspace.findFiles('**/.env', '**/node_modules/**', 20);
  const browse = Symbol('browse');
  const items = [
    ...found.map((uri) => ({ label: `$(file) ${vscode.workspace.asRelativePath(uri)}`, value: uri })),
    { label: `$(folder-opened) ${l10n.t('Choose a file…')}`, value: browse as vscode.Uri | symbol },
  ];
  const only = found[0];
  if (found.length === 1 && only) return only;
  const chosen = found.length === 0 ? browse : await ask(title).pick({ placeholder: l10n.t('Which env file?'), items });
  if (typeof chosen !== 'symbol') return chosen;
  const opened = await vscode.window.showOpenDialog({ title, openLabel: l10n.t('Write to This File') });
  const file = opened?.[0];
  if (!file) throw new CancelledError();
  return file;
}
