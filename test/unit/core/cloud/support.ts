import type { Clock } from '../../../../src/core/clock';
import type { Account, Instance } from '../../../../src/core/cloud/model';
import type { AccessKeys, CloudProvider, CloudProviders, KeyVault, Memento } from '../../../../src/core/cloud/ports';

export const ACCOUNT: Account = { kind: 'keys', id: 'acc', name: 'phys-dept', region: 'us-east-1' };

export function instance(id: string, change: Partial<Instance> = {}): Instance {
  return {
    accountId: ACCOUNT.id,
    id,
    name: id,
    state: 'running',
    type: 't3.small',
    imageId: 'ami-1',
    publicAddress: '203.0.113.7',
    launchedAt: 1_700_000_000_000,
    securityGroups: [{ id: 'sg-1', name: 'lab' }],
    tags: { Name: id },
    ...change,
  };
}

/** Time that passes when told. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; act: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void) {
    const timer = { at: this.#now + ms, act };
    this.#timers.push(timer);
    return { dispose: () => void (this.#timers = this.#timers.filter((t) => t !== timer)) };
  }

  /** Lets the time pass, timer by timer, and what they started settle. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class MapMemento implements Memento {
  readonly kept = new Map<string, unknown>();
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as in the port
  get<T>(key: string): T | undefined {
    return this.kept.get(key) as T | undefined;
  }
  set(key: string, value: unknown): Promise<void> {
    this.kept.set(key, value);
    return Promise.resolve();
  }
}

export class MapVault implements KeyVault {
  readonly kept = new Map<string, AccessKeys>();
  get(id: string) {
    return Promise.resolve(this.kept.get(id));
  }
  set(id: string, keys: AccessKeys) {
    this.kept.set(id, keys);
    return Promise.resolve();
  }
  delete(id: string) {
    this.kept.delete(id);
    return Promise.resolve();
  }
}

/** Gives the one provider for every account; only what a test needs of it is there. */
export class OneProvider implements CloudProviders {
  readonly forgotten: string[] = [];
  constructor(readonly provider: Partial<CloudProvider>) {}
  for() {
    return Promise.resolve(this.provider as CloudProvider);
  }
  forget(id: string) {
    this.forgotten.push(id);
  }
}
