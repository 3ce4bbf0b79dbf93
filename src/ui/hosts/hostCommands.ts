import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError } from '../../core/errors';
import { givenKey } from '../../core/cloud/model';
import { quote } from '../../core/remote/command';
import { aliasFor } from '../../core/ssh/alias';
import { parseConfig } from '../../core/ssh/config/document';
import { renderValue } from '../../core/ssh/config/edits';
import { keyPath } from '../../core/ssh/config/keyFiles';
import { resolve } from '../../core/ssh/config/resolve';
import type { HostEntry } from '../../core/ssh/config/tree';
import { shownText } from '../../core/ssh/config/words';
import { prepare } from '../commands/connect';
import type { Pick } from '../quick/wizard';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { mustBeSaved, offerUndo } from './change';
import { displayPath } from './hostsModel';
import type { HostsModel } from './hostsModel';
import type { EntryNode } from './nodes';
import { isEntryNode } from './nodes';
import { askValue } from './options';

/** The entry that a command is about: the row, or one chosen from a list. @throws CancelledError */
export async function chosenEntry(model: HostsModel, arg: unknown, title: string, named = false): Promise<HostEntry> {
  const node = isEntryNode(arg) ? arg : await pickNode(model, title, named);
  const entry = model.entry(node);
  if (entry !== undefined) return entry;
  await model.reload();
  throw new SkylabError('This entry has changed in its file meanwhile.', { next: 'Choose it again.' });
}

async function pickNode(model: HostsModel, title: string, named: boolean): Promise<EntryNode> {
  const nodes = await model.nodes((node) => !named || node.entry === 'host');
  if (nodes.length === 0) throw new SkylabError('Your ssh configuration has no such entry yet.', { next: 'Add one with Add SSH Host.' });
  const items: Pick<EntryNode>[] = nodes.map((node) => ({
    label: shownText(node.label),
    description: node.path.split(/[\\/]/).pop() ?? '',
    value: node,
  }));
  return ask(title).pick({ placeholder: l10n.t('Which host?'), items });
}

/** Shows the entry in its file. */
export async function revealEntry({ file, block }: HostEntry): Promise<void> {
  const position = new vscode.Position(block.header?.line ?? 0, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(file.path), { selection: new vscode.Range(position, position), preview: true });
}

export async function revealFile(path: string): Promise<void> {
  await vscode.window.showTextDocument(vscode.Uri.file(path), { preview: true });
}

/** Asks for a text that rows must hold; an empty one shows all again. */
export async function filterHosts(model: HostsModel): Promise<void> {
  const text = await ask(l10n.t('Filter SSH hosts')).input({
    prompt: l10n.t('Part of a name, user or address; empty shows all'),
    value: model.filter,
  });
  await model.setFilter(text);
}

/** Shows all rows again. */
export async function clearFilter(model: HostsModel): Promise<void> {
  await model.setFilter('');
}

/** The real `ssh` in a terminal, as the person would type it. */
export async function openHostTerminal(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  const host = shownText(nameOf(entry));
  const terminal = vscode.window.createTerminal({
    name: host,
    shellPath: 'ssh',
    shellArgs: await sshArguments(ui, model, host),
    iconPath: new vscode.ThemeIcon('vm'),
    isTransient: true,
  });
  terminal.show();
}

export async function copyHostCommand(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  const command = ['ssh', ...(await sshArguments(ui, model, shownText(nameOf(entry))))].map(quote).join(' ');
  await vscode.env.clipboard.writeText(command);
  vscode.window.setStatusBarMessage(`$(check) ${l10n.t('Copied: {0}', command)}`, 4000);
}

/** Plain `ssh` reads the account's own file; where the home folder is another one, the file is named. */
async function sshArguments(ui: Ui, model: HostsModel, host: string): Promise<string[]> {
  const { home } = await model.tree();
  return [...(home === ui.services.homeDir ? [] : ['-F', model.ssh.config.root]), host];
}

