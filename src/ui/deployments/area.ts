import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { readDeployments } from '../../core/deploy/remembered';
import type { Area } from '../area';
import type { LogFollower } from '../commands/logFollower';
import { lazily } from '../commands/registry';
import type { ContextKey } from '../ids';
import { commandsOf } from '../ids';
import { LazyBranch } from '../tree/lazyBranch';
import type { Ui } from '../ui';
import { ENV_SCHEME, LazyEnvironments } from './environments';
import type { DeploymentsBranch } from './branch';

/** What is deployed on machines: rows below each, and what is done with them. Everything is loaded when it is first needed. */
export function deploymentsArea(ui: Ui): Area {
  const { memento } = ui.services;
  let followers: LogFollower | undefined;
  const makeBranch = async (): Promise<DeploymentsBranch> => {
    const [{ DeploymentsBranch: Made }, { channelName }, { LogFollower: Follower }, stacks] = await Promise.all([
      import('./branch'),
      import('./choose'),
      import('../commands/logFollower'),
      ui.services.stacks(),
    ]);
    const follower = new Follower('skylab.followingLogs');
    followers = follower;
    const made = new Made(ui.services, stacks, (machine, name) => follower.isFollowed(channelName(machine, name)));
    follower.onDidChange(() => made.repaint());
    return made;
  };
  const branch = new LazyBranch(
    'deployments',
    makeBranch,
    ({ key }) => {
      const label = l10n.t('Deployments');
      const names = readDeployments(memento, key).map(({ name }) => name);
      const description = names.join(', ');
      return { label, description, icon: { id: 'layers' }, contextValue: 'deployments.root', aria: `${label} ${description}`.trim() };
    },
    (key) => readDeployments(memento, key).length > 0,
  );
  ui.machinesTree.addBranch(branch);
  let had: boolean | undefined;
  const has = (): void => {
    const now = readDeployments(memento).length > 0;
    if (now !== had) void vscode.commands.executeCommand('setContext', 'skylab.hasDeployments' satisfies ContextKey, now);
    had = now;
  };
  has();
  const watch = ui.services.operations.onChange(({ endedAt }) => {
    if (endedAt !== undefined) has();
  });
  const environments = vscode.workspace.registerFileSystemProvider(ENV_SCHEME, new LazyEnvironments(ui), { isCaseSensitive: true });
  const commands = lazily(commandsOf('skylab.deployment.'), async () => {
    const [{ deploymentCommands }, made] = await Promise.all([import('./commands'), branch.load()]);
    if (!followers) throw new Error('the branch brings the followers of logs');
    return deploymentCommands(ui, made, followers);
  });
  return { commands, disposables: [vscode.Disposable.from(branch, watch, environments, { dispose: () => followers?.dispose() })] };
}
