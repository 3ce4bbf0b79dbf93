import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Area } from '../area';
import type { Handlers } from '../commands/registry';
import { views } from '../ids';
import type { Ui } from '../ui';
import type { HostsModel } from './hostsModel';
import { HostsTree } from './hostsTree';
import { registerLanguage } from './language';
import type { HostNode } from './nodes';
import { isFileNode } from './nodes';

/** The person's ssh configuration: the SSH Hosts view and its commands. All of it is loaded when the view or a command is first used. */
export function hostsArea(ui: Ui): Area {
  let loading: Promise<HostsModel> | undefined;
  const model = (): Promise<HostsModel> => {
    loading ??= load();
    return loading;
  };
  const load = async (): Promise<HostsModel> => {
    try {
      const [{ HostsModel }, ssh] = await Promise.all([import('./hostsModel'), ui.services.sshConfig()]);
      const made = new HostsModel(ui, ssh);
      made.onDidChange(() => {
        paint(view, made);
        void ui.errors.run(async () => language.include([...(await made.tree()).files.keys()]));
      });
      return made;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  const tree = new HostsTree(model);
  const language = registerLanguage(ui, model);
  const view = vscode.window.createTreeView<HostNode>(views.hosts, { treeDataProvider: tree, showCollapseAll: true });
  const forget = new vscode.Disposable(() => void loading?.then((made) => made.dispose()));
  return {
    commands: commands(ui, model),
    disposables: [view, language.registered, forget, new vscode.Disposable(() => tree.dispose())],
  };
}

function paint(view: vscode.TreeView<HostNode>, model: HostsModel): void {
  view.description = model.filter === '' ? '' : l10n.t('filter: {0}', model.filter);
  const errors = model.errors();
  view.badge = errors === 0 ? undefined : { value: errors, tooltip: l10n.t('{0} entries or files are broken', errors) };
  void vscode.commands.executeCommand('setContext', 'skylab.hostsFiltered', model.filter !== '');
}

function commands(ui: Ui, model: () => Promise<HostsModel>): Handlers {
  const edits = () => import('./entryEdits');
  const acts = () => import('./hostCommands');
  return {
    'skylab.host.add': async (arg) => (await edits()).addEntry(ui, await model(), isFileNode(arg) ? arg.path : undefined),
    'skylab.host.edit': async (arg) => (await edits()).editEntry(ui, await model(), await chosen(model, arg, l10n.t('Edit SSH host'))),
    'skylab.host.duplicate': async (arg) =>
      (await edits()).duplicateEntry(ui, await model(), await chosen(model, arg, l10n.t('Duplicate SSH host'))),
    'skylab.host.rename': async (arg) =>
      (await edits()).renameEntry(ui, await model(), await chosen(model, arg, l10n.t('Rename SSH host'))),
    'skylab.host.remove': async (arg) =>
      (await edits()).deleteEntry(ui, await model(), await chosen(model, arg, l10n.t('Remove SSH host'))),
    'skylab.host.reveal': async (arg) => {
      const { revealEntry, revealFile } = await acts();
      await (isFileNode(arg) ? revealFile(arg.path) : revealEntry(await chosen(model, arg, l10n.t('Show SSH host in file'))));
    },
    'skylab.host.filter': async () => {
      await vscode.commands.executeCommand('skylab.hosts.focus');
      await (await acts()).filterHosts(await model());
    },
    'skylab.host.clearFilter': async () => (await acts()).clearFilter(await model()),
    'skylab.host.refresh': async () => {
      await (await model()).reload();
    },
    'skylab.host.showMore': async (arg) => {
      if (typeof arg === 'object' && arg !== null && 'path' in arg && typeof arg.path === 'string') (await model()).showMore(arg.path);
    },
    'skylab.host.connect': async (arg) =>
      (await acts()).openHostTerminal(ui, await model(), await chosen(model, arg, l10n.t('Open terminal'), true)),
    'skylab.host.copyCommand': async (arg) =>
      (await acts()).copyHostCommand(ui, await model(), await chosen(model, arg, l10n.t('Copy SSH command'), true)),
    'skylab.host.useAsMachine': async (arg) =>
      (await acts()).useAsMachine(ui, await model(), await chosen(model, arg, l10n.t('Use as machine'), true)),
    'skylab.host.repair': async (arg) => {
      const loaded = await model();
      const path = isFileNode(arg) ? arg.path : typeof arg === 'string' ? arg : loaded.ssh.config.root;
      await (await acts()).repairFile(ui, loaded, path);
    },
    'skylab.host.createKey': async (arg) => {
      if (typeof arg === 'string') (await acts()).createKey(arg);
    },
    'skylab.host.chooseKey': async (arg) => {
      if (typeof arg !== 'object' || arg === null || !('uri' in arg) || !('line' in arg)) return;
      if (arg.uri instanceof vscode.Uri && typeof arg.line === 'number') await (await acts()).chooseKey(ui, arg.uri, arg.line);
    },
  };

  async function chosen(load: () => Promise<HostsModel>, arg: unknown, title: string, named = false) {
    return (await acts()).chosenEntry(await load(), arg, title, named);
  }
}
