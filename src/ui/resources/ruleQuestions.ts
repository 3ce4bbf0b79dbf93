import { l10n } from 'vscode';
import type { Account, IngressRule } from '../../core/cloud/model';
import { canonicalCidr } from '../../shared/cidr';
import { ask, wizard } from '../quick/wizard';
import type { Of, ResourceDesk } from './actions';

type Protocol = IngressRule['protocol'];
type Ports = Pick<IngressRule, 'protocol' | 'fromPort' | 'toPort'>;
type Sources = Pick<IngressRule, 'cidrs' | 'groups'>;

/** @param text `22` or `8000-8100` @returns undefined for anything else */
function portsOf(text: string): { readonly fromPort: number; readonly toPort: number } | undefined {
  const [, from, to] = /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const [fromPort, toPort] = [Number(from), Number(to ?? from)];
  return fromPort <= toPort && toPort <= 65_535 ? { fromPort, toPort } : undefined;
}

const tcp = (port: number): Ports => ({ protocol: 'tcp', fromPort: port, toPort: port });

function services(): readonly { label: string; description: string; value: Ports | Protocol }[] {
  return [
    { label: 'SSH', description: 'tcp 22', value: tcp(22) },
    { label: 'HTTP', description: 'tcp 80', value: tcp(80) },
    { label: 'HTTPS', description: 'tcp 443', value: tcp(443) },
    { label: 'Jupyter', description: 'tcp 8888', value: tcp(8888) },
    { label: l10n.t('Other TCP ports…'), description: '', value: 'tcp' },
    { label: l10n.t('UDP ports…'), description: '', value: 'udp' },
    { label: l10n.t('Ping and other ICMP'), description: '', value: { protocol: 'icmp', fromPort: -1, toPort: -1 } },
    { label: l10n.t('Everything'), description: l10n.t('all protocols and ports'), value: { protocol: '-1', fromPort: 0, toPort: 65_535 } },
  ];
}

/** Asks what may come in and from where. @param old the rule that is changed @returns the rules that take its place */
export async function askRule(
  desk: ResourceDesk,
  account: Account,
  group: Of<'groups'>,
  old?: IngressRule,
): Promise<readonly IngressRule[]> {
  let chosen: Ports | Protocol = old ?? tcp(22);
  let ports: Ports = old ?? tcp(22);
  let sources: Sources = { cidrs: old?.cidrs ?? [], ...(old?.groups === undefined ? {} : { groups: old.groups }) };
  let description = old?.description ?? '';
  await wizard(old === undefined ? l10n.t('Add a rule') : l10n.t('Change a rule'), [
    async (step) => {
      const keep = { label: l10n.t('As it is'), description: '', value: ports };
      const items = old === undefined ? services() : [keep, ...services()];
      chosen = await step.pick<Ports | Protocol>({ placeholder: l10n.t('What may come in?'), items });
      if (typeof chosen !== 'string') ports = chosen;
      return true;
    },
    async (step) => {
      if (typeof chosen !== 'string') return false;
      const protocol = chosen;
      const validate = (value: string): string | undefined =>
        portsOf(value) === undefined ? l10n.t('Type a port from 0 to 65535, or a range such as 8000-8100.') : undefined;
      const typed = portsOf(await step.input({ prompt: l10n.t('Port, or range of ports'), placeholder: '8000-8100', validate }));
      if (typed !== undefined) ports = { protocol, ...typed };
      return true;
    },
    async (step) => {
      const source = await step.pick({ placeholder: l10n.t('From where?'), items: sourceItems(old) });
      sources = await sourcesOf(desk, account, group, source, sources);
      return true;
    },
    async (step) => {
      const validate = (value: string): string | undefined =>
        /^[\w .:/()#,@[\]+=&;{}!$*-]{0,255}$/.test(value) ? undefined : l10n.t('Letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* only.');
      description = (await step.input({ prompt: l10n.t('What is it for? May be empty.'), value: description, validate })).trim();
      return true;
    },
  ]);
  return [{ ...ports, ...sources, ...(description === '' ? {} : { description }) }];
}

type Source = 'keep' | 'me' | 'anywhere' | 'block' | 'group';

function sourceItems(old: IngressRule | undefined): readonly { label: string; description: string; value: Source }[] {
  const from = [...(old?.cidrs ?? []), ...(old?.groups ?? [])].join(', ');
  return [
    ...(old === undefined ? [] : [{ label: l10n.t('As it is'), description: from, value: 'keep' as const }]),
    { label: `$(person) ${l10n.t('My address')}`, description: l10n.t('this computer, where it is now'), value: 'me' },
    { label: `$(globe) ${l10n.t('Anywhere')}`, description: '0.0.0.0/0, ::/0', value: 'anywhere' },
    { label: `$(symbol-numeric) ${l10n.t('A block of addresses…')}`, description: '203.0.113.0/24', value: 'block' },
    { label: `$(shield) ${l10n.t('Another group…')}`, description: l10n.t('the machines that are in it'), value: 'group' },
  ];
}

async function sourcesOf(desk: ResourceDesk, account: Account, group: Of<'groups'>, source: Source, old: Sources): Promise<Sources> {
  switch (source) {
    case 'keep':
      return old;
    case 'anywhere':
      return { cidrs: ['0.0.0.0/0', '::/0'] };
    case 'me':
      return { cidrs: (await desk.myAddresses()).flatMap((address) => canonicalCidr(address) ?? []) };
    case 'block': {
      const title = l10n.t('A block of addresses');
      const validate = (value: string): string | undefined =>
        canonicalCidr(value) === undefined ? l10n.t('Type an address or a block such as 203.0.113.0/24 or 2001:db8::/32.') : undefined;
      const typed = await ask(title).input({ prompt: l10n.t('Address, or block of addresses'), value: old.cidrs[0] ?? '', validate });
      return { cidrs: [canonicalCidr(typed) ?? typed] };
    }
    case 'group': {
      // Rules can name groups of the same network only.
      const all = (await desk.load(account, 'groups')).filter(({ item }) => item.vpcId === group.item.vpcId);
      const chosen = await desk.pick(account, all, l10n.t('Another group'), l10n.t('The machines of which group may come in?'));
      return { cidrs: [], groups: [chosen.id] };
    }
  }
}
