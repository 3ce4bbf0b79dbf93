import type { AccountStatus, Listing } from '../../core/cloud/machines';
import type { Grouping } from '../../core/cloud/machineGroups';
import type { Account, Instance, InstanceState, Machine } from '../../core/cloud/model';
import { sentenceOf, SkylabError } from '../../core/errors';
import { isRunning } from '../../core/operations/operations';
import type { SshTarget } from '../../core/ssh/model';
import type { OperationView } from '../../shared/operation';
import type { L10n } from './l10n';
import type { Fact } from './markdown';
import { factTable } from './markdown';
import { progressText } from './operationRow';
import type { Row } from './row';
import { durationText, spanText } from './time';

const stateIcons: Record<InstanceState, Row['icon']> = {
  pending: { id: 'sync~spin' },
  running: { id: 'vm-running', color: 'testing.iconPassed' },
  stopping: { id: 'sync~spin' },
  stopped: { id: 'vm-outline' },
  'shutting-down': { id: 'sync~spin' },
  terminated: { id: 'circle-slash', color: 'disabledForeground' },
};

/** The cloud's state as a word of the reader's language. */
function stateText(state: InstanceState, l10n: L10n): string {
  const words: Record<InstanceState, string> = {
    pending: l10n.t('starting'),
    running: l10n.t('running'),
    stopping: l10n.t('stopping'),
    stopped: l10n.t('stopped'),
    'shutting-down': l10n.t('terminating'),
    terminated: l10n.t('terminated'),
  };
  return words[state];
}

/** The address by which a person reaches the instance; clouds without public addresses have only a private one. */
export function addressOf(machine: Machine): string | undefined {
  if (machine.kind === 'given') return machine.given.target.hostName;
  const { publicAddress, privateAddress, publicDnsName } = machine.instance;
  return publicAddress ?? (publicDnsName === '' ? undefined : publicDnsName) ?? privateAddress;
}

export const isReachable = (machine: Machine): boolean => machine.kind === 'given' || machine.instance.state === 'running';

/**
 * A machine's row: `running · t3.small · 127.10.1.1 · 3 h`, or the step of what runs on it.
 * @param now milliseconds since the epoch @param notes what other areas say of it
 * @param plain its cloud can do little more than run it: menus leave out the rest
 */
export function machineRow(
  machine: Machine,
  operation: OperationView | undefined,
  now: number,
  l10n: L10n,
  notes: readonly string[] = [],
  plain = false,
): Row {
  const busy = operation !== undefined && isRunning(operation);
  const state = machine.kind === 'given' ? l10n.t('given') : stateText(machine.instance.state, l10n);
  const facts = machine.kind === 'given' ? givenFacts(machine.given.target) : instanceFacts(machine.instance, state, now, l10n);
  const settled = [facts, ...notes].join(' · ');
  const description = busy ? progressText(operation, l10n) : settled;
  const idleIcon = machine.kind === 'given' ? { id: 'vm-connect' } : stateIcons[machine.instance.state];
  const kind = machine.kind === 'given' ? 'given' : `instance.${machine.instance.state}`;
  const context = busy ? `${kind}.${blocks(operation) ? 'busy' : 'working'}` : kind;
  return {
    label: machine.name,
    description,
    icon: busy ? { id: 'sync~spin' } : idleIcon,
    contextValue: plain ? `${context}.plain` : context,
    aria: [machine.name, state, busy ? description : settled].join(', '),
  };
}

/** A machine that is being launched, started or stopped cannot be worked on; one that is being uploaded to can. */
const blocks = (view: OperationView): boolean => view.kind === 'launch' || view.kind === 'lifecycle';

function instanceFacts(instance: Instance, state: string, now: number, l10n: L10n): string {
  const address = instance.publicAddress ?? (instance.state === 'running' ? instance.privateAddress : undefined);
  const age = instance.state === 'running' ? spanText(now - instance.launchedAt, l10n) : undefined;
  return [state, instance.type, address, age].filter((part) => part !== undefined && part !== '').join(' · ');
}

function givenFacts(target: SshTarget): string {
  return `${target.user}@${target.hostName}${target.port === 22 ? '' : `:${target.port}`}`;
}

/** The hover of a machine: what a person asks next. Everything is escaped. */
export function machineTooltip(
  machine: Machine,
  target: SshTarget | undefined,
  l10n: L10n,
  locale?: string,
  more: readonly Fact[] = [],
): string {
  const login = target === undefined ? undefined : `ssh ${target.alias}  (${target.user}@${target.hostName})`;
  if (machine.kind === 'given') {
    const { user, hostName, port, identityFile } = machine.given.target;
    return factTable(machine.name, [
      [l10n.t('Address'), `${hostName}:${port}`],
      [l10n.t('User'), user],
      [l10n.t('Key'), identityFile ?? l10n.t('agent or default keys')],
      [l10n.t('Login'), login],
      ...more,
    ]);
  }
  const { instance } = machine;
  const tags = Object.entries(instance.tags).filter(([name]) => name !== 'Name' && !name.startsWith('skylab:'));
  return factTable(machine.name, [
    [l10n.t('State'), [stateText(instance.state, l10n), instance.stateReason].filter(Boolean).join(': ')],
    [l10n.t('Address'), [instance.publicAddress, instance.publicDnsName].filter(Boolean).join('  ')],
    [l10n.t('IPv6 address'), instance.ipv6Address],
    [l10n.t('Private address'), [instance.privateAddress, instance.privateDnsName].filter(Boolean).join('  ')],
    [l10n.t('Login'), login],
    [l10n.t('Key pair'), instance.keyName],
    [l10n.t('Type'), [instance.type, instance.architecture].filter(Boolean).join(' · ')],
    [l10n.t('Image'), instance.imageId],
    [l10n.t('Security groups'), instance.securityGroups.map((group) => group.name).join(', ')],
    [l10n.t('Launched'), new Date(instance.launchedAt).toLocaleString(locale)],
    [l10n.t('Zone'), instance.zone],
    [l10n.t('Instance'), instance.id],
    ...more,
    ...tags.map(([name, value]) => [l10n.t('Tag {0}', name), value] as const),
  ]);
}

