import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Area } from '../area';
import { allMachines } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { views } from '../ids';
import type { Ui } from '../ui';
import { KeysTree } from './keysTree';

/** The Keys view and its commands; what these do is loaded with the first of them. */
export function keysArea(ui: Ui): Area {
  const tree = new KeysTree(ui.services);
  const view = vscode.window.createTreeView(views.keys, { treeDataProvider: tree });
  const acts = async () => new (await import('./acts')).KeyActs(ui, tree);
  const hostKeys = () => import('./hostKeys');
  ui.errors.hostKeyChoices = (change, retry) => {
    const machine = allMachines(ui).find((one) => one.kind === 'instance' && one.instance.id === change.hostKeyAlias);
    const compare = {
      label: l10n.t('Compare with Console'),
      act: async () => (await hostKeys()).checkHostKey(ui, { kind: 'machine', key: machine?.key }),
    };
    return [
      ...(machine === undefined ? [] : [compare]),
      { label: l10n.t('Show Both'), act: async () => (await hostKeys()).showBoth(change) },
      { label: l10n.t('Replace Key…'), act: async () => (await hostKeys()).replaceHostKey(ui, change, retry) },
    ];
  };
  const commands: Handlers = {
    'skylab.checkHostKey': async (arg) => (await hostKeys()).checkHostKey(ui, arg),
    'skylab.forgetAnswers': async () => (await acts()).forgetAnswers(),
    'skylab.key.addToAgent': async (arg) => (await acts()).addToAgent(arg),
    'skylab.key.copyFingerprint': async (arg) => (await acts()).copyFingerprint(arg),
    'skylab.key.copyPublic': async (arg) => (await acts()).copyPublic(arg),
    'skylab.key.create': async () => (await acts()).create(),
    'skylab.key.delete': async (arg) => (await acts()).delete(arg),
    'skylab.key.install': async (arg) => (await acts()).install(arg),
    'skylab.key.refresh': () => tree.refresh(),
    'skylab.key.removeFromAgent': async (arg) => (await acts()).removeFromAgent(arg),
    'skylab.key.repairModes': async (arg) => (await acts()).repairModes(arg),
    'skylab.key.reveal': async (arg) => (await acts()).reveal(arg),
    'skylab.key.setPassphrase': async (arg) => (await acts()).setPassphrase(arg),
    'skylab.key.uninstall': async (arg) => (await acts()).uninstall(arg),
  };
  return { commands, disposables: [vscode.Disposable.from(tree, view)] };
}
