import * as vscode from 'vscode';
import type { Area } from '../area';
import type { LogFollower } from '../commands/logFollower';
import { lazily } from '../commands/registry';
import { commandsOf } from '../ids';
import type { Ui } from '../ui';

/** Applications that run on machines themselves, from releases of a repository. Everything is loaded with the first use. */
export function appsArea(ui: Ui): Area {
  let followers: LogFollower | undefined;
  const commands = lazily(commandsOf('skylab.app.'), async () => {
    const [{ appCommands }, { LogFollower }] = await Promise.all([import('./commands'), import('../commands/logFollower')]);
    followers ??= new LogFollower('skylab.followingAppLogs');
    return appCommands(ui, followers);
  });
  return { commands, disposables: [new vscode.Disposable(() => followers?.dispose())] };
}