/** The row of machines that have something in common: how many they are, and how many run. @param value `''` where they have it not @param notes such as what they cost */
export function groupRow(value: string, grouping: Grouping, machines: readonly Machine[], l10n: L10n, notes: readonly string[] = []): Row {
  const label = value === '' ? noneText(grouping, l10n) : grouping.by === 'state' ? stateText(value as InstanceState, l10n) : value;
  const running = runningCount(machines);
  const count = machines.length === 1 ? l10n.t('1 machine') : l10n.t('{0} machines', machines.length);
  const states = grouping.by === 'state' ? undefined : running === 0 ? l10n.t('none running') : l10n.t('{0} running', running);
  const description = [count, states, ...notes].filter((part) => part !== undefined).join(' · ');
  return { label, description, icon: { id: 'layers' }, contextValue: 'group', aria: `${label}, ${description}` };
}

function noneText(grouping: Grouping, l10n: L10n): string {
  switch (grouping.by) {
    case 'lab':
      return l10n.t('no lab');
    case 'owner':
      return l10n.t('no owner');
    case 'zone':
      return l10n.t('no zone');
    case 'tag':
      return l10n.t('without {0}', grouping.tag);
    default:
      return l10n.t('others');
  }
}

/** The hover of an account: where it is, how many machines it has, and what the last look at them took. */
export function accountTooltip(account: Account, status: AccountStatus, machines: readonly Machine[], now: number, l10n: L10n): string {
  const kind = { profile: l10n.t('AWS profile'), keys: l10n.t('access keys'), endpoint: l10n.t('EC2-compatible endpoint') }[account.kind];
  const where = account.kind === 'endpoint' ? account.endpoint : account.kind === 'profile' ? account.profile : undefined;
  return factTable(account.name, [
    [l10n.t('Account'), [kind, where].filter(Boolean).join(': ')],
    [l10n.t('Region'), account.region],
    [l10n.t('Machines'), l10n.t('{0}, of which {1} run', machines.length, runningCount(machines))],
    [l10n.t('Trouble'), accountProblem(status)],
    [l10n.t('As of'), status.state === 'idle' || status.at === undefined ? undefined : l10n.t('{0} ago', spanText(now - status.at, l10n))],
    [l10n.t('Last refresh'), status.state === 'loaded' && status.last !== undefined ? listingText(status.last, l10n) : undefined],
  ]);
}

function listingText({ calls, ms }: Listing, l10n: L10n): string {
  const took = durationText(ms, l10n);
  return calls === 1 ? l10n.t('1 call in {0}', took) : l10n.t('{0} calls in {1}', calls, took);
}

/** An account's row: how many run, then the region. */
export function accountRow(
  account: Account,
  status: AccountStatus,
  machines: readonly Machine[],
  l10n: L10n,
  notes: readonly string[] = [],
  now = Date.now(),
): Row {
  const description = [accountState(status, machines, l10n, now), ...notes, account.region].filter((part) => part !== '').join(' · ');
  return {
    label: account.name,
    description,
    icon: status.state === 'failed' ? { id: 'warning', color: 'list.warningForeground' } : { id: 'cloud' },
    contextValue: `account.${status.state}.${account.kind === 'endpoint' ? (account.flavor ?? account.kind) : account.kind}${asksSignIn(status) ? '.signIn' : ''}`,
    aria: `${account.name}, ${description}`,
  };
}

function accountState(status: AccountStatus, machines: readonly Machine[], l10n: L10n, now: number): string {
  // What an earlier window saw, or what was seen before the trouble.
  const old = status.state !== 'idle' && status.state !== 'loaded' && status.at !== undefined && machines.length > 0;
  const asOf = old ? l10n.t('as of {0} ago', spanText(now - (status.at ?? now), l10n)) : '';
  if (status.state === 'failed')
    return [asksSignIn(status) ? l10n.t('session expired') : l10n.t('cannot be read'), asOf].filter((part) => part !== '').join(' · ');
  if (machines.length === 0) return status.state === 'loaded' ? l10n.t('no machines') : l10n.t('loading');
  const running = runningCount(machines);
  const count = running === 0 ? l10n.t('none running') : l10n.t('{0} running', running);
  const loading = status.state === 'loading' && asOf === '' ? l10n.t('loading') : asOf;
  return [count, loading].filter((part) => part !== '').join(' · ');
}

/** The person can repair it by signing in again. */
const asksSignIn = (status: AccountStatus): boolean =>
  status.state === 'failed' && status.error instanceof SkylabError && status.error.remedies.some(({ kind }) => kind === 'signIn');

/** The row under an account that cannot be listed; its hover has the whole sentence. */
export function accountProblem(status: AccountStatus): string | undefined {
  return status.state === 'failed' ? sentenceOf(status.error) : undefined;
}

export function runningCount(machines: readonly Machine[]): number {
  return machines.filter((machine) => machine.kind === 'instance' && machine.instance.state === 'running').length;
}
