import { l10n } from 'vscode';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { askEcone } from './econe';
import { askGroup, askNetworks } from './networks';
import { askTypes } from './types';
import { askUsers } from './users';

/** The machine on which a private cloud's OpenNebula runs: what its EC2 interface needs. */
export function openNebulaCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.openNebula': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('OpenNebula front end'));
      const act = await ask(l10n.t('OpenNebula on {0}', machine.name)).pick<() => Promise<unknown>>({
        placeholder: l10n.t('What would you like to look at, or change?'),
        items: [
          {
            label: `$(person) ${l10n.t('Users…')}`,
            description: l10n.t('who may use the EC2 interface, and their keys'),
            value: () => askUsers(ui, machine),
          },
          {
            label: `$(server) ${l10n.t('Types of instances…')}`,
            description: l10n.t('what a launch may choose from'),
            value: () => askTypes(ui, machine),
          },
          {
            label: `$(organization) ${l10n.t('Groups and hosts…')}`,
            description: l10n.t('on which hosts their machines may run'),
            value: () => askGroup(ui, machine),
          },
          {
            label: `$(plug) ${l10n.t('Networks…')}`,
            description: l10n.t('for machines, and elastic addresses'),
            value: () => askNetworks(ui, machine),
          },
          {
            label: `$(globe) ${l10n.t('EC2 interface…')}`,
            description: l10n.t('econe-server: settings, start, stop, log'),
            value: () => askEcone(ui, machine),
          },
        ],
      });
      await act();
    },
  };
}
