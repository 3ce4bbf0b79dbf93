import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { Account } from '../../core/cloud/model';
import type { AccessKeys } from '../../core/cloud/ports';
import { SkylabError } from '../../core/errors';
import { Secret } from '../../core/secret';
import { busy } from '../notifications';
import { regions } from '../model/regions';
import type { Ask, Pick, WizardStep } from '../quick/wizard';
import { required, wizard } from '../quick/wizard';
import type { Ui } from '../ui';
import { chooseAccount, mustBe } from './choose';
import type { Handlers } from './registry';
import { addGivenMachine } from './given';

type Source =
  | { readonly kind: 'profile'; readonly profile: string; readonly region?: string }
  | { readonly kind: 'keys' }
  /** The access key that stands in `~/.boto`. */
  | { readonly kind: 'boto'; readonly keys: AccessKeys }
  | { readonly kind: 'endpoint' }
  | { readonly kind: 'practice'; readonly endpoint: string }
  | { readonly kind: 'given' };

const DEFAULT_REGION = 'us-east-1';

export function accountCommands(ui: Ui): Handlers {
  return {
    'skylab.addAccount': () => addAccount(ui),
    'skylab.usePracticeCloud': () => usePracticeCloud(ui),
    'skylab.removeAccount': (arg) => removeAccount(ui, arg),
    'skylab.editAccount': (arg) => editAccount(ui, arg),
  };
}

interface Answers {
  readonly source: Source;
  readonly region: string;
  readonly keys?: AccessKeys;
}

/** @param before what was answered the last time, when the cloud refused it: it need not be typed anew */
async function addAccount(ui: Ui, before?: Answers): Promise<void> {
  const title = l10n.t('Add a cloud account');
  let source: Source = before?.source ?? { kind: 'keys' };
  let region = before?.region ?? DEFAULT_REGION;
  let keys: AccessKeys | undefined;
  await wizard(title, [
    async (ask) => {
      if (before !== undefined) return false;
      source = await ask.pick({ placeholder: l10n.t('Where are your machines?'), items: sources(ui) });
      if (source.kind === 'profile') region = source.region ?? DEFAULT_REGION;
      return true;
    },
    ...keySteps(
      () => source.kind === 'keys',
      (value) => (keys = value),
      before?.keys?.accessKeyId,
    ),
    async (ask) => {
      if (source.kind === 'boto') keys = source.keys;
      if (source.kind !== 'profile' && source.kind !== 'keys' && source.kind !== 'boto') return false;
      region = await pickRegion(ask, region);
      return true;
    },
  ]);
  const answers = { source, region, ...(keys && { keys }) };
  try {
    await finish(ui, answers);
  } catch (error) {
    ui.errors.show(error, () => addAccount(ui, answers));
  }
}

async function finish(ui: Ui, { source, region, keys }: Answers): Promise<void> {
  const id = randomUUID();
  switch (source.kind) {
    case 'profile':
      return add(ui, { kind: 'profile', id, name: source.profile, profile: source.profile, region });
    case 'keys':
    case 'boto':
      return add(ui, { kind: 'keys', id, name: l10n.t('AWS {0}', keys?.accessKeyId.slice(-4) ?? ''), region }, keys);
    case 'endpoint':
      return (await import('../clouds/endpointAccount')).addEndpoint(ui, { add: (account, typed) => add(ui, account, typed), pickRegion });
    case 'practice':
      return usePracticeCloud(ui);
    case 'given':
      return addGivenMachine(ui);
  }
}

async function sources(ui: Ui): Promise<readonly Pick<Source>[]> {
  const practice = ui.settings.practiceCloudEndpoint;
  // Unreadable AWS files must not bar the other ways in; the sentence stands where the profiles would.
  const profiles = await ui.services.profiles.list().catch((error: unknown) => {
    ui.errors.show(error);
    return [];
  });
  const how = {
    keys: l10n.t('access keys'),
    sso: l10n.t('single sign-on'),
    role: l10n.t('role'),
    process: l10n.t('credential process'),
    other: l10n.t('profile'),
  };
  const section = (label: string): Pick<Source> => ({ label, kind: vscode.QuickPickItemKind.Separator, value: { kind: 'given' } });
  const items: Pick<Source>[] = [
    ...(profiles.length > 0 ? [section(l10n.t('AWS profiles on this computer'))] : []),
    ...profiles.map(({ name, region, kind }) => ({
      label: `$(account) ${name}`,
      description: [how[kind], region].filter(Boolean).join(' · '),
      value: { kind: 'profile' as const, profile: name, ...(region !== undefined && { region }) },
    })),
    section(l10n.t('Other ways')),
  ];
  if (practice !== undefined) {
    const detail = l10n.t('Real machines in containers on this computer; costs nothing');
    items.push({
      label: `$(beaker) ${l10n.t('Practice cloud')}`,
      description: practice,
      detail,
      value: { kind: 'practice', endpoint: practice },
    });
  }
  const boto = await ui.services.profiles.botoKeys().catch((error: unknown) => {
    ui.errors.show(error);
    return undefined;
  });
  if (boto !== undefined)
    items.push({
      label: `$(key) ${l10n.t('The access key in ~/.boto')}`,
      description: boto.accessKeyId,
      value: { kind: 'boto', keys: boto },
    });
  items.push(
    { label: `$(key) ${l10n.t('AWS access keys…')}`, description: l10n.t('kept in the system’s keychain'), value: { kind: 'keys' } },
    { label: `$(server-environment) ${l10n.t('EC2-compatible endpoint…')}`, description: 'OpenNebula, …', value: { kind: 'endpoint' } },
    { label: `$(vm-connect) ${l10n.t('I was given a machine…')}`, description: l10n.t('any SSH host'), value: { kind: 'given' } },
  );
  return items;
}

