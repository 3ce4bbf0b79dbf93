import type { Inspection } from '../../core/remote/inspect';
import { portName } from '../../core/remote/listening';
import type { L10n } from './l10n';
import { tableCell, textTable, visibleText } from './textTable';
import { spanText } from './time';

const GIB = 1024 ** 3;

/**
 * What a machine says about itself as a page of Markdown that also reads well as text.
 * @param at when it was asked, milliseconds since the epoch
 */
export function inspectReport(machine: string, facts: Inspection, at: number, l10n: L10n, locale?: string): string {
  const unknown = l10n.t('unknown');
  const section = <T>(title: string, known: readonly T[] | undefined, none: string, show: (all: readonly T[]) => string): string => {
    const body = known === undefined ? unknown : known.length === 0 ? none : show(known);
    return `## ${title}\n\n${body}`;
  };
  return [
    `# ${tableCell(machine)}`,
    l10n.t('Asked on {0}.', new Date(at).toLocaleString(locale)),
    textTable([[l10n.t('Machine'), ''], ...machineFacts(facts, l10n).map(([name, value]) => [name, value ?? unknown])]),
    section(l10n.t('Disks'), facts.disks, l10n.t('None.'), (all) =>
      textTable([
        [l10n.t('Mounted at'), l10n.t('Size'), l10n.t('Free'), l10n.t('Used'), l10n.t('Device')],
        ...all.map((one) => [one.mount, gib(one.size), gib(one.available), percent(one.used, one.used + one.available), one.device]),
      ]),
    ),
    section(l10n.t('Listening ports'), facts.ports, l10n.t('None.'), (all) =>
      textTable([
        [l10n.t('Port'), l10n.t('For'), l10n.t('Usually'), l10n.t('Program')],
        ...all.map(({ port, addresses, process }) => [String(port), reach(addresses, l10n), portName(port) ?? '', process ?? '']),
      ]),
    ),
    section(l10n.t('Logged in now'), facts.users, l10n.t('Nobody at a terminal.'), verbatim),
    section(l10n.t('Last logins'), facts.logins, l10n.t('None recorded.'), verbatim),
    section(l10n.t('Authorized keys of {0}', facts.loginUser ?? unknown), facts.keys, l10n.t('None in the login folder.'), (all) =>
      textTable([
        [l10n.t('Fingerprint'), l10n.t('Type'), l10n.t('Comment'), l10n.t('Options')],
        ...all.map(({ fingerprint, type, comment, options }) => [fingerprint, type, comment, options ?? '']),
      ]),
    ),
    '',
  ].join('\n\n');
}

function machineFacts(facts: Inspection, l10n: L10n): readonly (readonly [string, string | undefined])[] {
  const { memory, load, cpus, uptimeSeconds } = facts;
  const share = (free: number, total: number): string => l10n.t('{0} free of {1}', gib(free), gib(total));
  return [
    [l10n.t('System'), facts.system],
    [l10n.t('Kernel'), facts.kernel],
    [l10n.t('Host name'), facts.hostName],
    [l10n.t('Up for'), uptimeSeconds === undefined ? undefined : spanText(uptimeSeconds * 1000, l10n)],
    [l10n.t('Load'), load === undefined ? undefined : l10n.t('{0} (1, 5 and 15 minutes)', load.join(', '))],
    [
      l10n.t('Processors'),
      cpus === undefined ? undefined : [String(cpus), facts.cpuModel].filter((part) => part !== undefined).join(' × '),
    ],
    [l10n.t('Memory'), memory === undefined ? undefined : share(memory.available, memory.total)],
    [l10n.t('Swap'), memory === undefined ? undefined : memory.swapTotal === 0 ? l10n.t('none') : share(memory.swapFree, memory.swapTotal)],
    [l10n.t('Login'), facts.loginUser],
    [l10n.t('Groups'), facts.groups?.join(', ')],
  ];
}

/** Who can connect to what listens at these addresses, firewalls aside. */
function reach(addresses: readonly string[], l10n: L10n): string {
  if (addresses.includes('*')) return l10n.t('everyone');
  return addresses.every((address) => address === '::1' || address.startsWith('127.')) ? l10n.t('itself') : addresses.join(' ');
}

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(bytes < 10 * GIB ? 1 : 0)} GiB`;
const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${Math.round((100 * part) / whole)} %`);
const verbatim = (lines: readonly string[]): string => ['```text', ...lines.map(visibleText), '```'].join('\n');
