import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Area } from '../area';
import type { LogFollower } from '../commands/logFollower';
import { lazily } from '../commands/registry';
import { commandsOf } from '../ids';
import { LazyBranch } from '../tree/lazyBranch';
import type { Ui } from '../ui';

/** What Docker has on machines: rows below each, and what is done with them. Everything is loaded when it is first needed. */
export function dockerArea(ui: Ui): Area {
  const branch = new LazyBranch(
    'docker',
    async () => {
      const [{ DockerBranch }, host] = await Promise.all([import('./branch'), ui.services.docker()]);
      return new DockerBranch(ui.services, host);
    },
    () => {
      const label = l10n.t('Docker');
      return { label, description: '', icon: { id: 'package' }, contextValue: 'docker.root', aria: label };
    },
  );
  ui.machinesTree.addBranch(branch);
  let followers: LogFollower | undefined;
  const commands = lazily(commandsOf('skylab.docker.'), async () => {
    const [{ dockerCommands }, { LogFollower: Follower }, made] = await Promise.all([
      import('./commands'),
      import('../commands/logFollower'),
      branch.load(),
    ]);
    followers = new Follower('skylab.followingContainers');
    return dockerCommands(ui, made, followers);
  });
  return { commands, disposables: [vscode.Disposable.from(branch, { dispose: () => followers?.dispose() })] };
}
