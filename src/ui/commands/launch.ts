import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { LaunchOptions, Launcher } from '../../core/cloud/launch';
import type { Account, Image, InstanceType } from '../../core/cloud/model';
import { fittingTypes, sizeCards, usualType } from '../../shared/launchForm';
import type { LaunchSpec } from '../../shared/launchSpec';
import { companionName, nameProblem } from '../../shared/launchSpec';
import type { Pick } from '../quick/wizard';
import { wizard } from '../quick/wizard';
import { isNode } from '../tree/nodes';
import type { Ui } from '../ui';
import { chooseAccount, mustBe } from './choose';
import type { Handlers } from './registry';

export function launchCommands(ui: Ui): Handlers {
  return {
    'skylab.launch': async (arg) => {
      const accountId = isNode(arg) && 'accountId' in arg ? arg.accountId : undefined;
      await openLaunch(ui, accountId === undefined ? {} : { accountId });
    },
    'skylab.launchQuick': async (arg) => launchQuick(ui, await chooseAccount(ui, arg, l10n.t('Launch a machine'))),
  };
}

/** Opens the launch form. @param options.spec filled in, such as one from a file; otherwise the account's last launch is */
export async function openLaunch(ui: Ui, options: { readonly accountId?: string; readonly spec?: LaunchSpec } = {}): Promise<void> {
  const { LaunchPanel } = await import('../webviews/launchPanel');
  LaunchPanel.show(ui, options);
}

/** The launch form's questions one after the other, for those who keep their hands on the keys. */
async function launchQuick(ui: Ui, account: Account): Promise<void> {
  const launcher = await ui.services.launcher();
  const options = launcher.options(account.id);
  // The first pick that needs them shows the error; until then it is nobody's unhandled rejection.
  options.catch(() => undefined);
  const spec = await askSpec(account, launcher, options, ui);
  const summary = await summarize(spec, options);
  const launch = l10n.t('Launch');
  const title = l10n.t('Launch {0}?', spec.name);
  mustBe(await vscode.window.showInformationMessage(title, { modal: true, detail: summary }, launch), launch);
  launcher.launch(spec);
}

async function askSpec(account: Account, launcher: Launcher, options: Promise<LaunchOptions>, ui: Ui): Promise<LaunchSpec> {
  let name = '';
  let image: Image | undefined;
  let type = '';
  let keyPair: LaunchSpec['keyPair'] = { kind: 'new', name: '' };
  let securityGroup: LaunchSpec['securityGroup'] | undefined;
  const taken = new Set(ui.services.machines.of(account.id).map((machine) => machine.name));
  await wizard(l10n.t('Launch in {0}', account.name), [
    async (step) => {
      const validate = (text: string): string | undefined =>
        nameProblem(text) ?? (taken.has(text) ? l10n.t('There is a machine with this name already.') : undefined);
      name = await step.input({ prompt: l10n.t('Name of the machine'), placeholder: 'ada', value: name, validate });
      return true;
    },
    async (step) => {
      const items = options.then(({ images }) => images.map(imageItem));
      const search = async (text: string): Promise<Pick<Image>[]> => (await launcher.searchImages(account.id, text)).map(imageItem);
      image = await step.pick({ placeholder: l10n.t('Image'), items, search, active: ({ id }) => id === image?.id });
      return true;
    },
    async (step) => {
      const items = options.then(({ instanceTypes }) => typeItems(instanceTypes, image));
      const usual = type || usualType((await options).instanceTypes, image?.architecture ?? '')?.name;
      type = await step.pick({ placeholder: l10n.t('Size'), items, active: (one) => one === usual });
      return true;
    },
    async (step) => {
      const items = options.then((known) => keyItems(known, name));
      keyPair = await step.pick({ placeholder: l10n.t('Key pair'), items });
      return true;
    },
    async (step) => {
      const items = options.then((known) => groupItems(known, name));
      securityGroup = await step.pick({ placeholder: l10n.t('Who may reach it'), items });
      return true;
    },
  ]);
  const minDisk = image?.minDiskGiB ?? 8;
  return {
    accountId: account.id,
    name,
    imageId: image?.id ?? '',
    instanceType: type,
    keyPair,
    securityGroup: securityGroup ?? newGroup(name, []),
    diskGiB: Math.max(20, minDisk),
    userData: '',
    count: 1,
  };
}

function imageItem(value: Image): Pick<Image> {
  const icon = value.featured ? '$(star-full)' : '$(package)';
  return { label: `${icon} ${value.label}`, description: `${value.architecture} · ${value.id}`, detail: value.name, value };
}

