import { l10n } from 'vscode';
import type { Instance, Machine } from '../../core/cloud/model';
import { dnsName, notedName } from '../../core/cloud/names/name';
import type { MachineNames } from '../../core/cloud/names/machineNames';
import type { NameWish } from '../../core/cloud/names/naming';
import { SkylabError } from '../../core/errors';
import { aliasFor } from '../../core/ssh/alias';
import { chooseMachine, inState } from '../commands/choose';
import type { Pick } from '../quick/wizard';
import { wizard } from '../quick/wizard';
import type { Ui } from '../ui';

/** Sets, changes or removes the DNS name of a machine. */
export async function dnsNameCommand(ui: Ui, arg: unknown): Promise<void> {
  const wanted = inState('running', 'pending', 'stopping', 'stopped');
  const machine = await chooseMachine(ui, arg, l10n.t('DNS name'), { wanted });
  if (machine.kind !== 'instance') throw new SkylabError(`${machine.name} has no cloud whose zones could name it.`);
  const names = await ui.services.machineNames();
  const wish = await askName(names, machine, machine.instance);
  const operation = wish === undefined ? names.remove(machine) : names.set(machine, wish);
  if (!(await ui.notifications.follow(operation, { retry: () => dnsNameCommand(ui, arg), showLog: (one) => ui.documents.showLog(one) })))
    return;
  const now = ui.services.machines.get(machine.key);
  const given = now?.kind === 'instance' ? notedName(now.instance.tags)?.name : undefined;
  const said = operation.view.steps.find((step) => step.name === 'dnsWait')?.detail;
  if (wish === undefined) ui.notifications.tell(l10n.t('{0} has no DNS name any more.', machine.name), []);
  else if (given === wish.name) ui.notifications.tell(`${l10n.t('{0} is called {1}.', machine.name, given)} ${said ?? ''}`.trim(), []);
}

/** The addresses; those and all names below; the cloud's own name. */
type Way = 'address' | 'below' | 'alias';

/** @returns undefined for no name any more @throws CancelledError */
async function askName(names: MachineNames, machine: Machine, instance: Instance): Promise<NameWish | undefined> {
  const now = notedName(instance.tags);
  const answers: { choice: string | null; name: string; how?: Way } = { choice: '', name: '' };
  await wizard(l10n.t('DNS name of {0}', machine.name), [
    async (step) => {
      const items = names.zones(machine).then((zones) => choices(machine, now?.name, zones));
      const placeholder = now === undefined ? l10n.t('Which name shall lead to it?') : l10n.t('It is called {0} now', now.name);
      answers.choice = await step.pick({ placeholder, items });
      return true;
    },
    async (step) => {
      if (answers.choice === null) return false;
      const validate = (text: string): string | undefined =>
        dnsName(text) === undefined ? l10n.t('Type a full name such as lab.example.edu.') : undefined;
      answers.name =
        dnsName(
          await step.input({
            prompt: l10n.t('Full name'),
            value: answers.name || answers.choice,
            placeholder: 'lab.example.edu',
            validate,
          }),
        ) ?? '';
      return true;
    },
    async (step) => {
      if (answers.choice === null) return false;
      answers.how = await step.pick({ placeholder: l10n.t('What does {0} lead to?', answers.name), items: ways(instance, answers.name) });
      return true;
    },
  ]);
  const { choice, name, how } = answers;
  return choice === null ? undefined : { name, alias: how === 'alias', wildcard: how === 'below' };
}

function choices(machine: Machine, now: string | undefined, zones: readonly { readonly name: string }[]): Pick<string | null>[] {
  const plain = dnsName(machine.name);
  const fromName = plain === undefined || plain === now ? [] : [plain];
  const inZones = plain === undefined ? zones.map((zone) => `${aliasFor(machine.name, new Set())}.${zone.name}`) : [];
  return [
    ...(now === undefined ? [] : [{ label: `$(edit) ${l10n.t('Change or repair {0}…', now)}`, value: now }]),
    ...[...fromName, ...inZones].filter((one) => one !== now).map((one) => ({ label: `$(globe) ${one}`, value: one })),
    { label: `$(add) ${l10n.t('Another name…')}`, value: '' },
    ...(now === undefined ? [] : [{ label: `$(trash) ${l10n.t('Remove {0}', now)}`, description: l10n.t('the zone stays'), value: null }]),
  ];
}

function ways({ publicAddress, publicDnsName }: Instance, name: string): Pick<Way>[] {
  return [
    {
      label: `$(arrow-right) ${l10n.t('Its address')}`,
      description: publicAddress ?? '',
      detail: l10n.t('Follows the machine when its address changes'),
      value: 'address',
    },
    { label: `$(list-tree) ${l10n.t('Its address, and all names below')}`, description: `*.${name}`, value: 'below' },
    ...(publicDnsName === undefined
      ? []
      : [
          { label: `$(link) ${l10n.t('The name that the cloud gave it')}`, description: `CNAME ${publicDnsName}`, value: 'alias' as const },
        ]),
  ];
}
