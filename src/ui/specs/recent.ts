import { l10n } from 'vscode';
import { resolveSpec } from '../../core/cloud/specs/resolve';
import { toFileSpec } from '../../core/cloud/specs/specFile';
import type { LaunchSpec } from '../../shared/launchSpec';
import { busy } from '../notifications';
import type { Ui } from '../ui';
import { confirmAndLaunch } from './launchSpecs';
import { chooseSpec } from './save';

/** Launches one of the last launches again, after one look at what that is. */
export async function launchRecent(ui: Ui): Promise<void> {
  await launchAgain(ui, await chooseSpec(ui, undefined, l10n.t('Recent launches')));
}

/** A launch anew: its names are made free, and what it made before is used again where that can be. */
export async function launchAgain(ui: Ui, spec: LaunchSpec): Promise<void> {
  const { accounts, homeDir, machines } = ui.services;
  const account = accounts.need(spec.accountId);
  const launcher = await ui.services.launcher();
  const taken = machines.of(account.id).map((machine) => machine.name);
  const file = toFileSpec({ ...spec, name: freeName(spec.name, taken) }, { account: account.name, groups: new Map(), homeDir });
  const find = async (id: string) => (await launcher.searchImages(account.id, id)).find((image) => image.id === id);
  const resolved = await busy(l10n.t('Reading what {0} offers', account.name), async () =>
    resolveSpec(file, account, await launcher.options(account.id), find, homeDir),
  );
  await confirmAndLaunch(ui, account, resolved);
}

/** `ada`, else `ada-2` and so on; in a dotted name the number goes before the first dot. */
function freeName(name: string, taken: readonly string[]): string {
  const dot = name.includes('.') ? name.indexOf('.') : name.length;
  let free = name;
  for (let n = 2; taken.includes(free); n++) free = `${name.slice(0, dot).replace(/-\d+$/, '')}-${n}${name.slice(dot)}`;
  return free;
}
