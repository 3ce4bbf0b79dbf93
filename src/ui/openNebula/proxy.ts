import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { endpointOf } from '../../core/openNebula/econeConf';
import { removeProxy, useProxy } from '../../core/openNebula/proxy';
import { askGiven } from '../certificates/files';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';

/** TLS for the EC2 interface: name, port, then the files of the certificate. */
export async function askProxy(ui: Ui, machine: Machine, conf: string): Promise<void> {
  const title = l10n.t('TLS for the EC2 interface of {0}', machine.name);
  const now = new URL(endpointOf(conf));
  const typed = await ask(title).input({
    prompt: l10n.t('Name, and port, at which it shall be reached'),
    value: now.protocol === 'https:' ? now.host : '',
    placeholder: 'cloud.example.edu:8443',
    validate: (text) => (hostOf(text) === undefined ? l10n.t('Such as cloud.example.edu:8443.') : undefined),
  });
  const wanted = hostOf(typed);
  if (wanted === undefined) return;
  const given = await askGiven(l10n.t('Certificate for {0}', wanted.host), [wanted.host]);
  await runTask(ui, machine, useProxy(wanted.host, wanted.port, given));
}

export const dropProxy = (ui: Ui, machine: Machine): Promise<boolean> => runTask(ui, machine, removeProxy());

function hostOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, digits] = /^([A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]+)(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const port = Number(digits ?? 8443);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host: host.toLowerCase(), port };
}
