import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { deployApp } from '../../core/apps/deploy';
import { siteUrl } from '../../core/apps/switch';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { openSite } from '../deployments/openSite';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';
import { chooseAppFolder, readAppFolder } from './folder';

export function appCommands(ui: Ui): Handlers {
  return {
    'skylab.app.deploy': async (arg) => deploy(ui, arg),
  };
}

/** Called on a folder or its file, on a machine, or from the palette. */
async function deploy(ui: Ui, arg: unknown): Promise<void> {
  const title = l10n.t('Deploy application');
  const uri = await chooseAppFolder(arg, title);
  const { folder, key } = await readAppFolder(ui, uri);
  const { app } = folder;
  const onto = l10n.t('Deploy {0} to…', app.name);
  const machine = await chooseMachine(ui, arg instanceof vscode.Uri ? undefined : arg, onto, { alwaysAsk: true });
  const open = { label: l10n.t('Open Site'), act: () => openSite(siteUrl(app)) };
  await runTask(ui, machine, deployApp(folder, key), { next: [open] });
}
