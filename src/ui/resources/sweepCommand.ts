import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import { sumOf } from '../../core/cloud/resources/costs';
import { nameOf, type Resource } from '../../core/cloud/resources/stock';
import type { Swept } from '../../core/cloud/resources/sweep';
import type { ResourceKind } from '../../core/cloud/resources/usage';
import { CancelledError } from '../../core/errors';
import { mustBe } from '../commands/choose';
import { costText, kindText, resourceRow } from '../model/resourceRow';
import { busy } from '../notifications';
import { ask } from '../quick/wizard';
import type { ResourceDesk } from './actions';
import { isResourceNode } from './nodes';
import { kindsOf } from './resourcesModel';

/** More than these are asked for with a typed word. */
const MANY = 10;

type Ticked = vscode.QuickPickItem & { readonly resource?: Resource };

/** First a list to tick, nothing ticked; then a question that names number and money; at the end what became of each. */
export async function sweepUnused(desk: ResourceDesk, arg: unknown): Promise<void> {
  const account = await desk.account(arg, l10n.t('Sweep unused'));
  const kinds = isResourceNode(arg) && arg.kind === 'resourceKind' ? [arg.of] : kindsOf(account);
  const unused = await findUnused(desk, account, kinds);
  if (unused.length === 0) {
    desk.ui.notifications.tell(l10n.t('Nothing in {0} is known to be unused.', account.name), []);
    return;
  }
  const chosen = await tick(desk, account, unused);
  await confirm(desk, account, chosen);
  const swept: Swept[] = [];
  const done = await desk.follow(account, desk.acts.sweeper.start(account, chosen, swept), kinds);
  if (done || swept.length > 0) tellResult(desk, account, swept);
}

async function findUnused(desk: ResourceDesk, account: Account, kinds: readonly ResourceKind[]): Promise<readonly Resource[]> {
  const { stock } = desk.model;
  await busy(l10n.t('Looking for what nobody uses'), () => Promise.all(kinds.map((kind) => stock.refresh(account.id, kind))));
  for (const kind of kinds) {
    const status = stock.status(account.id, kind);
    if (status.state === 'failed') throw status.error;
  }
  const unused = kinds.flatMap((kind) => stock.list(account.id, kind).filter((one) => stock.useOf(account.id, one).state === 'unused'));
  const images = unused.filter(({ kind }) => kind === 'images');
  if (images.length === 0) return unused;
  // What others may launch from is in use as far as anyone can know.
  const cloud = await desk.ui.services.resources(account);
  const shared = await busy(l10n.t('Asking whether images are shared'), (signal) =>
    Promise.all(images.map(async ({ id }) => ((await cloud.isShared(id, signal)) ? id : undefined))),
  );
  return unused.filter(({ kind, id }) => kind !== 'images' || !shared.includes(id));
}

/** @throws CancelledError when nothing is ticked */
async function tick(desk: ResourceDesk, account: Account, unused: readonly Resource[]): Promise<readonly Resource[]> {
  const box = vscode.window.createQuickPick<Ticked>();
  box.canSelectMany = true;
  box.ignoreFocusOut = true;
  box.matchOnDescription = true;
  box.matchOnDetail = true;
  box.placeholder = l10n.t('Tick what is to be removed');
  box.items = withHeadings(desk, account, unused);
  const paint = (): void => {
    const chosen = chosenOf(box.selectedItems);
    const cost = costText(sumOf(chosen.map((one) => desk.model.costOf(account.id, one))), l10n, vscode.env.language);
    const count = l10n.t('{0} of {1}', chosen.length, unused.length);
    box.title = [l10n.t('Sweep unused: {0}', count), cost].filter((part) => part !== undefined).join(' · ');
  };
  paint();
  try {
    const chosen = await new Promise<readonly Resource[]>((resolve, reject) => {
      box.onDidChangeSelection(paint);
      box.onDidAccept(() => resolve(chosenOf(box.selectedItems)));
      box.onDidHide(() => reject(new CancelledError()));
      box.show();
    });
    if (chosen.length === 0) throw new CancelledError();
    return chosen;
  } finally {
    box.dispose();
  }
}

