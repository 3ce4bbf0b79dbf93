import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Ui } from '../ui';
import { chooseMachine } from './choose';
import type { Handlers } from './registry';
import { chooseFolder } from './upload';

export function deployCommands(ui: Ui): Handlers {
  return {
    'skylab.deploy': async (arg) => {
      const folder = await chooseFolder(arg, l10n.t('Deploy'));
      const name = vscode.workspace.asRelativePath(folder, false).split('/').pop() ?? '';
      const machine = await chooseMachine(ui, arg, l10n.t('Deploy {0} to…', name), { alwaysAsk: true });
      const { DeployPanel } = await import('../webviews/deployPanel');
      DeployPanel.show(ui, { root: folder.fsPath, machine });
    },
  };
}
