import { l10n } from 'vscode';
import { launchLike } from '../../core/cloud/specs/like';
import { RecentLaunches } from '../../core/cloud/specs/recent';
import { SkylabError } from '../../core/errors';
import { chooseMachine } from '../commands/choose';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { openInForm } from './launchSpecs';
import { freeName } from './recent';

/** Opens the form with a launch like that of a machine. */
export async function launchAnotherLike(ui: Ui, arg: unknown): Promise<void> {
  const machine = await chooseMachine(ui, arg, l10n.t('Launch another like this'), { wanted: (one) => one.kind === 'instance' });
  if (machine.kind !== 'instance') throw new SkylabError(`${machine.name} was handed out to you: there is no launch to repeat.`);
  const { instance } = machine;
  const { accounts, machines, memento } = ui.services;
  const account = accounts.need(instance.accountId);
  const launcher = await ui.services.launcher();
  const options = await busy(l10n.t('Reading what {0} offers', account.name), () => launcher.options(account.id));
  const name = freeName(
    machine.name,
    machines.of(account.id).map((one) => one.name),
  );
  await openInForm(ui, launchLike(instance, new RecentLaunches(memento).list(), options, name));
}