const chosenOf = (items: readonly Ticked[]): readonly Resource[] =>
  items.flatMap(({ resource }) => (resource === undefined ? [] : [resource]));

function withHeadings(desk: ResourceDesk, account: Account, unused: readonly Resource[]): readonly Ticked[] {
  return unused.flatMap((resource, at) => {
    const row = resourceRow(resource, { state: 'unused' }, desk.model.costOf(account.id, resource), l10n, vscode.env.language);
    const item: Ticked = { label: row.label, description: row.description, detail: whyText(resource), resource };
    if (unused[at - 1]?.kind === resource.kind) return [item];
    return [{ label: kindText(resource.kind, l10n), kind: vscode.QuickPickItemKind.Separator }, item];
  });
}

/** Why it counts as unused, and what is lost with it. */
function whyText({ kind, item }: Resource): string {
  const at = (ms: number): string => new Date(ms).toLocaleDateString(vscode.env.language);
  switch (kind) {
    case 'volumes':
      return l10n.t('No machine has it; made {0}. What is on it is lost.', at(item.createdAt));
    case 'snapshots':
      return l10n.t('Its disk is gone and no image is made of it; made {0}. It may be the last copy.', at(item.createdAt));
    case 'images':
      return l10n.t('No machine and no launch template uses it; made {0}. Its snapshots go with it.', at(item.createdAt));
    case 'addresses':
      return l10n.t('No machine and no service has it.');
    case 'groups':
      return l10n.t('No machine, no service, no other group and no launch template uses it.');
    case 'keyPairs':
      return l10n.t('No machine was launched with it. The private key on this computer stays.');
  }
}

async function confirm(desk: ResourceDesk, account: Account, chosen: readonly Resource[]): Promise<void> {
  const cost = costText(sumOf(chosen.map((one) => desk.model.costOf(account.id, one))), l10n, vscode.env.language);
  const title = l10n.t('Remove {0} unused things from {1}?', chosen.length, account.name);
  const saves = cost === undefined ? l10n.t('They cost nothing.') : l10n.t('This saves {0}.', cost);
  if (chosen.length > MANY) {
    const word = l10n.t('remove');
    const prompt = l10n.t('{0} It cannot be undone. Type “{1}” to go on.', saves, word);
    const validate = (value: string): string | undefined => (value.trim() === word ? undefined : l10n.t('Type “{0}”.', word));
    await ask(title).input({ prompt, validate });
    return;
  }
  const names = chosen.map((one) => `${kindText(one.kind, l10n)}: ${nameOf(one)}`).join('\n');
  const remove = l10n.t('Remove');
  const detail = `${names}\n\n${saves} ${l10n.t('This cannot be undone.')}`;
  mustBe(await vscode.window.showWarningMessage(title, { modal: true, detail }, remove), remove);
}

function tellResult(desk: ResourceDesk, account: Account, swept: readonly Swept[]): void {
  const gone = swept.filter(({ result }) => result === 'gone');
  const left = swept.filter(({ result }) => result !== 'gone');
  const cost = costText(sumOf(gone.map(({ resource }) => desk.model.costOf(account.id, resource))), l10n, vscode.env.language);
  const done = cost === undefined ? l10n.t('{0} removed.', gone.length) : l10n.t('{0} removed, which saves {1}.', gone.length, cost);
  if (left.length === 0) {
    desk.ui.notifications.tell(done, []);
    return;
  }
  const lines = left.map(({ resource, result, why }) => {
    const reason = result === 'used' ? l10n.t('is in use by now and was left alone') : (why ?? '');
    return `${kindText(resource.kind, l10n)}: ${nameOf(resource)} (${resource.id})\n    ${reason}`;
  });
  const show = { label: l10n.t('Show What Stayed'), act: () => desk.ui.documents.showText(l10n.t('Not removed'), `${lines.join('\n')}\n`) };
  desk.ui.notifications.tell(l10n.t('{0} {1} stayed.', done, left.length), [show]);
}
