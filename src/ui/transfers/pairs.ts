import type { SyncPair } from '../../core/transfer/transfers';
import type { Ui } from '../ui';
import { PairSync } from './sync';
import { Watchers } from './watch';

/** What can be done with the pairs of folders; loaded when first needed. */
export class Pairs {
  readonly sync: PairSync;
  readonly watchers: Watchers;

  constructor(private readonly ui: Ui) {
    this.sync = new PairSync(ui);
    this.watchers = new Watchers(ui);
  }

  /** Sends from now on what is saved. What has changed before is sent first: after that only what is saved has to be looked at. */
  async watch(pair: SyncPair): Promise<void> {
    if (!(await this.sync.run(pair))) return;
    const now = { ...(this.ui.services.transfers.pair(pair.id) ?? pair), watching: true };
    await this.ui.services.transfers.savePair(now);
    this.watchers.start(now);
  }

  async unwatch(pair: SyncPair): Promise<void> {
    await this.ui.services.transfers.savePair({ ...pair, watching: false });
    this.watchers.stop(pair.id);
  }

  async forget(pair: SyncPair): Promise<void> {
    this.watchers.stop(pair.id);
    await this.ui.services.transfers.removePair(pair.id);
  }
}
