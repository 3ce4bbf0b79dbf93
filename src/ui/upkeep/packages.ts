import { l10n } from 'vscode';
import { addPackages, restartMachine, upgradePackages } from '../../core/upkeep/packages/tasks';
import { systemFacts } from '../../core/upkeep/system/facts';
import { unattendedUpgrades } from '../../core/upkeep/system/security';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from './run';

const namesOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((one) => one !== '');

export function packageCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.packages': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Packages'));
      const { upkeep } = await ui.services.upkeep();
      const facts = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.look(machine, systemFacts, signal));
      const title = l10n.t('Packages of {0}', machine.name);
      const act = await ask(title).pick<() => Promise<unknown>>({
        placeholder: facts.rebootNeeded ? l10n.t('{0} · needs a restart', facts.os.prettyName) : facts.os.prettyName,
        items: [
          {
            label: `$(arrow-circle-up) ${l10n.t('Upgrade…')}`,
            description: l10n.t('shows first what is newer'),
            value: () => runTask(ui, machine, upgradePackages),
          },
          {
            label: `$(add) ${l10n.t('Install…')}`,
            value: async () => {
              const names = namesOf(
                await ask(title).input({
                  prompt: l10n.t('Names of packages, as {0} calls them', facts.os.prettyName),
                  placeholder: 'git htop tmux',
                  validate: (value) => (namesOf(value).length === 0 ? l10n.t('Type the name of a package.') : undefined),
                }),
              );
              await runTask(ui, machine, addPackages(names));
            },
          },
          facts.unattended
            ? {
                label: `$(pass) ${l10n.t('Security updates every day: on')}`,
                description: l10n.t('choose to switch off'),
                value: () => runTask(ui, machine, unattendedUpgrades(false)),
              }
            : {
                label: `$(circle-slash) ${l10n.t('Security updates every day: off')}`,
                description: l10n.t('choose to switch on'),
                value: () => runTask(ui, machine, unattendedUpgrades(true)),
              },
          {
            label: `$(debug-restart) ${l10n.t('Restart…')}`,
            description: facts.rebootNeeded ? l10n.t('an upgrade needs it') : l10n.t('waits until it lets in again'),
            value: () => runTask(ui, machine, restartMachine),
          },
        ],
      });
      await act();
    },
  };
}
