import assert from 'node:assert/strict';
import { RateMeter } from '../../../src/core/transfer/rate';
import type { SyncPair, TransferRecord } from '../../../src/core/transfer/transfers';
import { planText } from '../../../src/ui/model/planText';
import { pairRow, recordRow } from '../../../src/ui/model/transferRow';
import { progressOf } from '../../../src/ui/model/transferText';

const l10n = {
  t: (message: string, ...args: (string | number | boolean)[]) =>
    message.replace(/\{(\d)\}/g, (_all, index) => String(args[Number(index)])),
};
const pair: SyncPair = {
  id: 'p',
  root: '/home/me/lab',
  machineKey: 'given/1',
  machineName: 'vm',
  remoteDir: '~/lab',
  deletes: false,
  watching: false,
};
const record: TransferRecord = {
  id: 'r',
  kind: 'sync',
  what: 'lab',
  machineKey: 'given/1',
  machineName: 'vm',
  path: '/home/me/lab',
  endedAt: 0,
  ms: 2000,
  files: 3,
  bytes: 4_000_000,
  outcome: 'done',
};

describe('a pair of folders in the Transfers view', () => {
  it('says when it was synced, what runs, and whether it deletes', () => {
    const row = pairRow({ ...pair, syncedAt: 0 }, undefined, undefined, 120_000, l10n);
    assert.deepEqual([row.label, row.description, row.contextValue], ['lab → vm:~/lab', 'synced 2 min ago', 'pair.idle']);
    assert.equal(pairRow(pair, undefined, undefined, 0, l10n).description, 'not synced yet');
    assert.equal(pairRow({ ...pair, deletes: true }, undefined, undefined, 0, l10n).contextValue, 'pair.idle.deletes');
    assert.equal(pairRow(pair, 'comparing both sides', undefined, 0, l10n).contextValue, 'pair.running');
  });

  it('says by word and icon what syncing on save does', () => {
    const row = (watch: Parameters<typeof pairRow>[2]) => pairRow(pair, undefined, watch, 5000, l10n);
    assert.match(row({ kind: 'sent', at: 0 }).description, /sent 5 s ago/);
    assert.match(row({ kind: 'reconnecting', files: 2 }).description, /no connection, 2 files wait/);
    assert.equal(row({ kind: 'failed', sentence: 'No.' }).icon.id, 'error');
    assert.equal(row({ kind: 'watching' }).contextValue, 'pair.watching');
  });
});

describe('a transfer that has ended', () => {
  it('says how much, how long and how fast, or why it failed', () => {
    assert.equal(recordRow(record, 60_000, l10n).description, '3 files, 4.0 MB, 2.0 s, 2.0 MB/s · 1 min ago');
    assert.match(recordRow({ ...record, outcome: 'failed', error: 'The disk is full.' }, 0, l10n).description, /^The disk is full\./);
    assert.equal(recordRow({ ...record, pairId: 'p' }, 0, l10n).contextValue, 'transfer.done.again');
  });
});

describe('a running transfer', () => {
  it('says its rate and what is left', () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 4; second++) meter.add(second * 1000, second * 1_000_000);
    const [detail, fraction] = progressOf({ files: 1, totalFiles: 2, bytes: 4_000_000, totalBytes: 8_000_000 }, meter, l10n);
    assert.equal(detail, '4.0 MB of 8.0 MB, 1 of 2 files · 1.0 MB/s · 4 s left');
    assert.equal(fraction, 0.5);
  });
});

describe('the preview of a sync', () => {
  it('tells what is sent, lost, deleted, left out and why', () => {
    const file = (path: string) => ({ path, kind: 'file' as const, mode: 0o644, size: 1000, mtime: 0 });
    const text = planText(
      'Sync',
      {
        path: '/home/me/lab',
        exists: true,
        difference: {
          added: [file('new')],
          changed: [file('old')],
          suspects: [],
          touched: [],
          extra: ['gone'],
          newerThere: ['old'],
          blocked: [],
        },
        listing: {
          entries: [],
          files: 0,
          bytes: 0,
          skipped: [{ path: 'pipe', reason: 'It is no file.' }],
          hasModes: true,
          ignore: { files: [], left: [{ path: 'node_modules', by: '.gitignore', directory: true }], needed: ['.env'] },
        },
      },
      true,
      l10n,
    );
    for (const part of [
      'Would be sent: 2 files, 2.0 kB',
      '+ new',
      '~ old (newer on the machine',
      '- gone',
      'node_modules/  (.gitignore)',
      '! .env',
      'pipe: It is no file.',
    ])
      assert.ok(text.includes(part), `${part}\n${text}`);
  });
});
