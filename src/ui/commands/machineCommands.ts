import type { Ui } from '../ui';
import type { Handlers } from './registry';
import { lazily } from './registry';

/** Everything that is done to accounts and machines; each group's code is loaded with its first command. */
export function machineCommands(ui: Ui): Handlers {
  return {
    ...lazily(['skylab.addAccount', 'skylab.editAccount', 'skylab.removeAccount', 'skylab.usePracticeCloud'], async () =>
      (await import('./accounts')).accountCommands(ui),
    ),
    ...lazily(['skylab.addGivenMachine', 'skylab.removeGivenMachine'], async () => (await import('./given')).givenCommands(ui)),
    ...lazily(['skylab.launch', 'skylab.launchQuick'], async () => (await import('./launch')).launchCommands(ui)),
    ...lazily(['skylab.start', 'skylab.stop', 'skylab.reboot', 'skylab.terminate'], async () =>
      (await import('./lifecycle')).lifecycleCommands(ui),
    ),
    ...lazily(
      [
        'skylab.connect',
        'skylab.connectAt',
        'skylab.connectRemoteSsh',
        'skylab.copyAddress',
        'skylab.copySshCommand',
        'skylab.runInTerminal',
        'skylab.useKey',
      ],
      async () => (await import('./connect')).connectCommands(ui),
    ),
    ...lazily(['skylab.uploadFolder', 'skylab.uploadFiles'], async () => (await import('./upload')).uploadCommands(ui)),
    ...lazily(['skylab.deploy'], async () => (await import('./deploy')).deployCommands(ui)),
    ...lazily(['skylab.hashPassword'], async () => (await import('./password')).passwordCommands(ui)),
  };
}
