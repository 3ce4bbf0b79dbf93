import { l10n } from 'vscode';
import { systemFacts } from '../../core/upkeep/system/facts';
import { guardSsh, hardenSsh, softenSsh, unattendedUpgrades, unguardSsh } from '../../core/upkeep/system/security';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from './run';

/** What guards the machine's door: each row says how it stands, and choosing it changes that. */
export function securityCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.security': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Security'));
      const { upkeep } = await ui.services.upkeep();
      const [facts, session, addresses] = await busy(l10n.t('Looking at {0}', machine.name), (signal) =>
        Promise.all([
          upkeep.look(machine, systemFacts, signal),
          ui.services.access.session(machine, signal),
          // Without this computer's address, the guard knows nobody whom it must not shut out.
          ui.services.publicAddress.find(signal).catch(() => []),
        ]),
      );
      const passwords =
        facts.sshd.settings.get('passwordauthentication') !== 'no' || facts.sshd.settings.get('kbdinteractiveauthentication') === 'yes';
      const state = (good: boolean, label: string, description: string, value: () => Promise<unknown>) => ({
        label: `$(${good ? 'pass' : 'warning'}) ${label}`,
        description,
        value,
      });
      const act = await ask(l10n.t('Security of {0}', machine.name)).pick<() => Promise<unknown>>({
        placeholder: l10n.t('Choose what to change'),
        items: [
          passwords
            ? state(false, l10n.t('SSH lets in by password'), l10n.t('choose to let in by key only'), () =>
                runTask(ui, machine, hardenSsh(session.loginKey !== undefined)),
              )
            : state(true, l10n.t('SSH lets in by key only'), facts.sshd.ours ? l10n.t('choose to take that back') : '', () =>
                runTask(ui, machine, facts.sshd.ours ? softenSsh : hardenSsh(true)),
              ),
          facts.fail2ban
            ? state(true, l10n.t('Who guesses passwords is shut out'), l10n.t('choose to stop that'), () =>
                runTask(ui, machine, unguardSsh),
              )
            : state(false, l10n.t('Nobody is shut out for guessing passwords'), l10n.t('choose to install fail2ban'), () =>
                runTask(ui, machine, guardSsh(addresses)),
              ),
          facts.unattended
            ? state(true, l10n.t('Security updates are installed every day'), l10n.t('choose to stop that'), () =>
                runTask(ui, machine, unattendedUpgrades(false)),
              )
            : state(false, l10n.t('Security updates are not installed by themselves'), l10n.t('choose to install them every day'), () =>
                runTask(ui, machine, unattendedUpgrades(true)),
              ),
        ],
      });
      await act();
    },
  };
}
