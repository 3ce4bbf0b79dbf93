import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiskFolder } from '../../../../src/adapters/files/localFolder';
import { WorkerFolder } from '../../../../src/adapters/files/workerFolder';
import { CancelledError, SkylabError } from '../../../../src/core/errors';
import type { FolderListing, LocalFolder } from '../../../../src/core/transfer/ports';
import { workerFolder } from '../../../integration/support/folder';

describe('a folder read in a worker thread', () => {
  let root = '';
  const folder = workerFolder();
  beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'skylab-folder-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  after(() => folder.dispose());

  const archive = async (from: LocalFolder, listing: FolderListing, overrides?: ReadonlyMap<string, Buffer>): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of from.tar(root, listing, overrides ? { overrides } : {})) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  };
  const fill = (files: number) => {
    for (let i = 0; i < files; i++) {
      if (i % 100 === 0) mkdirSync(path.join(root, `d${i / 100}`));
      writeFileSync(path.join(root, `d${Math.floor(i / 100)}`, `f${i}`), `file ${i}\n`.repeat(i % 97));
    }
  };

  it('is listed and packed as on this thread, however many entries there are', async () => {
    fill(5000);
    symlinkSync('d0/f1', path.join(root, 'link'));
    symlinkSync('/etc/passwd', path.join(root, 'outside'));
    writeFileSync(path.join(root, 'large'), Buffer.alloc(3_000_001, 'large'));
    const plain = new DiskFolder();
    const expected = await plain.list(root);
    const listing = await folder.list(root);
    assert.deepEqual(listing, expected);
    assert.equal(listing.skipped.length, 1);
    const overrides = new Map([['d0/f2', Buffer.alloc(expected.entries.find((entry) => entry.path === 'd0/f2')?.size ?? 0, 'other')]]);
    const packed = await archive(folder, listing, overrides);
    assert.ok(packed.equals(await archive(plain, expected, overrides)));
    assert.ok(packed.includes('other'));
  });

  it('tells what went wrong with its code and the next step, and reads the next folder', async () => {
    await assert.rejects(folder.list(path.join(root, 'gone')), (error) => {
      assert.ok(error instanceof SkylabError);
      assert.equal(error.code, 'FolderGone');
      assert.match(error.sentence, /is not there.*Choose it again/s);
      assert.match(String(error.cause), /ENOENT/);
      return true;
    });
    fill(1);
    assert.equal((await folder.list(root)).files, 1);
  });

  it('stops when cancelled, and says so when the worker is broken', async () => {
    fill(3000);
    const cancel = new AbortController();
    const listing = folder.list(root, cancel.signal);
    cancel.abort();
    await assert.rejects(listing, CancelledError);
    writeFileSync(path.join(root, 'broken.js'), 'throw new Error("no");');
    await assert.rejects(new WorkerFolder(path.join(root, 'broken.js')).list(root), /could not be read to its end/);
  });
});
