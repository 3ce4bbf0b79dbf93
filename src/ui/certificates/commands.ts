import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { CertificateLook, Shown } from '../../core/certificates/certificates';
import type { GivenCertificate } from '../../core/certificates/given';
import { stackEdits } from '../../core/certificates/inStack';
import type { FileChange } from '../../core/certificates/inStack';
import type { Target } from '../../core/certificates/own';
import { editOf, ownFiles, stackOf, targetsOf, useOwn, usesOwn } from '../../core/certificates/own';
import { renewalTimer, tryRenewal } from '../../core/certificates/renewal';
import type { Machine } from '../../core/cloud/model';
import { chooseMachine } from '../commands/choose';
import type { Handlers } from '../commands/registry';
import { certificateReport, keeperText, keptOf, problemText, standingOf, untilText } from '../model/certificateText';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { Ui } from '../ui';
import { runTask } from '../upkeep/run';
import { askGiven } from './files';
import { offerFolder } from './folder';
import { rememberCertificates } from './notes';

/** Milliseconds for which a certificate of the short-lived kind counts at most. */
const SHORT_MS = 28 * 86_400_000;

type Act = () => unknown;
interface Item {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: Act;
}

/** @param seen has the machines' rows painted anew */
export function certificateCommands(ui: Ui, seen: () => Promise<void>): Handlers {
  return {
    'skylab.setUp.certificates': async (arg) => {
      const machine = await chooseMachine(ui, arg, l10n.t('Certificates'));
      const look = await lookAt(ui, machine, seen);
      const act = await ask(l10n.t('Certificates of {0}', machine.name)).pick<Act>({
        placeholder: look.shown.length === 0 ? l10n.t('Nothing speaks TLS there yet') : l10n.t('Choose a site, or what to do'),
        items: items(ui, machine, look, seen),
      });
      await act();
    },
  };
}

async function lookAt(ui: Ui, machine: Machine, seen: () => Promise<void>): Promise<CertificateLook> {
  const certificates = await ui.services.certificates();
  const look = await busy(l10n.t('Looking at the certificates of {0}', machine.name), (signal) => certificates.look(machine, signal));
  // What counts only for days is renewed by its server all the time: what was seen says nothing of tomorrow.
  const named = look.shown.flatMap(({ name, certificate: { from, until } }) =>
    name === undefined || until - from < SHORT_MS ? [] : [{ site: name, until }],
  );
  await rememberCertificates(ui.services.memento, machine.key, named);
  await seen();
  return look;
}

function items(ui: Ui, machine: Machine, look: CertificateLook, seen: () => Promise<void>): readonly Item[] {
  const { facts, shown } = look;
  const targets = targetsOf(facts);
  const after = async (done: boolean): Promise<void> => {
    if (done) await lookAt(ui, machine, seen);
  };
  const use =
    (target: Target): Act =>
    async () =>
      after(await useOne(ui, machine, look, target));
  const page = (): Promise<void> =>
    ui.documents.showText(
      `${l10n.t('Certificates of {0}', machine.name)}.md`,
      certificateReport(machine.name, look, Date.now(), l10n, vscode.env.language),
    );
  return [
    ...shown.map((one): Item => {
      const target = targets.find(({ host, port }) => host === one.name && port === one.port);
      return { ...shownItem(one, look), value: target === undefined ? page : use(target) };
    }),
    // nginx's sites that have no TLS yet can be given a certificate too
    ...targets
      .filter(({ host, port }) => !shown.some((one) => one.name === host && one.port === port))
      .map((target): Item => ({
        label: `$(circle-slash) ${target.host}`,
        description: l10n.t('no certificate is shown; choose to give it one'),
        value: use(target),
      })),
    ...(facts.certbot === undefined
      ? []
      : [
          {
            label: `$(sync) ${l10n.t('Try certbot’s renewal')}`,
            description: l10n.t('a rehearsal: changes nothing'),
            value: () => runTask(ui, machine, tryRenewal(look.user)),
          },
          ...(facts.certbot.timer
            ? []
            : [
                {
                  label: `$(warning) ${l10n.t('Nothing renews certbot’s certificates')}`,
                  description: l10n.t('choose to have it done twice a day'),
                  value: () => runTask(ui, machine, renewalTimer(look.user)),
                },
              ]),
        ]),
    { label: `$(open-preview) ${l10n.t('Show everything as a page')}`, value: page },
  ];
}

function shownItem(
  one: Shown,
  { facts }: CertificateLook,
): { readonly label: string; readonly description: string; readonly detail: string } {
  const now = Date.now();
  const standing = standingOf(one, now);
  const icon = { well: 'pass', soon: 'warning', ill: 'error' }[standing];
  const kept = keptOf(facts, one);
  const parts = [
    one.certificate.issuer,
    kept === undefined ? '' : keeperText(kept.keeper, l10n),
    one.problem === undefined ? l10n.t('browsers trust it') : problemText(one.problem, l10n),
  ];
  return {
    label: `$(${icon}) ${one.name ?? l10n.t('any name')}${one.port === 443 ? '' : `:${one.port}`}`,
    description: untilText(one.certificate.until, now, l10n, vscode.env.language),
    detail: parts.filter((part) => part !== '').join(' · '),
  };
}

/** From the files to the site that shows them. @returns whether it was done */
async function useOne(ui: Ui, machine: Machine, look: CertificateLook, target: Target): Promise<boolean> {
  const title = l10n.t('Certificate for {0}', target.host);
  const given = await askGiven(title, [target.host]);
  const task = useOwn(look.user, target, given);
  if (target.kind !== 'stack') {
    const edit = editOf(look.facts, target, ownFiles(target.host));
    if (edit !== undefined) await ui.documents.showChanges(title, [{ name: edit.path, before: edit.before, after: edit.after }]);
    return runTask(ui, machine, task);
  }
  if (usesOwn(look.facts, target)) return runTask(ui, machine, task);
  const stack = stackOf(look.facts, target);
  const changes = stackEdits(stack, target.host);
  await ui.documents.showChanges(
    title,
    changes.map(({ path, before, after }) => ({ name: path, before, after })),
  );
  await confirmRelease(title, target, given, changes);
  const certificates = await ui.services.certificates();
  const operation = certificates.install(machine, { stack, host: target.host, port: target.port, given, changes });
  const done = await ui.notifications.follow(operation, { progress: true, showLog: (one) => ui.documents.showLog(one) });
  if (done) offerFolder(ui, machine, stack, target.host);
  return done;
}

async function confirmRelease(
  title: string,
  target: Target & { kind: 'stack' },
  given: GivenCertificate,
  changes: readonly FileChange[],
): Promise<void> {
  const lines = [
    l10n.t('puts the certificate into {0}, its key for root and the server only', ownFiles(target.host).folder),
    l10n.t('makes a new release of {0} that differs in {1}', target.stack, changes.map(({ path }) => path).join(', ')),
    l10n.t('starts Caddy anew: the site is away for a moment'),
    l10n.t('sees that port {0} shows it; else what serves now comes back', target.port),
  ];
  const pick = ask(title);
  const items = [
    { label: `$(check) ${l10n.t('Make these {0} changes', lines.length)}`, value: true },
    ...lines.map((line) => ({ label: `$(circle-small) ${line}`, value: false })),
    ...given.notes.map((line) => ({ label: `$(info) ${line}`, value: false })),
  ];
  while (!(await pick.pick({ placeholder: l10n.t('What will be changed'), items })));
}
