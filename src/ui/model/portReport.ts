import { portName } from '../../core/remote/listening';
import type { FirewallFacts } from '../../core/upkeep/firewall/facts';
import { ruleText } from '../../core/upkeep/firewall/ufw';
import type { PortRow } from '../../core/upkeep/ports';
import type { L10n } from './l10n';
import { tableCell, textTable } from './textTable';

export interface PortPage {
  readonly machine: string;
  readonly facts: FirewallFacts;
  readonly rows: readonly PortRow[];
  /** The address that was knocked at; undefined where nobody could knock. */
  readonly from: string | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A machine's ports and firewall as a page of Markdown that also reads well as text: what needs a decision first. */
export function portReport({ machine, facts, rows, from, at }: PortPage, l10n: L10n, locale?: string): string {
  const risky = rows.filter(({ risk }) => risk !== undefined);
  const outside = rows.filter(({ local }) => !local);
  const inside = rows.filter(({ local }) => local);
  return [
    `# ${tableCell(l10n.t('Ports of {0}', machine))}`,
    l10n.t('Asked on {0}.', new Date(at).toLocaleString(locale)),
    ...(risky.length === 0 ? [] : [risky.map((row) => `- ${riskText(row, l10n)}`).join('\n')]),
    `## ${l10n.t('Reachable from other computers')}`,
    outside.length === 0 ? l10n.t('None.') : outsideTable(outside, from !== undefined, l10n),
    `## ${l10n.t('Only from the machine itself')}`,
    inside.length === 0
      ? l10n.t('None.')
      : textTable([[l10n.t('Port'), l10n.t('Program'), l10n.t('Usually')], ...inside.map((row) => [portText(row), who(row), usual(row)])]),
    `## ${l10n.t('Firewall on the machine')}`,
    firewallText(facts, l10n),
    '',
  ].join('\n\n');
}

function outsideTable(rows: readonly PortRow[], knocked: boolean, l10n: L10n): string {
  const head = [
    l10n.t('Port'),
    l10n.t('Program or container'),
    l10n.t('Listens at'),
    l10n.t('Host firewall'),
    l10n.t('Cloud group'),
    l10n.t('From here'),
    l10n.t('Usually'),
    l10n.t('Note'),
  ];
  const body = rows.map((row) => [
    portText(row),
    // a published port is held by Docker's own proxy, which tells nobody anything
    row.containers.length > 0 ? row.containers.join(', ') : (row.process ?? ''),
    row.addresses.map((address) => (address === '*' ? l10n.t('all') : address)).join(' '),
    hostText(row, l10n),
    cloudText(row, l10n),
    knocked ? answerText(row, l10n) : l10n.t('behind a jump host'),
    usual(row),
    row.risk === undefined ? '' : row.risk === 'danger' ? l10n.t('⚠ open to the world') : l10n.t('open to the world'),
  ]);
  const told = head.map((_, column) => body.some((row) => !['', NOTHING].includes(row[column] ?? '')));
  return textTable([head, ...body].map((row) => row.filter((_, column) => told[column])));
}

/** Stands where there is nothing to say; a column of it is left out, since a wide table is torn where lines wrap. */
const NOTHING = '–';

const portText = ({ port, protocol }: PortRow): string => `${port}/${protocol}`;
const who = ({ process, containers }: PortRow): string => [process, ...containers].filter((one) => one !== undefined).join(', ');
const usual = ({ port }: PortRow): string => (port === 22 ? 'SSH' : (portName(port) ?? ''));

function hostText({ host }: PortRow, l10n: L10n): string {
  switch (host.kind) {
    case 'none':
      return l10n.t('none');
    case 'closed':
      return l10n.t('closed');
    case 'bypassed':
      return l10n.t('passed by (Docker)');
    case 'unknown':
      return l10n.t('not known');
    case 'open':
      return openText(host.from, l10n);
  }
}

function cloudText({ cloud }: PortRow, l10n: L10n): string {
  if (cloud.kind === 'open') return `${openText(cloud.from, l10n)} (${cloud.groups.join(', ')})`;
  return cloud.kind === 'closed' ? l10n.t('closed') : NOTHING;
}

function openText(from: readonly string[], l10n: L10n): string {
  return from.includes('any') ? l10n.t('open to all') : l10n.t('open to {0}', from.join(', '));
}

function answerText({ answer, protocol }: PortRow, l10n: L10n): string {
  if (protocol === 'udp') return l10n.t('not tried');
  switch (answer?.kind) {
    case 'open':
      return l10n.t('✓ answers');
    case 'refused':
      return l10n.t('✗ refused');
    case 'silent':
      return l10n.t('✗ silent');
    case 'noWay':
      return l10n.t('✗ no way');
    case undefined:
      return l10n.t('not tried');
  }
}

function riskText(row: PortRow, l10n: L10n): string {
  const by = who(row) || usual(row);
  const text = tableCell(`${portText(row)}${by === '' ? '' : ` (${by})`}`);
  if (row.risk === 'danger') return l10n.t('⚠ **{0}** is open to the world, and whoever connects there can do harm. Close it.', text);
  return l10n.t('**{0}** is open to the world. Is that meant?', text);
}

function firewallText({ ufw, other, docker, publishedObey }: FirewallFacts, l10n: L10n): string {
  if (ufw?.active !== true) {
    if (other === 'firewalld') return l10n.t('firewalld is on; its rules are not shown here.');
    if (other === 'rules') return l10n.t('There are rules of somebody’s own; “sudo iptables -S INPUT” shows them.');
    return ufw === undefined ? l10n.t('None.') : l10n.t('ufw is installed and off.');
  }
  const policy =
    ufw.incoming === 'allow'
      ? l10n.t('ufw is on; what no rule speaks of is let in.')
      : l10n.t('ufw is on; what no rule speaks of is kept out.');
  const bypass = !docker
    ? []
    : [publishedObey ? l10n.t('Docker’s published ports obey this list.') : l10n.t('Docker’s published ports pass this list by.')];
  const words = { allow: l10n.t('allow'), limit: l10n.t('limit'), deny: l10n.t('deny'), reject: l10n.t('deny') };
  const rules = ufw.rules.map((rule) => [words[rule.action], `${ruleText(rule)}${rule.v6 ? ' (IPv6)' : ''}`, rule.comment ?? '']);
  return [
    [policy, ...bypass].join(' '),
    rules.length === 0 ? l10n.t('The list is empty.') : textTable([[l10n.t('Rule'), l10n.t('For'), l10n.t('Comment')], ...rules]),
  ].join('\n\n');
}
