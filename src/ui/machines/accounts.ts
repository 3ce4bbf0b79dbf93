import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import { CancelledError, SkylabError } from '../../core/errors';
import { chooseAccount } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { partitionOf, regions } from '../model/regions';
import { busy } from '../notifications';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';

export function accountActCommands(ui: Ui): Handlers {
  return {
    'skylab.addRegion': async (arg) => addRegions(ui, await chooseAccount(ui, arg, l10n.t('Add region'))),
    'skylab.signIn': async (arg) => signIn(ui, await profileOf(ui, arg)),
  };
}

/** The same keys or profile in further regions, each an account of its own in the tree. */
async function addRegions(ui: Ui, account: Account): Promise<void> {
  const same = (other: Account): boolean =>
    other.name === account.name &&
    other.kind === account.kind &&
    (other.kind !== 'profile' || account.kind !== 'profile' || other.profile === account.profile);
  const taken = new Set(
    ui.services.accounts
      .list()
      .filter(same)
      .map(({ region }) => region),
  );
  const home = partitionOf(account.region);
  const free = regions.filter(([name]) => !taken.has(name));
  const item = ([name, place]: readonly [string, string]): vscode.QuickPickItem => ({ label: name, description: place });
  const here = free.filter(([name]) => partitionOf(name) === home);
  const elsewhere = free.filter(([name]) => partitionOf(name) !== home);
  const section = (label: string): vscode.QuickPickItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const items = [...here.map(item), section(l10n.t('Other partitions: they need keys of their own')), ...elsewhere.map(item)];
  const options = {
    title: l10n.t('Add regions to {0}', account.name),
    placeHolder: l10n.t('Check the regions to show, too'),
    canPickMany: true as const,
  };
  const chosen = await vscode.window.showQuickPick(items, options);
  if (chosen === undefined) throw new CancelledError();
  const results = await busy(l10n.t('Checking {0}', account.name), () =>
    Promise.allSettled(chosen.map(({ label }) => ui.services.accounts.addRegion(account.id, randomUUID(), label))),
  );
  await Promise.all(results.map(async (one) => (one.status === 'fulfilled' ? ui.services.machines.refresh(one.value.id) : undefined)));
  const failure = results.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

async function profileOf(ui: Ui, arg: unknown): Promise<string> {
  if (typeof arg === 'string') return arg;
  const id = isNode(arg) && 'accountId' in arg ? arg.accountId : undefined;
  const account = id === undefined ? await chooseAccount(ui, arg, l10n.t('Sign in')) : ui.services.accounts.get(id);
  if (account?.kind === 'profile') return account.profile;
  throw new SkylabError('Only AWS profiles with single sign-on are signed in to.', { next: 'Edit the account to change its keys.' });
}

/** AWS's own sign-in, visible in a terminal: it opens the browser and shows the code. What it opens is listed anew when it ends well. */
async function signIn(ui: Ui, profile: string): Promise<void> {
  if ((await ui.services.findProgram('aws')) === undefined) {
    throw new SkylabError('Signing in needs the AWS CLI, which is not on this computer.', {
      next: `Install it (aws.amazon.com/cli), then sign in again; or renew the keys of the profile ${profile} another way and refresh.`,
      code: 'NoAwsCli',
    });
  }
  const terminal = vscode.window.createTerminal({
    name: l10n.t('Sign in: {0}', profile),
    shellPath: 'aws',
    shellArgs: ['sso', 'login', '--profile', profile],
    isTransient: true,
  });
  const watch = vscode.window.onDidCloseTerminal((closed) => {
    if (closed !== terminal) return;
    watch.dispose();
    if (closed.exitStatus?.code === 0) void ui.errors.run(() => refreshProfile(ui, profile));
  });
  terminal.show();
}

async function refreshProfile(ui: Ui, profile: string): Promise<void> {
  const { accounts, machines } = ui.services;
  const mine = accounts.list().filter((account) => account.kind === 'profile' && account.profile === profile);
  for (const { id } of mine) accounts.renew(id);
  await Promise.all(mine.map(({ id }) => machines.refresh(id)));
}
