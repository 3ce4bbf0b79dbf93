import { EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { AwsProviders } from '../../../src/adapters/aws/providers';
import { Accounts } from '../../../src/core/cloud/accounts';
import { Machines, type MachinesChange } from '../../../src/core/cloud/machines';
import type { Account, MachineKey } from '../../../src/core/cloud/model';
import { Secret } from '../../../src/core/secret';
import { accountRow, machineRow } from '../../../src/ui/model/machineRow';
import type { L10n } from '../../../src/ui/model/l10n';
import { Arrangement, PAGE } from '../../../src/ui/tree/arrangement';
import { MapMemento, MapVault } from '../../unit/core/cloud/support';
import { REGIONS, startManyInstances, type ManyInstances } from './manyInstances';

export const PER_REGION = 2_500;
export const COUNT = PER_REGION * REGIONS.length;
/** As the tree collects repaints. */
const REPAINT_MS = 80;

const l10n: L10n = { t: (message, ...args) => message.replace(/\{(\d)\}/g, (_all, i: string) => String(args[Number(i)])) };

/** Four accounts of 2,500 machines each, and the tree's own way from a change to the rows on the screen. */
export class TreeBench {
  readonly #vault = new MapVault();
  readonly #providers = new AwsProviders(this.#vault);
  readonly accounts = new Accounts(new MapMemento(), this.#vault, this.#providers);
  readonly machines = new Machines(this.accounts, this.#providers);
  readonly #arrangement = new Arrangement(this.machines, (id) => this.accounts.get(id));
  readonly #pending = new Map<string, MachinesChange>();
  #timer: NodeJS.Timeout | undefined;
  /** When the first rows were made, in milliseconds since the epoch. */
  firstRowsAt = 0;
  paintedParents = 0;
  paintedRows: MachineKey[] = [];

  private constructor(private readonly many: ManyInstances) {
    this.machines.onChange((change) => {
      this.#pending.set(change.kind === 'machine' ? change.key : change.kind === 'account' ? change.accountId : '', change);
      this.#timer ??= setTimeout(() => this.#paint(), REPAINT_MS);
    });
  }

  static async open(many: ManyInstances): Promise<TreeBench> {
    const bench = new TreeBench(many);
    const keys = { accessKeyId: 'AKIAMANY', secretAccessKey: new Secret('many') };
    for (const region of REGIONS) await bench.accounts.add(bench.account(region), keys);
    await bench.settled();
    return bench;
  }

  account(region: string): Account {
    return { kind: 'endpoint', id: region, name: 'Many', endpoint: this.many.endpoint, region };
  }

  /** Lists all four side by side, and waits for the last repaint. @returns milliseconds of the listing */
  async refresh(): Promise<number> {
    const begun = performance.now();
    await this.machines.refresh();
    const ms = performance.now() - begun;
    const listed = REGIONS.reduce((sum, region) => sum + this.machines.of(region).length, 0);
    if (listed !== COUNT) throw new Error(`${listed} of ${COUNT} instances were listed.`);
    await this.settled();
    return ms;
  }

  async settled(): Promise<void> {
    while (this.#timer !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  calls(): number {
    return REGIONS.reduce((sum, region) => {
      const status = this.machines.status(region);
      return sum + (status.state === 'loaded' ? (status.last?.calls ?? 0) : 0);
    }, 0);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.machines.dispose();
    for (const region of REGIONS) this.#providers.forget(region);
  }

  #paint(): void {
    this.#timer = undefined;
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    for (const change of changes) {
      if (change.kind === 'machine') this.#row(change.key);
      else for (const region of change.kind === 'account' ? [change.accountId] : REGIONS) this.#parent(region);
    }
  }

  #parent(region: string): void {
    this.paintedParents++;
    accountRow(this.account(region), this.machines.status(region), this.machines.of(region), l10n);
    const rows = this.#arrangement.of(region).slice(0, PAGE);
    for (const machine of rows) machineRow(machine, undefined, Date.now(), l10n);
    if (rows.length > 0 && this.firstRowsAt === 0) this.firstRowsAt = Date.now();
  }

  #row(key: MachineKey): void {
    const machine = this.machines.get(key);
    if (machine !== undefined) machineRow(machine, undefined, Date.now(), l10n);
    this.paintedRows.push(key);
  }
}

/** The SDK's own paginator doing the same listing, its answers dropped. @returns milliseconds */
export async function paginatorAlone(many: ManyInstances): Promise<number> {
  const clients = REGIONS.map(
    (region) => new EC2Client({ region, endpoint: many.endpoint, credentials: { accessKeyId: 'AKIAMANY', secretAccessKey: 'many' } }),
  );
  const begun = performance.now();
  const counts = await Promise.all(
    clients.map(async (client) => {
      let count = 0;
      for await (const page of paginateDescribeInstances({ client, pageSize: 100 }, {})) count += page.Reservations?.length ?? 0;
      return count;
    }),
  );
  const ms = performance.now() - begun;
  for (const client of clients) client.destroy();
  if (counts.some((count) => count !== PER_REGION)) throw new Error(`The paginator listed ${counts.join()}.`);
  return ms;
}

export { startManyInstances };
