import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { conditionOf, serviceCondition } from '../../core/deploy/stacks/health';
import { readDeployments } from '../../core/deploy/remembered';
import type { Stacks } from '../../core/deploy/stacks/stacks';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Operation } from '../../core/operations/operations';
import { chooseMachine, mustBe } from '../commands/choose';
import type { LogFollower } from '../commands/logFollower';
import type { Handlers } from '../commands/registry';
import { conditionText } from '../model/stackRow';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { openEnv } from './envDocument';
import { followChosen } from './logChoice';
import { compare, openShell, rollBack, showConfig, showContainer } from './looks';
import { showNewer } from './newer';
import { openSite } from './openSite';
import type { DeploymentsBranch } from './branch';
import type { Chosen } from './choose';
import { channelName, chooseService, chooseStack, stackOf } from './choose';

/** Most containers that a service is scaled to without thinking. */
const MOST = 100;

/** Acts on what is deployed, from its rows and from the palette. */
export function deploymentCommands(ui: Ui, branch: DeploymentsBranch, followers: LogFollower): Handlers {
  const on =
    (title: string, act: (chosen: Chosen, stacks: Stacks) => unknown) =>
    async (arg: unknown): Promise<void> => {
      const chosen = await chooseStack(ui, branch, arg, title);
      await act(chosen, await ui.services.stacks());
    };
  const act = (title: string, start: (stacks: Stacks, chosen: Chosen) => Operation) =>
    on(title, (chosen, stacks) => follow(ui, start(stacks, chosen)));
  return {
    'skylab.deployment.openSite': on(l10n.t('Open site'), (chosen) => openSite(urlOf(ui, branch, chosen))),
    'skylab.deployment.refresh': async (arg) => branch.refresh(await chooseMachine(ui, arg, l10n.t('Refresh deployments'))),
    'skylab.deployment.logs': on(l10n.t('Logs'), ({ machine, name, service }, stacks) => {
      const what = service === undefined ? name : `${name} ${service}`;
      const choice = { services: service === undefined ? [] : [service], tail: 200 };
      return followers.follow(channelName(machine, what), (signal) => stacks.logs(machine, name, choice, signal));
    }),
    'skylab.deployment.stopLogs': async (arg) => {
      const chosen = arg === undefined ? undefined : await chooseStack(ui, branch, arg, l10n.t('Logs'));
      if (chosen?.service === undefined && chosen !== undefined) followers.stop(channelName(chosen.machine, chosen.name));
      else followers.stopAll();
    },
    'skylab.deployment.status': on(l10n.t('Status'), (chosen) => showStatus(ui, branch, chosen)),
    'skylab.deployment.stop': act(l10n.t('Stop'), (stacks, { machine, name, service }) => stacks.stop(machine, name, service)),
    'skylab.deployment.start': act(l10n.t('Start'), (stacks, { machine, name, service }) => stacks.start(machine, name, service)),
    'skylab.deployment.restart': act(l10n.t('Restart'), (stacks, { machine, name, service }) => stacks.restart(machine, name, service)),
    'skylab.deployment.pull': act(l10n.t('Update images'), (stacks, { machine, name }) => stacks.pull(machine, name)),
    'skylab.deployment.newer': on(l10n.t('Check for newer images'), (chosen, stacks) => showNewer(chosen, stacks)),
    'skylab.deployment.down': on(l10n.t('Take down'), (chosen, stacks) => takeDown(ui, chosen, stacks)),
    'skylab.deployment.scale': on(l10n.t('Scale'), (chosen, stacks) => scale(ui, branch, chosen, stacks)),
    'skylab.deployment.exec': on(l10n.t('Open terminal in container'), (chosen, stacks) => openShell(ui, branch, chosen, stacks)),
    'skylab.deployment.config': on(l10n.t('Show Compose file'), (chosen, stacks) => showConfig(ui, chosen, stacks)),
    'skylab.deployment.inspect': on(l10n.t('Inspect'), (chosen, stacks) => showContainer(ui, branch, chosen, stacks)),
    'skylab.deployment.rollBack': on(l10n.t('Roll back'), (chosen, stacks) => rollBack(ui, branch, chosen, stacks)),
    'skylab.deployment.compare': on(l10n.t('Show differences'), (chosen, stacks) => compare(ui, branch, chosen, stacks)),
    'skylab.deployment.editEnv': on(l10n.t('Edit environment'), (chosen) => openEnv(chosen)),
    'skylab.deployment.logsOf': on(l10n.t('Logs'), (chosen, stacks) => followChosen(ui, branch, followers, chosen, stacks)),
    'skylab.deployment.remove': on(l10n.t('Remove site'), (chosen, stacks) => remove(ui, chosen, stacks)),
  };
}

