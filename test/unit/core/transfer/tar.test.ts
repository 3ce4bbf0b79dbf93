import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { DiskFolder } from '../../../../src/adapters/files/localFolder';
import { decodeName, encodeName } from '../../../../src/core/transfer/names';
import { END_OF_ARCHIVE, tarHeader } from '../../../../src/core/transfer/tar';

/** The archive of a folder, in one piece. */
async function archive(root: string): Promise<Buffer> {
  const folder = new DiskFolder();
  const pieces: Buffer[] = [];
  for await (const piece of folder.tar(root, await folder.list(root), {})) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

describe('the archive of a folder, read by GNU tar', () => {
  let scratch = '';
  let root = '';
  beforeEach(() => {
    scratch = mkdtempSync(path.join(tmpdir(), 'skylab-tar-'));
    root = path.join(scratch, 'in');
    mkdirSync(root);
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  async function unpack(locale: string): Promise<string> {
    const out = path.join(scratch, `out-${locale}`);
    mkdirSync(out);
    const ran = spawnSync('tar', ['-x', '-p', '-f', '-', '-C', out], {
      input: await archive(root),
      env: { ...process.env, LC_ALL: locale },
    });
    assert.equal(ran.stderr.toString(), '');
    assert.equal(ran.status, 0);
    return out;
  }

  it('holds modes, times, dot-files, empty folders, links and contents of all sizes', async () => {
    mkdirSync(path.join(root, 'empty'));
    mkdirSync(path.join(root, '.hidden/deep'), { recursive: true });
    const sizes = [0, 1, 511, 512, 513, 2048, 262_143, 262_144, 262_145, 1_000_000];
    for (const size of sizes) writeFileSync(path.join(root, `.hidden/deep/${size}`), Buffer.alloc(size, size % 251));
    writeFileSync(path.join(root, 'run.sh'), '#!/bin/sh\n');
    chmodSync(path.join(root, 'run.sh'), 0o751);
    symlinkSync('.hidden/deep/512', path.join(root, 'link'));
    const out = await unpack('C');
    assert.equal(spawnSync('diff', ['-r', '--no-dereference', root, out]).status, 0);
    assert.equal(statSync(path.join(out, 'run.sh')).mode & 0o777, 0o751);
    assert.equal(
      Math.floor(statSync(path.join(out, 'run.sh')).mtimeMs / 1000),
      Math.floor(statSync(path.join(root, 'run.sh')).mtimeMs / 1000),
    );
    assert.equal(readlinkSync(path.join(out, 'link')), '.hidden/deep/512');
    assert.deepEqual(readdirSync(path.join(out, 'empty')), []);
  });

  for (const locale of ['C', 'C.UTF-8']) {
    it(`holds any name, short or long, in the locale ${locale}`, async () => {
      const names = [
        "it's",
        'sp ace',
        '$(touch x)',
        'new\nline',
        '-rf',
        'é😀',
        'n'.repeat(250),
        `${'é'.repeat(60)}.txt`,
        '"quoted"',
        'back\\slash',
        '*',
      ];
      for (const name of names) writeFileSync(path.join(root, name), name);
      const bytes = Buffer.concat([Buffer.from(`${root}/latin-`), Buffer.from([0xe9, 0xff]), Buffer.from('.txt')]);
      writeFileSync(bytes, 'latin');
      const deep = path.join(root, 'd'.repeat(120), 'e'.repeat(120), 'f'.repeat(120));
      mkdirSync(deep, { recursive: true });
      writeFileSync(path.join(deep, 'g'), 'deep');
      symlinkSync(`${'d'.repeat(120)}/${'e'.repeat(120)}`, path.join(root, 'long-link'));
      const out = await unpack(locale);
      for (const name of names) assert.equal(readFileSync(path.join(out, name), 'utf8'), name);
      assert.equal(spawnSync('diff', ['-r', '--no-dereference', root, out]).status, 0);
    });
  }

  it('tells sizes over 8 GiB', () => {
    const size = 20 * 2 ** 30 + 5;
    const header = tarHeader({ path: 'huge', kind: 'file', mode: 0o644, size, mtime: 0 });
    const listed = spawnSync('tar', ['-tv', '-f', '-'], { input: header, encoding: 'utf8' });
    assert.match(listed.stdout, new RegExp(` ${size} `));
  });

  it('is listed by tar under any path of up to 600 bytes', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', ' ', '-', '.x'), minLength: 1, maxLength: 80 });
    const paths = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(paths, (lists) => {
        const wanted = lists.map((parts) => parts.map((text) => `p${text}`).join('/'));
        const entries = wanted.map((name, i) =>
          tarHeader({ path: name, kind: i % 2 === 0 ? 'file' : 'directory', mode: 0o755, size: 0, mtime: i }),
        );
        const listed = execFileSync('tar', ['-t', '--quoting-style=literal', '-f', '-'], {
          input: Buffer.concat([...entries, END_OF_ARCHIVE]),
          encoding: 'utf8',
        });
        assert.deepEqual(
          listed
            .trimEnd()
            .split('\n')
            .map((line) => line.replace(/\/$/, '')),
          wanted,
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe('a file name', () => {
  it('keeps its bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) =>
        assert.deepEqual(encodeName(decodeName(Buffer.from(bytes))), Buffer.from(bytes)),
      ),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => assert.equal(decodeName(Buffer.from(name)), name)));
  });
});
