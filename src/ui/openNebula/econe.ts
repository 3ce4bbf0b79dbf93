import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import type { CloudLog } from '../../core/openNebula/econe';
import { readCloudLog, runEcone, setEcone } from '../../core/openNebula/econe';
import { ECONE_KEYS, endpointOf, readEconeConf } from '../../core/openNebula/econeConf';
import { confOf, econeFacts } from '../../core/openNebula/econeFacts';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { dropProxy, askProxy } from './proxy';
import { runTask } from '../upkeep/run';

/** econe-server: its settings, whether it runs, what it has written. */
export async function askEcone(ui: Ui, machine: Machine): Promise<void> {
  const { upkeep } = await ui.services.upkeep();
  const facts = await busy(l10n.t('Looking at {0}', machine.name), (signal) => upkeep.look(machine, econeFacts, signal));
  const conf = confOf(facts);
  const values = readEconeConf(conf);
  const state = facts.running ? l10n.t('runs at {0}', endpointOf(conf)) : l10n.t('does not run');
  const act = await ask(l10n.t('EC2 interface of OpenNebula on {0}: {1}', machine.name, state)).pick<() => Promise<unknown>>({
    placeholder: l10n.t('Choose a setting, or what to do'),
    items: [
      ...(facts.running
        ? [
            { label: `$(debug-restart) ${l10n.t('Restart')}`, value: () => runTask(ui, machine, runEcone('restart')) },
            { label: `$(debug-stop) ${l10n.t('Stop')}`, value: () => runTask(ui, machine, runEcone('stop')) },
          ]
        : [{ label: `$(play) ${l10n.t('Start')}`, value: () => runTask(ui, machine, runEcone('start')) }]),
      {
        label: `$(lock) ${l10n.t('TLS by lighttpd…')}`,
        description: l10n.t('a certificate of your own'),
        value: () => askProxy(ui, machine, conf),
      },
      ...(values.has('ssl_server') ? [{ label: `$(trash) ${l10n.t('Take the proxy away')}`, value: () => dropProxy(ui, machine) }] : []),
      { label: `$(output) ${l10n.t('Logs…')}`, value: () => askLog(ui, machine) },
      ...Object.entries(ECONE_KEYS).map(([key, { what }]) => {
        const value = values.get(key);
        return {
          label: `$(gear) :${key}:`,
          description: value === undefined || value === '' ? l10n.t('not set') : value,
          detail: what,
          value: () => askKey(ui, machine, key, value ?? ''),
        };
      }),
    ],
  });
  await act();
}

async function askKey(ui: Ui, machine: Machine, key: string, value: string): Promise<void> {
  const known = ECONE_KEYS[key];
  if (known === undefined) return;
  const empty = (text: string): boolean => known.optional === true && text === '';
  const text = await ask(l10n.t(':{0}: of econe.conf on {1}', key, machine.name)).input({
    prompt: known.optional === true ? l10n.t('{0}; empty for none', known.what) : known.what,
    value,
    validate: (typed) => (empty(typed.trim()) ? undefined : known.check(typed.trim())),
  });
  await runTask(ui, machine, setEcone({ [key]: empty(text.trim()) ? undefined : text.trim() }));
}

async function askLog(ui: Ui, machine: Machine): Promise<void> {
  const names: Readonly<Record<CloudLog, string>> = {
    'econe-server.log': l10n.t('requests, and what became of them'),
    'econe-server.error': l10n.t('why econe-server did not start, or ended'),
    'oned.log': l10n.t('OpenNebula itself'),
    'sched.log': l10n.t('which machine goes to which host'),
  };
  const name = await ask(l10n.t('Logs of OpenNebula on {0}', machine.name)).pick<CloudLog>({
    placeholder: l10n.t('Which one? The last 2,000 lines are shown'),
    items: (Object.keys(names) as CloudLog[]).map((log) => ({ label: `$(output) ${log}`, description: names[log], value: log })),
  });
  const { upkeep } = await ui.services.upkeep();
  const text = await busy(l10n.t('Reading {0}', name), (signal) => upkeep.look(machine, readCloudLog(name), signal));
  await ui.documents.showText(`${machine.name} ${name}`, text);
}
