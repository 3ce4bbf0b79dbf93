import { l10n } from 'vscode';
import { SWAP_FILE, systemFacts } from '../../core/upkeep/system/facts';
import { limitProcesses, setHostName, setSwap, setTimezone } from '../../core/upkeep/system/limits';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { bytesText } from '../model/bytes';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from './run';

export function limitCommands(ui: Ui): Handlers {
  return {
    'skylab.setUp.limits': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Limits and time'));
      const { upkeep } = await ui.services.upkeep();
      const facts = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.look(machine, systemFacts, signal));
      const title = l10n.t('Limits and time of {0}', machine.name);
      const limit = /\bhard nproc (\d+)/.exec(facts.limits.join('\n'))?.[1];
      const swap = facts.swap.find(({ file }) => file === SWAP_FILE);
      const total = facts.swap.reduce((sum, { size }) => sum + size, 0);
      const whole = (value: string): string | undefined => (/^\d{1,7}$/.test(value.trim()) ? undefined : l10n.t('Type a whole number.'));
      const act = await ask(title).pick<() => Promise<unknown>>({
        placeholder: l10n.t('Choose what to change'),
        items: [
          {
            label: `$(clock) ${l10n.t('Time zone')}`,
            description: facts.timezone,
            value: async () => {
              const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
              const zones = Intl.supportedValuesOf('timeZone');
              const items = [...new Set([here, 'UTC', ...zones])].map((zone) => ({
                label: zone,
                description: zone === here ? l10n.t('of this computer') : '',
                value: zone,
              }));
              const zone = await ask(title).pick({ placeholder: l10n.t('Time zone of {0}', machine.name), items });
              await runTask(ui, machine, setTimezone(zone));
            },
          },
          {
            label: `$(tag) ${l10n.t('Host name')}`,
            description: facts.hostName,
            value: async () => {
              const name = await ask(title).input({ prompt: l10n.t('Name that the machine calls itself'), value: facts.hostName });
              await runTask(ui, machine, setHostName(name.trim()));
            },
          },
          {
            label: `$(server-process) ${l10n.t('Processes for each user')}`,
            description: limit === undefined ? l10n.t('no limit of Skylab’s') : limit,
            value: async () => {
              const text = await ask(title).input({
                prompt: l10n.t('Most processes for each user but root; 0 takes the limit away'),
                value: limit ?? '1000',
                validate: whole,
              });
              await runTask(ui, machine, limitProcesses(Number(text) === 0 ? undefined : Number(text)));
            },
          },
          {
            label: `$(database) ${l10n.t('Swap file')}`,
            description: total === 0 ? l10n.t('none; {0} of memory', bytesText(facts.memory)) : bytesText(total),
            value: async () => {
              const text = await ask(title).input({
                prompt: l10n.t('Size in GiB; 0 removes the swap file'),
                value: swap === undefined ? '2' : '0',
                validate: whole,
              });
              await runTask(ui, machine, setSwap(Number(text)));
            },
          },
        ],
      });
      await act();
    },
  };
}
