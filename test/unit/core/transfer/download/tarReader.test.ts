import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { SkylabError } from '../../../../../src/core/errors';
import { TarReader } from '../../../../../src/core/transfer/download/tarReader';
import type { TarEntry } from '../../../../../src/core/transfer/download/tarReader';
import { encodeName } from '../../../../../src/core/transfer/names';

interface Read {
  readonly entry: TarEntry;
  readonly content: string;
}

/** Everything that the archive holds, fed in pieces of these lengths, over and over. */
function readAll(archive: Buffer, lengths: readonly number[] = [archive.length]): Read[] {
  const all: { entry: TarEntry; pieces: Buffer[]; ended: boolean }[] = [];
  const reader = new TarReader({
    entry: (entry) => all.push({ entry, pieces: [], ended: false }),
    data: (piece) => all.at(-1)?.pieces.push(Buffer.from(piece)),
    end: () => {
      const last = all.at(-1);
      assert.ok(last && !last.ended);
      last.ended = true;
    },
  });
  for (let at = 0, turn = 0; at < archive.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    reader.write(archive.subarray(at, at + length));
    at += length;
  }
  reader.end();
  assert.ok(all.every(({ ended }) => ended));
  return all.map(({ entry, pieces }) => ({ entry, content: Buffer.concat(pieces).toString('latin1') }));
}

const damaged = (error: unknown): boolean => error instanceof SkylabError && error.code === 'ArchiveDamaged';

describe('an archive that comes from a machine', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(path.join(tmpdir(), 'skylab-tar-'));
    const long = 'd'.repeat(120);
    mkdirSync(path.join(root, long, 'e'.repeat(200)), { recursive: true });
    writeFileSync(path.join(root, long, 'e'.repeat(200), 'deep'), 'deep');
    writeFileSync(path.join(root, 'f'.repeat(150)), 'one long name');
    writeFileSync(path.join(root, 'empty'), '');
    writeFileSync(path.join(root, 'block'), 'x'.repeat(512));
    writeFileSync(path.join(root, 'é😀\n'), 'x'.repeat(1025), { mode: 0o640 });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xff])]), 'bytes');
    utimesSync(path.join(root, 'block'), 1_600_000_000, 1_600_000_000);
    linkSync(path.join(root, 'block'), path.join(root, 'hard'));
    symlinkSync('t'.repeat(180), path.join(root, 'soft'));
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
  });
  after(() => rmSync(root, { recursive: true }));
  const tar = (...options: string[]): Buffer => execFileSync('tar', ['-C', root, '-c', '-f', '-', ...options, '.'], { maxBuffer: 1e9 });

  for (const format of ['gnu', 'oldgnu', 'pax', 'posix', 'ustar']) {
    it(`is read as tar itself lists it: ${format}`, () => {
      // the oldest of them holds no name of more than 256 bytes
      const options = format === 'ustar' ? ['--exclude=./d*', '--exclude=./soft', '--exclude=./fff*'] : [];
      const archive = tar(`--format=${format}`, ...options);
      const read = readAll(archive);
      const listing = execFileSync('tar', ['-t', '-f', '-', '--quoting-style=literal'], { input: archive, encoding: 'latin1' });
      const names = read.map(({ entry }) => encodeName(entry.path).toString('latin1'));
      assert.equal(names.join('\n'), listing.replace(/\n$/, ''));
      const find = (name: string) => read.find(({ entry }) => entry.path === `./${name}`);
      assert.equal(find('é😀\n')?.content, 'x'.repeat(1025));
      assert.equal(find('é😀\n')?.entry.mode, 0o640);
      assert.equal(find('f\udcff')?.content, 'bytes');
      assert.equal(find('empty')?.content, '');
      assert.equal(find('pipe')?.entry.kind, 'other');
      const block = [find('block'), find('hard')].find((one) => one?.entry.kind === 'file');
      assert.equal(block?.entry.mtime, 1_600_000_000);
      assert.ok([find('block'), find('hard')].some((one) => one?.entry.kind === 'hardlink'));
      if (format === 'ustar') return;
      assert.equal(find('soft')?.entry.linkTarget, 't'.repeat(180));
      assert.equal(find(`${'d'.repeat(120)}/${'e'.repeat(200)}/deep`)?.content, 'deep');
    });
  }

  it('is the same however the line cuts it', () => {
    const archive = tar('--format=pax');
    const whole = readAll(archive);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }), (lengths) => {
        assert.deepEqual(readAll(archive, lengths), whole);
      }),
      { numRuns: 40, examples: [[[1]], [[511]], [[513]]] },
    );
  });

  it('is refused when it was cut off anywhere, or a byte of a header is another', () => {
    const archive = tar('--format=gnu', '--exclude=./d*');
    const end = archive.length - archive.toString('latin1').match(/\0*$/)![0].length;
    for (let at = 0; at < end; at += 311) assert.throws(() => readAll(archive.subarray(0, at)), damaged, String(at));
    const spoilt = Buffer.from(archive);
    spoilt[3] = (spoilt[3] ?? 0) ^ 1;
    assert.throws(() => readAll(spoilt), damaged);
    assert.throws(() => readAll(Buffer.from('welcome to the lab\n'.repeat(100))), damaged);
  });

  it('takes no memory for a name that never ends', () => {
    const archive = tar('--format=gnu', '--exclude=./[!f]*');
    const at = archive.indexOf('././@LongLink');
    assert.ok(at >= 0);
    const head = Buffer.from(archive.subarray(at, at + 512));
    head.write('77777777777', 124, 'latin1');
    head.fill(0x20, 148, 156);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    assert.throws(() => readAll(head), damaged);
  });
});
