import assert from 'node:assert/strict';
import type { Memento } from '../../../../src/core/cloud/ports';
import { CancelledError } from '../../../../src/core/errors';
import { RateMeter } from '../../../../src/core/transfer/rate';
import { TransferSlots } from '../../../../src/core/transfer/slots';
import type { SyncPair, TransferRecord } from '../../../../src/core/transfer/transfers';
import { Transfers } from '../../../../src/core/transfer/transfers';

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the line in front of a machine', () => {
  it('lets three transfers in, and each that ends lets in the next', async () => {
    const slots = new TransferSlots();
    const waits: number[] = [];
    const gives = await Promise.all([1, 2, 3].map(() => slots.take('m', never, () => waits.push(-1))));
    let in4 = false;
    let in5 = false;
    const fourth = slots.take('m', never, (before) => waits.push(before)).then((give) => ((in4 = true), give));
    void slots.take('m', never, (before) => waits.push(before)).then(() => (in5 = true));
    await turn();
    assert.deepEqual([waits, in4], [[3, 4], false]);
    (await slots.take('other', never, () => assert.fail('another machine has a line of its own')))();
    gives[0]?.();
    gives[0]?.();
    const give4 = await fourth;
    await turn();
    assert.deepEqual([in4, in5], [true, false]);
    give4();
    await turn();
    assert.equal(in5, true);
  });

  it('lets go of one that is cancelled while it waits', async () => {
    const slots = new TransferSlots();
    const gives = await Promise.all([1, 2, 3].map(() => slots.take('m', never, () => undefined)));
    const cancel = new AbortController();
    const waiting = slots.take('m', cancel.signal, () => undefined);
    cancel.abort();
    await assert.rejects(waiting, CancelledError);
    gives[0]?.();
    (await slots.take('m', never, () => assert.fail('a place is free')))();
  });
});

describe('the rate of a transfer', () => {
  it('is that of the last seconds, and tells what is left', () => {
    const meter = new RateMeter();
    assert.equal(meter.rate, undefined);
    for (let second = 0; second <= 20; second++) meter.add(second * 1000, second < 10 ? second * 100 : 1000 + (second - 10) * 500);
    assert.equal(meter.rate, 500);
    assert.equal(meter.left(1000), 2000);
  });
});

describe('what is remembered of transfers', () => {
  const memory = () => {
    const values = new Map<string, unknown>();
    const memento: Memento = { get: (key) => values.get(key) as never, set: async (key, value) => void values.set(key, value) };
    return { values, memento };
  };
  const pair: SyncPair = {
    id: 'p',
    root: '/lab',
    machineKey: 'given/1',
    machineName: 'vm',
    remoteDir: '~/lab',
    deletes: false,
    watching: false,
  };
  const record = (id: string): TransferRecord => ({
    id,
    kind: 'sync',
    what: 'lab',
    machineKey: 'given/1',
    machineName: 'vm',
    path: '/home/me/lab',
    endedAt: 1,
    ms: 1,
    files: 1,
    bytes: 1,
    outcome: 'done',
  });

  it('is the last fifty that have ended, the newest first', async () => {
    const transfers = new Transfers(memory().memento);
    for (let i = 0; i < 60; i++) await transfers.record(record(String(i)));
    assert.equal(transfers.history().length, 50);
    assert.equal(transfers.history()[0]?.id, '59');
    await transfers.clearHistory();
    assert.deepEqual(transfers.history(), []);
  });

  it('is each pair of folders once', async () => {
    const kept = memory();
    const transfers = new Transfers(kept.memento);
    let changes = 0;
    transfers.onChange(() => changes++);
    await transfers.savePair(pair);
    await transfers.savePair({ ...pair, deletes: true });
    assert.deepEqual(new Transfers(kept.memento).pairs(), [{ ...pair, deletes: true }]);
    assert.equal(transfers.find('/lab', 'given/1', '~/lab')?.id, 'p');
    await transfers.removePair('p');
    assert.deepEqual([transfers.pairs(), changes], [[], 3]);
  });

  it('is nothing where what is kept is not what it was', () => {
    const kept = memory();
    kept.values.set('transfer.pairs', [{ id: 1 }, 'x', null]);
    kept.values.set('transfer.history', 'broken');
    const transfers = new Transfers(kept.memento);
    assert.deepEqual([transfers.pairs(), transfers.history()], [[], []]);
  });
});
