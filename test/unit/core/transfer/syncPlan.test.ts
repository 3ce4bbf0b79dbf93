import assert from 'node:assert/strict';
import type { FolderListing, LocalEntry } from '../../../../src/core/transfer/ports';
import type { RemoteEntry } from '../../../../src/core/transfer/remoteListing';
import { ListingReader } from '../../../../src/core/transfer/remoteListing';
import { compare, deliver, settle } from '../../../../src/core/transfer/syncPlan';

const file = (path: string, size = 1, mtime = 100, mode = 0o644): LocalEntry => ({ path, kind: 'file', mode, size, mtime });
const folder = (path: string, mode = 0o755): LocalEntry => ({ path, kind: 'directory', mode, size: 0, mtime: 100 });
const listing = (...entries: LocalEntry[]): FolderListing => ({
  entries: [...entries].sort((a, b) => (a.path < b.path ? -1 : 1)),
  files: entries.filter(({ kind }) => kind === 'file').length,
  bytes: entries.reduce((sum, { size }) => sum + size, 0),
  skipped: [],
  hasModes: true,
});
const remote = (...entries: LocalEntry[]) => new Map<string, RemoteEntry>(entries.map(({ path, ...rest }) => [path, rest]));

describe('what differs between a folder here and one on a machine', () => {
  it('is told by size, time, mode, kind and link target', () => {
    const here = listing(file('same'), file('size', 2), file('time', 1, 200), file('mode', 1, 100, 0o755), folder('kind'), file('new'));
    const there = remote(file('same'), file('size'), file('time'), file('mode'), file('kind'), file('only'));
    const difference = compare(here, there);
    const paths = (entries: readonly LocalEntry[]) => entries.map(({ path }) => path);
    assert.deepEqual(paths(difference.added), ['new']);
    assert.deepEqual(paths(difference.changed), ['kind', 'size']);
    assert.deepEqual(paths(difference.suspects), ['time']);
    assert.deepEqual(paths(difference.touched), ['mode']);
    assert.deepEqual(difference.extra, ['only']);
    const settled = settle(difference, there, () => true);
    assert.deepEqual(
      [paths(settled.changed), paths(settled.touched)],
      [
        ['kind', 'size'],
        ['mode', 'time'],
      ],
    );
  });

  it('says which versions are newer there', () => {
    const here = listing(file('a', 2), file('b', 1, 100));
    const difference = compare(here, remote(file('a', 1, 300), file('b', 1, 300)));
    assert.deepEqual(difference.newerThere, ['a', 'b']);
    assert.deepEqual(settle(difference, new Map(), () => true).newerThere, ['a']);
  });

  it('never counts as extra what is ignored, was skipped here, or lies around such things', () => {
    const here = {
      ...listing(file('a')),
      skipped: [
        { path: 'pipe', reason: '' },
        { path: 'out', reason: '' },
      ],
    };
    const there = remote(file('a'), file('pipe'), folder('out'), file('out/x'), folder('d'), file('d/log'), file('d/other'), folder('e'));
    const difference = compare(here, there, { ignores: (path) => path.endsWith('log') });
    assert.deepEqual(difference.extra, ['d/other', 'e']);
  });

  it('takes the machine’s modes where this system has none', () => {
    const here = { ...listing(file('run.sh')), hasModes: false };
    assert.deepEqual(compare(here, remote(file('run.sh', 1, 100, 0o755))).touched, []);
  });
});

describe('what is sent', () => {
  it('brings the folders above with it, and counts what the machine must find', () => {
    const here = listing(folder('d', 0o700), folder('d/e'), file('d/e/new', 5), file('d/old', 3));
    const there = remote(folder('d'), file('d/old', 2));
    const delivery = deliver(
      here,
      there,
      settle(compare(here, there), there, () => false),
      { deletes: false },
    );
    assert.deepEqual(
      delivery.items.map(({ name }) => name),
      ['t/d', 't/d/e', 't/d/e/new', 't/d/old', 'a/d'],
    );
    assert.deepEqual(delivery.wanted, [2, 0, 2, 8]);
    assert.deepEqual(delivery.saved, ['d/old']);
    assert.deepEqual([delivery.freshFiles, delivery.freshFolders], [['d/e/new'], ['d/e']]);
  });

  it('uses what an earlier run has brought, and the beginning of a large file', () => {
    const here = listing(file('done', 4), file('half', 1000), file('stale', 4));
    const staged = remote(file('done', 4), file('half', 600, 999), file('stale', 4, 99));
    const delivery = deliver(
      here,
      new Map(),
      settle(compare(here, new Map()), new Map(), () => false),
      {
        deletes: false,
        staged,
        started: [{ path: 'half', bytes: 600 }],
      },
    );
    assert.deepEqual(delivery.reuse, ['done']);
    assert.deepEqual(delivery.append, [['half', 100, 0o644]]);
    assert.deepEqual([delivery.bytes, delivery.keptBytes], [404, 604]);
    assert.deepEqual(
      delivery.items.map(({ name, from }) => [name, from]),
      [
        ['x/0', 600],
        ['t/stale', undefined],
      ],
    );
  });

  it('keeps aside the topmost of what is deleted, and deletes the deepest first', () => {
    const here = listing(file('a'));
    const there = remote(file('a'), folder('d'), folder('d/e'), file('d/e/f'), file('g'));
    const delivery = deliver(here, there, compare(here, there), { deletes: true });
    assert.deepEqual(delivery.saved, ['d', 'g']);
    assert.deepEqual(
      [delivery.goneFiles, delivery.goneFolders],
      [
        ['d/e/f', 'g'],
        ['d/e', 'd'],
      ],
    );
  });
});

describe('the listing of a machine', () => {
  it('is read wherever the packets cut it, with any names', () => {
    const names = ['a', 'new\nline', 'sp ace', '\udcff', '.'];
    const bytes = Buffer.concat([
      ...names.map((name) =>
        Buffer.concat([
          Buffer.from('f 644 12 1700000000.5000000000 ./'),
          name === '\udcff' ? Buffer.of(0xff) : Buffer.from(name),
          Buffer.of(0, 0),
        ]),
      ),
      Buffer.from('l 777 3 1700000000.0 ./link\0a b\0.\0@rest\n'),
    ]);
    for (const size of [1, 2, 3, 7, 50, bytes.length]) {
      const reader = new ListingReader();
      let rest: Buffer | undefined;
      for (let at = 0; at < bytes.length && rest === undefined; at += size) rest = reader.add(bytes.subarray(at, at + size));
      assert.deepEqual([...reader.entries.keys()], [...names, 'link']);
      assert.deepEqual(reader.entries.get('link'), { kind: 'symlink', mode: 0o777, size: 0, mtime: 1_700_000_000, linkTarget: 'a b' });
      assert.equal(reader.entries.get('a')?.size, 12);
      assert.ok(rest !== undefined && '@rest\n'.startsWith(rest.toString()));
    }
  });
});
