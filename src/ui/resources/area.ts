import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Area } from '../area';
import { lazily } from '../commands/registry';
import type { CommandId } from '../ids';
import { views } from '../ids';
import type { Ui } from '../ui';
import type { ResourceNode } from './nodes';
import type { ResourcesModel } from './resourcesModel';
import { ResourcesTree } from './resourcesTree';

/** Commands of this area; what they do is loaded with the first of them. */
const IDS: readonly CommandId[] = [
  'skylab.address.allocate',
  'skylab.address.associate',
  'skylab.address.disassociate',
  'skylab.address.release',
  'skylab.allowMyAddress',
  'skylab.group.create',
  'skylab.group.delete',
  'skylab.group.editRules',
  'skylab.image.create',
  'skylab.image.deregister',
  'skylab.image.launch',
  'skylab.keyPair.copyFingerprint',
  'skylab.keyPair.create',
  'skylab.keyPair.delete',
  'skylab.keyPair.import',
  'skylab.resources.clearFilter',
  'skylab.resources.copyId',
  'skylab.resources.filter',
  'skylab.resources.refresh',
  'skylab.resources.showMore',
  'skylab.resources.sweep',
  'skylab.snapshot.createVolume',
  'skylab.snapshot.delete',
  'skylab.volume.attach',
  'skylab.volume.create',
  'skylab.volume.delete',
  'skylab.volume.detach',
  'skylab.volume.grow',
  'skylab.volume.snapshot',
];

/** The Resources view: key pairs, groups, disks, addresses, images and snapshots of the accounts. */
export function resourcesArea(ui: Ui): Area {
  let loading: Promise<ResourcesModel> | undefined;
  const model = (): Promise<ResourcesModel> => {
    loading ??= load();
    return loading;
  };
  const load = async (): Promise<ResourcesModel> => {
    try {
      const [{ ResourcesModel }, stock, prices] = await Promise.all([
        import('./resourcesModel'),
        ui.services.resourceStock(),
        ui.services.prices(),
      ]);
      const made = new ResourcesModel(ui.services, stock, prices);
      made.onDidChange(() => paint(view, made));
      return made;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  const tree = new ResourcesTree(model);
  const view = vscode.window.createTreeView<ResourceNode>(views.resources, {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
  });
  const accounts = ui.services.accounts.onChange(() => tree.refresh());
  const commands = lazily(IDS, async () => {
    const [{ resourceCommands }, { ResourceDesk }] = await Promise.all([import('./commands'), import('./actions')]);
    return resourceCommands(new ResourceDesk(ui, await model(), await ui.services.resourceActs()));
  });
  return {
    commands,
    disposables: [
      view,
      new vscode.Disposable(() => {
        tree.dispose();
        accounts.dispose();
        void loading?.then((made) => made.dispose());
      }),
    ],
  };
}

function paint(view: vscode.TreeView<ResourceNode>, model: ResourcesModel): void {
  const parts = [
    ...(model.filter === '' ? [] : [l10n.t('filter: {0}', model.filter)]),
    ...(model.onlyUnused ? [l10n.t('only unused')] : []),
  ];
  view.description = parts.join(' · ');
  void vscode.commands.executeCommand('setContext', 'skylab.resourcesFiltered', parts.length > 0);
}
