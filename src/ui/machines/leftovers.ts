import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { AccountLeftovers } from '../../core/cloud/life/bulk';
import type { TakeAlong } from '../../core/cloud/life/leftovers';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import { CancelledError } from '../../core/errors';
import { monthlyCost, sumOf, type MonthlyCost } from '../../core/cloud/resources/costs';
import { costText } from '../model/resourceRow';
import type { Services } from '../services';

/** Things of one kind that stay behind when machines are terminated, unless they are to go along. */
export interface LeftoverRow {
  readonly kind: 'madeAddresses' | 'otherAddresses' | 'securityGroups' | 'keyPairs';
  /** `the elastic address 203.0.113.7`, as it stands within a sentence. */
  readonly text: string;
  /** What it costs as long as it stays: `$3.65 a month`; empty for nothing. */
  readonly cost: string;
  /** Names, where there are several. */
  readonly names: string;
  /** Made by Skylab for these machines alone. */
  readonly made: boolean;
}

/** One row for each kind; none where nothing stays. */
export async function leftoverRows(services: Services, found: readonly AccountLeftovers[]): Promise<readonly LeftoverRow[]> {
  const addresses = found.flatMap(({ account, leftovers }) => leftovers.addresses.map((one) => ({ ...one, account })));
  // Whoever wants to end a machine is not held up by a price that cannot be read.
  const prices = addresses.length === 0 ? undefined : await services.prices().catch(() => undefined);
  const costOf = (these: typeof addresses): string => {
    const known = these.map(({ account, address }): MonthlyCost | undefined =>
      prices === undefined || !capabilitiesOf(account).prices
        ? undefined
        : monthlyCost({ kind: 'addresses', id: address.publicIp, item: address }, {}, prices, account.region),
    );
    return costText(sumOf(known), l10n, vscode.env.language) ?? '';
  };
  const addressRow = (these: typeof addresses, made: boolean): LeftoverRow => {
    const ips = these.map(({ address }) => address.publicIp);
    return {
      kind: made ? 'madeAddresses' : 'otherAddresses',
      text: ips.length === 1 ? l10n.t('the elastic address {0}', ips.join()) : l10n.t('{0} elastic addresses', ips.length),
      cost: costOf(these),
      names: ips.length === 1 ? '' : shortList(ips),
      made,
    };
  };
  const named = (kind: 'securityGroups' | 'keyPairs', one: (name: string) => string, many: (count: number) => string): LeftoverRow => {
    const names = found.flatMap(({ leftovers }) => leftovers[kind].map(({ name }) => name));
    const text = names.length === 1 ? one(names.join()) : many(names.length);
    return { kind, text, cost: '', names: names.length <= 1 ? '' : shortList(names), made: true };
  };
  const [made, others] = [addresses.filter((one) => one.made), addresses.filter((one) => !one.made)];
  const has = (kind: 'securityGroups' | 'keyPairs'): boolean => found.some(({ leftovers }) => leftovers[kind].length > 0);
  return [
    ...(made.length > 0 ? [addressRow(made, true)] : []),
    ...(others.length > 0 ? [addressRow(others, false)] : []),
    ...(has('securityGroups')
      ? [
          named(
            'securityGroups',
            (name) => l10n.t('the security group {0}', name),
            (count) => l10n.t('{0} security groups', count),
          ),
        ]
      : []),
    ...(has('keyPairs')
      ? [
          named(
            'keyPairs',
            (name) => l10n.t('the key pair {0} and its private key', name),
            (count) => l10n.t('{0} key pairs and their private keys', count),
          ),
        ]
      : []),
  ];
}

/** `the elastic address 203.0.113.7 ($3.65 a month)`. */
export const leftoverText = ({ text, cost }: LeftoverRow): string => (cost === '' ? text : `${text} (${cost})`);

/** What the chosen rows stand for. */
export function alongOf(chosen: readonly LeftoverRow[]): TakeAlong {
  const has = (kind: LeftoverRow['kind']): boolean => chosen.some((row) => row.kind === kind);
  const made = has('madeAddresses');
  return {
    keyPair: has('keyPairs'),
    securityGroup: has('securityGroups'),
    ...(has('otherAddresses') ? { addresses: made ? 'all' : 'others' } : made ? { addresses: 'made' } : {}),
  };
}

/** Asks which of it goes along; what Skylab made for the machines is checked. @throws CancelledError */
export async function chooseLeftovers(title: string, rows: readonly LeftoverRow[]): Promise<readonly LeftoverRow[]> {
  const items = rows.map((row) => ({
    label: row.text.replace(/^./, (letter) => letter.toLocaleUpperCase(vscode.env.language)),
    description: row.cost,
    detail: [row.made ? l10n.t('made by Skylab, and used by nothing else') : l10n.t('may be meant to stay'), row.names]
      .filter(Boolean)
      .join(' · '),
    picked: row.made,
    row,
  }));
  const placeHolder = l10n.t('Check what goes along, then press Enter');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, canPickMany: true, ignoreFocusOut: true });
  if (chosen === undefined) throw new CancelledError();
  return chosen.map(({ row }) => row);
}

/** Three names at most. */
const shortList = (names: readonly string[]): string => [...names.slice(0, 3), ...(names.length > 3 ? ['…'] : [])].join(', ');