/** Follows an operation to its end, with progress. */
export async function follow(ui: Ui, operation: Operation): Promise<boolean> {
  return ui.notifications.follow(operation, { progress: true, showLog: (one) => ui.documents.showLog(one) });
}

function urlOf(ui: Ui, branch: DeploymentsBranch, { machine, name }: Chosen): string {
  const survey = branch.survey(machine.key);
  const known = survey ? survey.stacks : readDeployments(ui.services.memento, machine.key);
  const url = known.find((one) => one.name === name)?.url ?? '';
  if (url !== '') return url;
  throw new SkylabError(`${name} publishes nothing that a browser could open.`, {
    next: 'Forward a port of it with a tunnel, or publish one in its Compose file.',
  });
}

async function showStatus(ui: Ui, branch: DeploymentsBranch, chosen: Chosen): Promise<void> {
  const { machine, name } = chosen;
  await branch.refresh(machine);
  const stack = await stackOf(ui, branch, chosen);
  const run = (command: string) => () => vscode.commands.executeCommand(command, nodeOf(chosen));
  const items = [
    ...stack.services.map((service) => ({
      label: `$(${serviceCondition(service) === 'ill' ? 'error' : 'pass'}) ${service.name}`,
      description: conditionText(serviceCondition(service), l10n),
      detail: service.containers[0]?.image ?? '',
      value: run('skylab.deployment.logs'),
    })),
    ...(stack.unit
      ? [
          {
            label: `$(${stack.unit.active === 'active' ? 'pass' : 'error'}) ${stack.unit.name}`,
            description: l10n.t('{0} · {1} at boot', stack.unit.active, stack.unit.enabled),
            value: undefined,
          },
        ]
      : []),
    { label: `$(globe) ${l10n.t('Open site')}`, description: stack.url, value: run('skylab.deployment.openSite') },
    { label: `$(output) ${l10n.t('Follow logs')}`, description: '', value: run('skylab.deployment.logs') },
  ];
  const title = l10n.t('{0} on {1}: {2}', name, machine.name, conditionText(conditionOf(stack.services), l10n));
  await (
    await ask(title).pick<(() => unknown) | undefined>({ placeholder: stack.url, items })
  )?.();
}

const nodeOf = ({ machine, name }: Chosen) => ({ kind: 'branch', branch: 'deployments', key: machine.key, path: `stack|${name}` });

async function takeDown(ui: Ui, { machine, name }: Chosen, stacks: Stacks): Promise<void> {
  const yes = l10n.t('Take Down');
  const detail = l10n.t(
    'Its containers are removed, with what was written inside of them. Volumes, files and releases stay: Start brings it back.',
  );
  mustBe(await vscode.window.showWarningMessage(l10n.t('Take {0} on {1} down?', name, machine.name), { modal: true, detail }, yes), yes);
  await follow(ui, stacks.down(machine, name));
}

async function scale(ui: Ui, branch: DeploymentsBranch, chosen: Chosen, stacks: Stacks): Promise<void> {
  const { machine, name } = chosen;
  const title = l10n.t('Scale {0} on {1}', name, machine.name);
  const service = await chooseService(ui, branch, chosen, title);
  const { services } = await stackOf(ui, branch, chosen);
  const now = services.find((one) => one.name === service)?.containers.length ?? 0;
  const typed = await ask(title).input({
    prompt: l10n.t('How many containers of {0}? The number holds until the folder is deployed again.', service),
    value: String(now),
    validate: (value) => (/^\d{1,3}$/.test(value) && Number(value) <= MOST ? undefined : l10n.t('Type a number from 0 to {0}.', MOST)),
  });
  await follow(ui, stacks.scale(machine, name, service, Number(typed)));
}

async function remove(ui: Ui, { machine, name }: Chosen, stacks: Stacks): Promise<void> {
  const keepData = l10n.t('Remove, Keep Data');
  const all = l10n.t('Remove with Data');
  const detail = l10n.t(
    'Its containers, its unit and its releases are taken off the machine. Its data volumes hold what people have made there.',
  );
  const title = l10n.t('Remove {0} from {1}?', name, machine.name);
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, keepData, all);
  if (answer === undefined) throw new CancelledError();
  if (answer === all) {
    const sure = l10n.t('Delete the Data');
    const question = l10n.t('Delete the data of {0} too?', name);
    mustBe(await vscode.window.showWarningMessage(question, { modal: true, detail: l10n.t('This cannot be undone.') }, sure), sure);
  }
  await follow(ui, stacks.remove(machine, name, answer === all));
}