/** The form's three cards first, then every size. */
function typeItems(types: readonly InstanceType[], image: Image | undefined): Pick<string>[] {
  const architecture = image?.architecture ?? '';
  const item = (type: InstanceType): Pick<string> => {
    const memory = l10n.t('{0} GiB memory', Number((type.memoryMiB / 1024).toFixed(2)));
    const facts = [l10n.t('{0} vCPU', type.vcpus), memory, ...(type.freeTier ? [l10n.t('free tier')] : [])];
    return { label: type.name, description: facts.join(' · '), value: type.name };
  };
  const section = (label: string): Pick<string> => ({ label, kind: vscode.QuickPickItemKind.Separator, value: '' });
  const usual = sizeCards(types, architecture);
  const others = fittingTypes(types, architecture).filter((type) => !usual.includes(type));
  return [section(l10n.t('Usual sizes')), ...usual.map(item), section(l10n.t('All others')), ...others.map(item)];
}

function keyItems({ keyPairs, publicKeys }: LaunchOptions, machine: string): Pick<LaunchSpec['keyPair']>[] {
  const pairs = keyPairs.map((pair) => pair.name);
  const name = companionName(machine, pairs);
  const fresh = { label: `$(add) ${l10n.t('New key pair {0}', name)}`, description: l10n.t('ed25519, made on this computer') };
  // A key that Skylab made belongs to its own machine.
  const ownKeys = publicKeys.filter(({ path }) => !path.includes('/.ssh/skylab/'));
  const here = keyPairs.filter((pair) => pair.identityFile !== undefined);
  const elsewhere = keyPairs.filter((pair) => pair.identityFile === undefined);
  return [
    { ...fresh, value: { kind: 'new', name } },
    ...here.map((pair) => ({
      label: `$(key) ${pair.name}`,
      description: `${pair.type} · ${pair.identityFile ?? ''}`,
      value: { kind: 'existing' as const, name: pair.name, ...(pair.identityFile !== undefined && { identityFile: pair.identityFile }) },
    })),
    ...ownKeys.map(({ path, comment }) => ({
      label: `$(arrow-up) ${l10n.t('Import {0}', path)}`,
      description: comment,
      value: { kind: 'import' as const, name, publicKeyFile: path },
    })),
    ...elsewhere.map((pair) => ({
      label: `$(key) ${pair.name}`,
      description: `${pair.type} · ${l10n.t('its private key is not on this computer')}`,
      value: { kind: 'existing' as const, name: pair.name },
    })),
  ];
}

function newGroup(machine: string, taken: readonly string[]): Extract<LaunchSpec['securityGroup'], { kind: 'new' }> {
  return { kind: 'new', name: companionName(machine, taken), ssh: true, http: true, https: true };
}

function groupItems({ securityGroups, myAddresses }: LaunchOptions, machine: string): Pick<LaunchSpec['securityGroup']>[] {
  const fresh = newGroup(
    machine,
    securityGroups.map((group) => group.name),
  );
  const mine = myAddresses.length === 0 ? l10n.t('my address') : myAddresses.join(', ');
  return [
    {
      label: `$(shield) ${l10n.t('A lab with a site')}`,
      description: l10n.t('SSH from {0}; HTTP and HTTPS from everywhere', mine),
      value: fresh,
    },
    { label: `$(lock) ${l10n.t('SSH only')}`, description: l10n.t('from {0}', mine), value: { ...fresh, http: false, https: false } },
    ...securityGroups.map((group) => ({
      label: `$(list-unordered) ${group.name}`,
      description: group.id,
      detail: group.description,
      value: { kind: 'existing' as const, id: group.id },
    })),
  ];
}

async function summarize(spec: LaunchSpec, loaded: Promise<LaunchOptions>): Promise<string> {
  const options = await loaded;
  const image = options.images.find((one) => one.id === spec.imageId);
  const key = {
    new: l10n.t('a new key pair {0}', spec.keyPair.name),
    import: l10n.t('your public key as {0}', spec.keyPair.name),
    existing: l10n.t('the key pair {0}', spec.keyPair.name),
  };
  const group = spec.securityGroup;
  const ports =
    group.kind === 'existing'
      ? l10n.t('the group {0}', options.securityGroups.find((one) => one.id === group.id)?.name ?? group.id)
      : l10n.t(
          'a new group {0} with {1}',
          group.name,
          group.http ? l10n.t('SSH from your address, HTTP and HTTPS') : l10n.t('SSH from your address'),
        );
  return [
    l10n.t('{0}, {1}, {2} GiB encrypted disk', spec.instanceType, image?.label ?? spec.imageId, spec.diskGiB),
    l10n.t('Opened by {0}', key[spec.keyPair.kind]),
    l10n.t('Reached through {0}', ports),
  ].join('\n');
}
