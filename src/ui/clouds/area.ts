import * as vscode from 'vscode';
import type { Area } from '../area';
import type { ContextKey } from '../ids';
import type { Ui } from '../ui';

const hasImageClouds: ContextKey = 'skylab.hasImageClouds';

/** Private clouds: images that are sent there. */
export function cloudsArea(ui: Ui): Area {
  const { accounts } = ui.services;
  let known = false;
  const update = (): void => {
    const has = accounts.list().some((account) => account.kind === 'endpoint' && account.flavor === 'opennebula');
    if (has === known) return;
    known = has;
    void vscode.commands.executeCommand('setContext', hasImageClouds, has);
  };
  update();
  return {
    commands: {
      'skylab.image.register': async (arg) => (await import('./images')).registerImage(ui, arg),
      'skylab.image.upload': async (arg) => (await import('./images')).uploadImage(ui, arg),
    },
    disposables: [vscode.Disposable.from(accounts.onChange(update))],
  };
}
