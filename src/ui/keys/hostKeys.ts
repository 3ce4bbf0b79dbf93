import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { HostKeyChange } from '../../core/errors';
import { SkylabError } from '../../core/errors';
import { fingerprintOf, judge } from '../../core/ssh/hostKeys';
import type { HostKeyReport } from '../../core/ssh/hostTrust';
import { comparePasted } from '../../core/ssh/keys/pasted';
import { md5Of } from '../../core/ssh/keys/publicKeys';
import { chooseMachine, mustBe } from '../commands/choose';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';

type HostKey = HostKeyChange['offered'];

interface Choice {
  readonly label: string;
  readonly act: () => unknown;
}

/** Looks at the key that a machine offers now, and says what it is beside the trusted one and the console. */
export async function checkHostKey(ui: Ui, arg: unknown): Promise<void> {
  const machine = await chooseMachine(ui, arg, l10n.t('Check host key'));
  const report = await busy(l10n.t('Looking at the host key of {0}', machine.name), (signal) =>
    ui.services.access.hostKeyReport(machine, signal),
  );
  const { offered, trusted, judgement } = report;
  const hostKeyAlias = machine.kind === 'instance' ? machine.instance.id : machine.given.target.hostKeyAlias;
  const change: HostKeyChange = { name: machine.name, hostKeyAlias, offered, trusted };
  const onConsole = consoleVerdict(report);
  const key = `${offered.type} ${fingerprintOf(offered)}`;
  if (judgement === 'revoked') {
    throw new SkylabError(`The host key of ${machine.name} is marked as revoked in known_hosts: ${key}.`, {
      next: 'Ask whoever runs it for a new host key.',
    });
  }
  if (judgement === 'match') {
    ui.notifications.tell([l10n.t('{0} offers the trusted host key: {1}.', machine.name, key), onConsole].filter(Boolean).join(' '), [
      { label: l10n.t('Copy Fingerprint'), act: () => vscode.env.clipboard.writeText(fingerprintOf(offered)) },
    ]);
    return;
  }
  const said =
    judgement === 'unknown'
      ? l10n.t('{0} offers {1}; no key of it is trusted yet.', machine.name, key)
      : l10n.t('{0} offers {1}, which is not the trusted key.', machine.name, key);
  ui.notifications.tell([said, onConsole].filter(Boolean).join(' '), [
    ...(judgement === 'changed' ? [{ label: l10n.t('Show Both'), act: () => showBoth(change) }] : []),
    { label: l10n.t('Replace Key…'), act: () => replaceHostKey(ui, change, undefined) },
  ]);
}

/** Fingerprints side by side, in a document that can be copied from. */
export async function showBoth({ name, offered, trusted }: HostKeyChange): Promise<void> {
  const lines = (key: HostKey): string[] => {
    const blob = Buffer.from(key.blob, 'base64');
    return [`  ${key.type}`, `  ${fingerprintOf(key)}`, `  ${md5Of(blob)}`, `  ${key.type} ${key.blob}`];
  };
  const content = [
    l10n.t('Host key of {0}', name),
    '',
    l10n.t('Trusted until now:'),
    ...trusted.flatMap(lines),
    '',
    l10n.t('Offered now:'),
    ...lines(offered),
    '',
    l10n.t('They differ. Either the machine was set up anew, or something between you and it answers in its place.'),
    '',
  ].join('\n');
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language: 'plaintext' }), { preview: true });
}

/** Only after the person has confirmed, or has pasted the new key's fingerprint. */
export async function replaceHostKey(ui: Ui, change: HostKeyChange, retry: (() => unknown) | undefined): Promise<void> {
  const { name, hostKeyAlias, offered, trusted } = change;
  const replace = l10n.t('Replace');
  const paste = l10n.t('Paste Fingerprint…');
  const shown = (key: HostKey): string => `${key.type}\n${fingerprintOf(key)}`;
  const detail = [
    ...(trusted.length === 0 ? [] : [l10n.t('Trusted until now:'), ...trusted.map(shown)]),
    l10n.t('Offered now:'),
    shown(offered),
    l10n.t('Replace it only if you know that {0} was set up anew, or if this fingerprint is the one that its owner gives you.', name),
  ].join('\n\n');
  const answer = await vscode.window.showWarningMessage(
    l10n.t('Trust another host key of {0}?', name),
    { modal: true, detail },
    replace,
    paste,
  );
  if (answer === paste) {
    const pasted = await askFingerprint(name);
    if (comparePasted(pasted, offered) !== 'match') throw mismatch(name, offered);
  } else mustBe(answer, replace);
  await ui.services.access.replaceHostKey(hostKeyAlias, offered);
  const again: Choice[] = retry === undefined ? [] : [{ label: l10n.t('Try Again'), act: retry }];
  ui.notifications.tell(l10n.t('The new host key of {0} is trusted.', name), again);
}

/** Asks for something to compare a key with. */
export function askFingerprint(name: string): Promise<string> {
  const none = { type: '', blob: '' };
  const validate = (value: string): string | undefined =>
    comparePasted(value, none) === 'unreadable'
      ? l10n.t('This is no fingerprint and no key: paste SHA256:…, an MD5, or a line of known_hosts.')
      : undefined;
  return ask(l10n.t('Host key of {0}', name)).input({
    prompt: l10n.t('The fingerprint or key that its owner gave you'),
    placeholder: 'SHA256:…',
    validate,
  });
}

function mismatch(name: string, offered: HostKey): SkylabError {
  return new SkylabError(
    `What answers as ${name} is not the machine that your fingerprint belongs to: it offers ${offered.type} ${fingerprintOf(offered)}. Nothing was replaced.`,
    {
      code: 'HostKeyMismatch',
      next: 'Ask whoever runs the machine whether the fingerprint is still right. If it is, someone is in between.',
    },
  );
}

function consoleVerdict({ console, offered }: HostKeyReport): string | undefined {
  switch (console?.outcome) {
    case undefined:
      return undefined;
    case 'blank':
      return l10n.t('Its console shows nothing yet.');
    case 'absent':
      return l10n.t('Its console does not print the host keys.');
    case 'keys':
      return judge(offered, console.keys, []) === 'match'
        ? l10n.t('Its console prints the same key.')
        : l10n.t('Its console prints another key: do not go on.');
  }
}
