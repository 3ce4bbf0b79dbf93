import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { LogChoice, Stacks } from '../../core/deploy/stacks/stacks';
import { CancelledError } from '../../core/errors';
import type { LogFollower } from '../commands/logFollower';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import type { DeploymentsBranch } from './branch';
import type { Chosen } from './choose';
import { channelName, surveyOf } from './choose';

/** Follows the logs of the services that the person checks, from where they say, in the stack's channel. */
export async function followChosen(
  ui: Ui,
  branch: DeploymentsBranch,
  followers: LogFollower,
  { machine, name }: Chosen,
  stacks: Stacks,
): Promise<void> {
  const title = l10n.t('Logs of {0} on {1}', name, machine.name);
  const survey = await surveyOf(ui, branch, machine);
  const all = ([...survey.stacks, ...survey.others].find((one) => one.name === name)?.services ?? []).map((service) => service.name);
  const services = all.length > 1 ? await pickServices(title, all) : [];
  const from = await ask(title).pick<Pick<LogChoice, 'tail' | 'since'>>({
    placeholder: l10n.t('From when on?'),
    items: [
      { label: l10n.t('The last 200 lines of each'), value: { tail: 200 } },
      { label: l10n.t('The last 2,000 lines of each'), value: { tail: 2000 } },
      { label: l10n.t('The last 10 minutes'), value: { tail: 'all', since: '10m' } },
      { label: l10n.t('The last hour'), value: { tail: 'all', since: '1h' } },
      { label: l10n.t('The last day'), value: { tail: 'all', since: '24h' } },
      { label: l10n.t('New lines only'), value: { tail: 0 } },
      { label: l10n.t('Everything'), value: { tail: 'all' } },
    ],
  });
  const choice = { ...from, services: services.length === all.length ? [] : services, timestamps: true };
  await followers.follow(channelName(machine, name), (signal) => stacks.logs(machine, name, choice, signal), true);
}

async function pickServices(title: string, all: readonly string[]): Promise<readonly string[]> {
  const items = all.map((label) => ({ label, picked: true }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    canPickMany: true,
    placeHolder: l10n.t('Services, together in one log'),
  });
  if (!picked || picked.length === 0) throw new CancelledError();
  return picked.map(({ label }) => label);
}