/** Adds a machine that is reached as this host, with the values that `ssh -G` gives. */
export async function useAsMachine(ui: Ui, model: HostsModel, entry: HostEntry): Promise<void> {
  const host = nameOf(entry);
  const tree = await model.tree();
  const own = resolve(tree, host);
  const answer = (await model.ssh.oracle.ask(tree, [host]))?.get(host);
  if (answer?.kind === 'refused')
    throw new SkylabError(`ssh refuses your configuration: ${answer.message}.`, { next: 'Correct that line first.' });
  const said = (keyword: string): string | undefined => answer?.values.get(keyword)?.[0];
  if ([said('proxyjump'), said('proxycommand')].some((way) => way !== undefined && way !== 'none')) {
    throw new SkylabError(
      `${shownText(host)} is reached through another machine (a jump host), which a machine of Skylab’s cannot be yet.`,
      {
        next: 'Open a terminal on it instead.',
      },
    );
  }
  const key = own.values.get('identityfile')?.[0]?.directive.value;
  const identityFile = key === undefined || key === 'none' ? undefined : keyPath(key, tree, host);
  const { hostEntries, accounts } = ui.services;
  const taken = new Set([...(await hostEntries.list()).map(({ alias }) => alias), ...(await hostEntries.takenNames())]);
  const given = await accounts.addGiven(shownText(host), {
    alias: aliasFor(shownText(host), taken),
    hostName: said('hostname') ?? own.hostName,
    port: Number(said('port') ?? own.port),
    user: said('user') ?? own.user,
    hostKeyAlias: `given-${randomUUID().slice(0, 8)}`,
    ...(identityFile !== undefined && { identityFile }),
  });
  await vscode.commands.executeCommand('skylab.machines.focus');
  const machine = ui.services.machines.get(givenKey(given.id));
  if (machine) await prepare(ui, machine);
}

function nameOf(entry: HostEntry): string {
  if (entry.kind === 'host') return entry.label;
  throw new SkylabError(`${shownText(entry.label)} is a pattern, not one host.`, { next: 'Choose an entry that names a host.' });
}

/** Repairs what makes ssh refuse a file as a whole: permissions for others, a byte order mark. Keys are repaired likewise. */
export async function repairFile(ui: Ui, model: HostsModel, path: string): Promise<void> {
  const tree = await model.reload();
  const text = tree.files.get(path)?.text ?? '';
  const marked = text.startsWith('\u00EF\u00BB\u00BF');
  const name = displayPath(path, ui.services.homeDir);
  const repair = l10n.t('Repair');
  const detail = [
    l10n.t('Only you may read and write it afterwards (mode 600).'),
    ...(marked ? [l10n.t('The invisible mark at its start, which ssh does not understand, is removed.')] : []),
  ].join('\n');
  const answer = await vscode.window.showWarningMessage(l10n.t('Repair {0}?', name), { modal: true, detail }, repair);
  if (answer !== repair) throw new CancelledError();
  await model.ssh.config.protect(path);
  if (marked) {
    mustBeSaved(path);
    offerUndo(ui, model, await model.ssh.config.write(path, text, text.slice(3)), l10n.t('{0} is repaired.', name));
  }
  await model.reload();
}

/** Makes a key with the real ssh-keygen, which asks for the passphrase itself. */
export function createKey(path: string): void {
  const terminal = vscode.window.createTerminal({
    name: 'ssh-keygen',
    shellPath: 'ssh-keygen',
    shellArgs: ['-t', 'ed25519', '-f', path],
    isTransient: true,
  });
  terminal.show();
}

/** Puts another key's path into a line of an open configuration. */
export async function chooseKey(ui: Ui, uri: vscode.Uri, line: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const text = document.lineAt(line).text;
  const directive = parseConfig(text).blocks[0]?.directives[0];
  if (directive === undefined) throw new SkylabError('The line has changed meanwhile.', { next: 'Try again.' });
  const answer = await askValue(ui, ask(l10n.t('Private key')), 'IdentityFile');
  if (answer === 'remove') return;
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.Range(line, directive.valueStart, line, directive.wordsEnd);
  edit.replace(uri, range, shownText(renderValue({ keyword: 'IdentityFile', value: answer.value })));
  await vscode.workspace.applyEdit(edit);
}
