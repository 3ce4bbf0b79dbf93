import * as vscode from 'vscode';
import { l10n } from 'vscode';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import type { CommandId } from '../ids';
import { ask } from '../quick/wizard';
import type { Node } from '../tree/nodes';
import type { Ui } from '../ui';

/** Every task on a machine from the palette: what the submenu of its row has. */
export function menuCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Set up machine'));
      const item = (icon: string, label: string, description: string, value: CommandId) => ({
        label: `$(${icon}) ${label}`,
        description,
        value,
      });
      const command = await ask(l10n.t('Set up {0}', machine.name)).pick({
        placeholder: l10n.t('What would you like to look at, or change?'),
        items: [
          item('plug', l10n.t('Ports and firewall'), l10n.t('who listens, and who can reach it'), 'skylab.setUp.ports'),
          item('shield', l10n.t('Firewall…'), l10n.t('switch on, allow, deny'), 'skylab.setUp.firewall'),
          item('person', l10n.t('Users…'), l10n.t('logins, keys, sudo, shared folders'), 'skylab.setUp.users'),
          item('package', l10n.t('Packages…'), l10n.t('upgrade, install, restart'), 'skylab.setUp.packages'),
          item('database', l10n.t('Disks…'), l10n.t('format, mount, Docker’s data, folders over SSH'), 'skylab.setUp.disks'),
          item(
            'workspace-trusted',
            l10n.t('Certificates…'),
            l10n.t('what each site shows, one’s own, renewal'),
            'skylab.setUp.certificates',
          ),
          item('lock', l10n.t('Security…'), l10n.t('keys only, shutting out, daily updates'), 'skylab.setUp.security'),
          item('settings', l10n.t('Limits and time…'), l10n.t('time zone, name, processes, swap'), 'skylab.setUp.limits'),
          item(
            'server-environment',
            l10n.t('OpenNebula front end…'),
            l10n.t('users, types, EC2 interface of a private cloud'),
            'skylab.setUp.openNebula',
          ),
          item('history', l10n.t('What Skylab did here'), '', 'skylab.setUp.journal'),
        ],
      });
      const node: Node = { kind: 'machine', key: machine.key };
      await vscode.commands.executeCommand(command, node);
    },
  };
}
