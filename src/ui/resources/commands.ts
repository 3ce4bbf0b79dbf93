import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Handlers } from '../commands/registry';
import { ask } from '../quick/wizard';
import type { ResourceDesk } from './actions';
import { isResourceNode } from './nodes';
import * as addresses from './addressCommands';
import * as groups from './groupCommands';
import * as images from './imageCommands';
import { sweepUnused } from './sweepCommand';
import * as volumes from './volumeCommands';

/** What the commands of the Resources view do. */
export function resourceCommands(desk: ResourceDesk): Handlers {
  const { model, ui } = desk;
  return {
    'skylab.resources.refresh': async (arg) => {
      const one = isResourceNode(arg) ? arg : undefined;
      const accounts = one === undefined ? ui.services.accounts.list().map(({ id }) => id) : [one.accountId];
      const kind = one !== undefined && 'of' in one ? one.of : undefined;
      await Promise.all(accounts.map((id) => model.stock.refresh(id, kind)));
    },
    'skylab.resources.showMore': (arg) => {
      if (isResourceNode(arg) && arg.kind === 'resourceMore') model.showMore(arg.accountId, arg.of);
    },
    'skylab.resources.filter': () => filter(desk),
    'skylab.resources.clearFilter': () => model.setFilter('', false),
    'skylab.resources.copyId': async (arg) => {
      if (!isResourceNode(arg) || arg.kind !== 'resource') return;
      const found = model.stock.find(arg.accountId, arg.of, arg.id);
      const text = found?.kind === 'addresses' ? found.item.publicIp : arg.id;
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(l10n.t('Copied: {0}', text), 3_000);
    },
    'skylab.address.allocate': (arg) => addresses.allocateAddress(desk, arg),
    'skylab.address.associate': (...args) => addresses.associateAddress(desk, args),
    'skylab.address.disassociate': (...args) => addresses.disassociateAddress(desk, args),
    'skylab.address.release': (...args) => addresses.releaseAddresses(desk, args),
    'skylab.allowMyAddress': (arg) => groups.allowMyAddress(desk, arg),
    'skylab.group.create': (arg) => groups.createGroup(desk, arg),
    'skylab.group.delete': (...args) => groups.deleteGroups(desk, args),
    'skylab.group.editRules': (...args) => groups.editRules(desk, args),
    'skylab.image.create': (arg) => images.createImage(desk, arg),
    'skylab.image.deregister': (...args) => images.deregisterImages(desk, args),
    'skylab.image.launch': (...args) => images.launchFromImage(desk, args),
    'skylab.keyPair.copyFingerprint': (...args) => copyFingerprint(desk, args),
    'skylab.keyPair.create': (arg) => images.createKeyPair(desk, arg),
    'skylab.keyPair.delete': (...args) => images.deleteKeyPairs(desk, args),
    'skylab.keyPair.import': (arg) => images.importKeyPair(desk, arg),
    'skylab.resources.sweep': (arg) => sweepUnused(desk, arg),
    'skylab.snapshot.delete': (...args) => images.deleteSnapshots(desk, args),
    'skylab.snapshot.createVolume': (...args) => volumes.createFromSnapshot(desk, args),
    'skylab.volume.attach': (...args) => volumes.attachVolume(desk, args),
    'skylab.volume.create': (arg) => volumes.createVolume(desk, arg),
    'skylab.volume.delete': (...args) => volumes.deleteVolumes(desk, args),
    'skylab.volume.detach': (...args) => volumes.detachVolume(desk, args),
    'skylab.volume.grow': (...args) => volumes.growVolume(desk, args),
    'skylab.volume.snapshot': (...args) => volumes.snapshotVolume(desk, args),
  };
}

async function filter({ model }: ResourceDesk): Promise<void> {
  await vscode.commands.executeCommand('skylab.resources.focus');
  const title = l10n.t('Filter resources');
  const show = await ask(title).pick({
    placeholder: l10n.t('What should the view show?'),
    items: [
      {
        label: `$(search) ${l10n.t('By text…')}`,
        description: l10n.t('part of a name, an id, a zone or a machine'),
        value: 'text' as const,
      },
      { label: `$(circle-slash) ${l10n.t('Only what is unused')}`, value: 'unused' as const },
      { label: `$(clear-all) ${l10n.t('Everything')}`, value: 'all' as const },
    ],
  });
  if (show !== 'text') {
    model.setFilter(show === 'all' ? '' : model.filter, show === 'unused');
    return;
  }
  const prompt = l10n.t('Part of a name, an id, a zone or a machine; empty for all');
  model.setFilter(await ask(title).input({ prompt, value: model.filter }), model.onlyUnused);
}

async function copyFingerprint(desk: ResourceDesk, args: readonly unknown[]): Promise<void> {
  const { item } = await desk.chooseOne('keyPairs', args, l10n.t('Copy fingerprint'));
  await vscode.env.clipboard.writeText(item.item.fingerprint);
  vscode.window.setStatusBarMessage(l10n.t('Copied: {0}', item.item.fingerprint), 3_000);
}