function keySteps(wanted: () => boolean, done: (keys: AccessKeys) => void, lastId = ''): WizardStep[] {
  let accessKeyId = lastId;
  return [
    async (ask) => {
      if (!wanted()) return false;
      const prompt = l10n.t('Access key ID');
      accessKeyId = (
        await ask.input({ prompt, value: accessKeyId, placeholder: 'AKIA…', validate: required(l10n.t('the access key ID')) })
      ).trim();
      return true;
    },
    async (ask) => {
      if (!wanted()) return false;
      const prompt = l10n.t('Secret access key (kept in the system’s keychain)');
      const secret = await ask.input({ prompt, password: true, validate: required(l10n.t('the secret access key')) });
      done({ accessKeyId, secretAccessKey: new Secret(secret.trim()) });
      return true;
    },
  ];
}

/** The current region stands first: Enter takes it. */
function pickRegion(ask: Ask, current: string): Promise<string> {
  const places = new Map(regions);
  const others = [...places.keys()].filter((name) => name !== current);
  const items = [current, ...others].map((value) => ({ label: value, value, ...describe(places.get(value)) }));
  return ask.pick({ placeholder: l10n.t('Which region? Enter takes {0}.', current), items });
}

const describe = (description: string | undefined): { description?: string } => (description === undefined ? {} : { description });

/** Proves the account, keeps it, and shows it. */
async function add(ui: Ui, account: Account, keys?: AccessKeys): Promise<void> {
  const same = ui.services.accounts.list().find((one) => describes(one, account));
  if (same) throw new SkylabError(`${same.name} in ${same.region} is in the list already.`);
  await busy(l10n.t('Checking {0}', account.name), () => ui.services.accounts.add(account, keys));
  await vscode.commands.executeCommand('skylab.machines.focus');
  await ui.services.machines.refresh(account.id);
  if (ui.services.machines.status(account.id).state !== 'loaded' || ui.services.machines.of(account.id).length > 0) return;
  ui.notifications.tell(l10n.t('{0} is connected and has no machines yet.', account.name), [
    {
      label: l10n.t('Launch Machine…'),
      act: () => vscode.commands.executeCommand('skylab.launch', { kind: 'account', accountId: account.id }),
    },
  ]);
}

function describes(a: Account, b: Account): boolean {
  if (a.region !== b.region) return false;
  if (a.kind === 'profile' && b.kind === 'profile') return a.profile === b.profile;
  if (a.kind === 'endpoint' && b.kind === 'endpoint') return a.endpoint === b.endpoint;
  return a.kind === 'keys' && b.kind === 'keys' && a.name === b.name;
}

/** Access keys that every practice cloud knows; they open nothing else. */
const PRACTICE_KEYS: AccessKeys = { accessKeyId: 'AKIAPRACTICE00000001', secretAccessKey: new Secret('practice') };

async function usePracticeCloud(ui: Ui): Promise<void> {
  const endpoint = ui.settings.practiceCloudEndpoint;
  if (endpoint === undefined) {
    throw new SkylabError('No practice cloud is set.', { next: 'Put its address into the setting skylab.practiceCloud.endpoint.' });
  }
  const name = l10n.t('Practice cloud');
  await add(ui, { kind: 'endpoint', id: randomUUID(), name, endpoint, region: DEFAULT_REGION }, PRACTICE_KEYS);
}

async function removeAccount(ui: Ui, arg: unknown): Promise<void> {
  const account = await chooseAccount(ui, arg, l10n.t('Remove account'));
  const machines = ui.services.machines.of(account.id).length;
  const remove = l10n.t('Remove');
  const keys =
    account.kind === 'profile' ? l10n.t('The profile in ~/.aws stays as it is.') : l10n.t('Its keys are taken out of the keychain.');
  const rest =
    machines === 0 ? l10n.t('Nothing changes in the cloud.') : l10n.t('Its machines go on as they are, and go on costing money.');
  const detail = `${keys} ${rest}`;
  mustBe(
    await vscode.window.showWarningMessage(l10n.t('Remove {0} from the list?', account.name), { modal: true, detail }, remove),
    remove,
  );
  await ui.services.accounts.remove(account.id);
}

/** Asks the keys (or the region) anew and proves them before the old ones go. */
async function editAccount(ui: Ui, arg: unknown): Promise<void> {
  const account = await chooseAccount(ui, arg, l10n.t('Edit account'));
  let keys: AccessKeys | undefined;
  let region = account.region;
  await wizard(l10n.t('Edit {0}', account.name), [
    ...keySteps(
      () => account.kind !== 'profile',
      (value) => (keys = value),
    ),
    async (ask) => {
      if (account.kind === 'endpoint' && account.flavor === 'opennebula') return false;
      region = await pickRegion(ask, region);
      return true;
    },
  ]);
  let proved: { readonly account: Account; readonly keys?: AccessKeys } = { account: { ...account, region }, ...(keys && { keys }) };
  if (account.kind === 'endpoint' && account.flavor !== undefined && keys !== undefined)
    proved = await (await import('../clouds/endpointAccount')).signIn(ui, { ...account, region, signature: 'auto' }, keys);
  await busy(l10n.t('Checking {0}', account.name), () => ui.services.accounts.add(proved.account, proved.keys));
  await ui.services.machines.refresh(account.id);
}
