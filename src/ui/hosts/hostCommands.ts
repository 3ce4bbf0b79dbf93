import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { CancelledError, SkylabError } from '../../core/errors';
import { givenKey } from '../../core/cloud/model';
import { quote } from '../../core/remote/command';
import { aliasFor } from '../../core/ssh/alias';
import type { Hop } from '../../core/ssh/jumps';
import { jumpTarget } from '../../core/ssh/jumps';
import { parseConfig } from '../../core/ssh/config/document';
import { renderValue } from '../../core/ssh/config/edits';
import { keyPath } from '../../core/ssh/config/keyFiles';
import { resolve } from '../../core/ssh/config/resolve';
import type { ConfigTree, HostEntry } from '../../core/ssh/config/tree';
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
  const { hop, way } = await answerOf(model, await model.tree(), host);
  const { hostEntries, accounts } = ui.services;
  const entries = await hostEntries.list();
  const taken = new Set([...entries.map(({ alias }) => alias), ...(await hostEntries.takenNames())]);
  const jump = jumpTarget(await hopsOf(model, await model.tree(), way, 0), shownText(host), entries);
  const given = await accounts.addGiven(shownText(host), {
    ...hop,
    alias: aliasFor(shownText(host), taken),
    hostKeyAlias: `given-${randomUUID().slice(0, 8)}`,
    ...(jump !== undefined && { jump }),
  });
  await vscode.commands.executeCommand('skylab.machines.focus');
  const machine = ui.services.machines.get(givenKey(given.id));
  if (machine) await prepare(ui, machine);
}

/** How ssh reaches a host, and its ProxyJump where it goes by one. */
async function answerOf(model: HostsModel, tree: ConfigTree, host: string): Promise<{ readonly hop: Hop; readonly way: string }> {
  const own = resolve(tree, host);
  const answer = (await model.ssh.oracle.ask(tree, [host]))?.get(host);
  if (answer?.kind === 'refused')
    throw new SkylabError(`ssh refuses your configuration: ${answer.message}.`, { next: 'Correct that line first.' });
  const said = (keyword: string): string | undefined => answer?.values.get(keyword)?.[0] ?? own.values.get(keyword)?.[0]?.directive.value;
  if ((said('proxycommand') ?? 'none') !== 'none')
    throw new SkylabError(`${shownText(host)} is reached by a ProxyCommand, which a machine of Skylab’s cannot be.`, {
      next: 'Use ProxyJump, or open a terminal on it instead.',
    });
  const key = own.values.get('identityfile')?.[0]?.directive.value;
  const identityFile = key === undefined || key === 'none' ? undefined : keyPath(key, tree, host);
  const hop = {
    hostName: answer?.values.get('hostname')?.[0] ?? own.hostName,
    port: Number(answer?.values.get('port')?.[0] ?? own.port),
    user: answer?.values.get('user')?.[0] ?? own.user,
    ...(identityFile !== undefined && { identityFile }),
  };
  return { hop, way: said('proxyjump') ?? 'none' };
}

/** ProxyJumps that lead further than this lead in a circle. */
const MAX_HOPS = 8;

/** The machines on the way of a ProxyJump (ssh_config(5)), the first one by the way that its own entry says. */
async function hopsOf(model: HostsModel, tree: ConfigTree, way: string, depth: number): Promise<readonly Hop[]> {
  if (way === 'none') return [];
  if (depth > MAX_HOPS) throw new SkylabError('These jump hosts lead in a circle.', { next: 'Correct their ProxyJump.' });
  const all: Hop[] = [];
  for (const [index, word] of way.split(',').entries()) {
    const parts = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(word.trim());
    const name = parts?.[2] ?? parts?.[3];
    if (name === undefined) throw new SkylabError(`This ProxyJump names no host: ${shownText(word)}.`, { next: 'Correct it first.' });
    const found = await answerOf(model, tree, name);
    const before = index === 0 ? await hopsOf(model, tree, found.way, depth + 1) : [];
    const [user, port] = [parts?.[1], parts?.[4]];
    all.push(...before, { ...found.hop, ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) });
  }
  return all;
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
