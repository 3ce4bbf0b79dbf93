import type * as vscode from 'vscode';
import { env, l10n } from 'vscode';
import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { Account, Machine, MachineKey } from '../../core/cloud/model';
import { costSoFar, rateOf, sumOf } from '../../core/cloud/money/cost';
import type { DiskCost } from '../../core/cloud/money/disks';
import { diskCost } from '../../core/cloud/money/disks';
import { knownEnd } from '../../core/cloud/money/expiry';
import type { Price, Prices } from '../../core/cloud/money/ports';
import type { Volume } from '../../core/cloud/resources/ports';
import { HOURS_PER_MONTH } from '../../shared/launchCost';
import { endNote, endSentence } from '../model/endText';
import type { Fact } from '../model/markdown';
import { isReachable } from '../model/machineRow';
import { dollars } from '../model/moneyText';
import type { Services } from '../services';
import type { RowNotes } from '../tree/notes';

/** How long the list of an account's disks counts. Milliseconds. */
const DISKS_MS = 10 * 60_000;

interface Disks {
  readonly at: number;
  readonly volumes: readonly Volume[] | undefined;
}

/** Price and end on the rows of machines and accounts. What it needs is loaded when the first row is painted. */
export class MoneyNotes implements RowNotes {
  readonly onDidChange: vscode.Event<MachineKey | undefined>;
  #prices: Prices | undefined;
  #loading = false;
  readonly #disks = new Map<string, Disks>();
  /** Account id -> the types whose prices were asked for. */
  readonly #asked = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly services: Services,
    private readonly changed: vscode.EventEmitter<MachineKey | undefined>,
  ) {
    this.onDidChange = changed.event;
  }

  machine(machine: Machine): string | undefined {
    const notes = [this.#costNote(machine), this.#endNote(machine)].filter((note) => note !== undefined);
    return notes.length === 0 ? undefined : notes.join(' · ');
  }

  facts(machine: Machine): readonly Fact[] {
    return [...this.#costFacts(machine), ...this.#endFacts(machine)];
  }

  account(accountId: string, machines: readonly Machine[]): string | undefined {
    const account = this.#priced(accountId);
    const prices = this.#known();
    if (account === undefined || prices === undefined) return undefined;
    this.#ask(account, machines, prices);
    const { perHour, unknown } = sumOf(machines, () => account.region, prices);
    const text = l10n.t('{0}/h', dollars(perHour));
    const running = perHour === 0 ? undefined : unknown === 0 ? text : l10n.t('over {0}', text);
    const parts = [running, this.#stoppedNote(account, machines, prices)].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts.join(' · ');
  }

  /** What the disks of those that are stopped go on costing. */
  #stoppedNote(account: Account, machines: readonly Machine[], prices: Prices): string | undefined {
    const stopped = machines.flatMap((one) => (one.kind === 'instance' && one.instance.state === 'stopped' ? [one.instance.id] : []));
    const volumes = stopped.length === 0 ? undefined : this.#volumesOf(account);
    const perMonth = volumes && diskCost(volumes, new Set(stopped), account.region, prices).perMonth;
    return perMonth === undefined || perMonth === 0 ? undefined : l10n.t('stopped: {0}/month', dollars(perMonth));
  }

  #costNote(machine: Machine): string | undefined {
    const account = machine.kind === 'instance' ? this.#priced(machine.instance.accountId) : undefined;
    const prices = this.#known();
    if (account === undefined || prices === undefined || machine.kind === 'given') return undefined;
    if (machine.instance.state === 'running') {
      const rate = rateOf(machine, account.region, prices);
      return rate && l10n.t('{0}/h', dollars(rate.perHour));
    }
    if (machine.instance.state !== 'stopped') return undefined;
    const disks = this.#disksOf(machine, account, prices);
    return disks && l10n.t('keeps {0}', diskText(disks));
  }

  #costFacts(machine: Machine): readonly Fact[] {
    const account = machine.kind === 'instance' ? this.#priced(machine.instance.accountId) : undefined;
    const prices = this.#known();
    if (account === undefined || prices === undefined || machine.kind === 'given') return [];
    const rate = machine.instance.state === 'stopped' ? undefined : rateOf(machine, account.region, prices);
    const spent = costSoFar(machine, account.region, prices, Date.now());
    const disks = this.#disksOf(machine, account, prices);
    const month = rate && dollars(rate.perHour * HOURS_PER_MONTH);
    return [
      [l10n.t('Price'), rate && `${l10n.t('{0}/h', dollars(rate.machine.perHour))} (${sourceText(rate.machine)})`],
      [l10n.t('Public address'), rate?.address && l10n.t('{0}/h', dollars(rate.address.perHour))],
      [l10n.t('Cost'), spent === undefined ? undefined : l10n.t('{0} since its last start; {1} a month', dollars(spent), month ?? '')],
      [l10n.t('Disks'), disks && diskText(disks)],
    ];
  }

  #endNote(machine: Machine): string | undefined {
    const end = isReachable(machine) ? knownEnd(machine, this.services.memento) : undefined;
    return end && endNote(end, Date.now(), l10n);
  }

  #endFacts(machine: Machine): readonly Fact[] {
    const end = isReachable(machine) ? knownEnd(machine, this.services.memento) : undefined;
    return end === undefined ? [] : [[l10n.t('End'), endSentence(end, Date.now(), l10n, env.language)]];
  }

  /** The account, where its cloud's prices are known at all. */
  #priced(accountId: string): Account | undefined {
    const account = this.services.accounts.get(accountId);
    return account !== undefined && capabilitiesOf(account).prices ? account : undefined;
  }

  #known(): Prices | undefined {
    if (this.#prices === undefined && !this.#loading) {
      this.#loading = true;
      void this.services.prices().then(
        (prices) => {
          this.#prices = prices;
          this.changed.fire(undefined);
        },
        // rows without prices say the rest
        () => undefined,
      );
    }
    return this.#prices;
  }

  /** Has the price list asked once for each size that is there; it keeps its answers for weeks. */
  #ask(account: Account, machines: readonly Machine[], prices: Prices): void {
    if (account.kind === 'endpoint') return;
    const asked = this.#asked.get(account.id) ?? new Set<string>();
    const types = new Set(machines.flatMap((one) => (one.kind === 'instance' && !asked.has(one.instance.type) ? [one.instance.type] : [])));
    if (types.size === 0) return;
    this.#asked.set(account.id, new Set([...asked, ...types]));
    void prices.refresh(account.region, [...types].sort()).then(() => this.changed.fire(undefined));
  }

  /** One list of disks an account, asked for only where a machine is stopped or somebody looks at a hover. */
  #disksOf(machine: Machine & { kind: 'instance' }, account: Account, prices: Prices): DiskCost | undefined {
    const volumes = this.#volumesOf(account);
    const cost = volumes && diskCost(volumes, new Set([machine.instance.id]), account.region, prices);
    return cost === undefined || cost.sizeGiB === 0 ? undefined : cost;
  }

  #volumesOf(account: Account): readonly Volume[] | undefined {
    if (!capabilitiesOf(account).volumes) return undefined;
    const known = this.#disks.get(account.id);
    if (known === undefined || Date.now() - known.at > DISKS_MS) {
      this.#disks.set(account.id, { at: Date.now(), volumes: known?.volumes });
      void this.#listDisks(account);
    }
    return this.#disks.get(account.id)?.volumes;
  }

  async #listDisks(account: Account): Promise<void> {
    try {
      const volumes = await (await this.services.resources(account)).listVolumes();
      this.#disks.set(account.id, { at: Date.now(), volumes });
      this.changed.fire(undefined);
    } catch {
      // who may not list disks sees none; whatever else hinders shows at the list of machines
    }
  }
}

function diskText({ sizeGiB, perMonth }: DiskCost): string {
  const size = l10n.t('{0} GB', sizeGiB);
  return perMonth === undefined ? size : l10n.t('{0} · {1}/month', size, dollars(perMonth));
}

function sourceText({ source, asOf }: Price): string {
  switch (source) {
    case 'recorded':
      return l10n.t('noted at launch, price of {0}', asOf);
    case 'cloud':
      return l10n.t('price list of {0}', asOf);
    case 'table':
      return l10n.t('Skylab’s own table, price of {0}', asOf);
  }
}
