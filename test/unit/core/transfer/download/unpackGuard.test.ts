import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import type { TarEntry } from '../../../../../src/core/transfer/download/tarReader';
import { UnpackGuard } from '../../../../../src/core/transfer/download/unpackGuard';
import type { LocalNames } from '../../../../../src/core/transfer/download/unpackGuard';

const linux: LocalNames = { caseInsensitive: false, platform: 'linux' };
const entry = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({
  path: name,
  kind: 'file',
  mode: 0o644,
  size: 0,
  mtime: 0,
  ...more,
});
const reason = (guard: UnpackGuard, one: TarEntry): string | undefined => {
  const placed = guard.place(one);
  return placed.kind === 'skip' ? placed.reason : undefined;
};

describe('what an archive may write here', () => {
  it('is below the folder, whatever the names are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', 'b c', '...', '/', '\\', 'ü'), { maxLength: 6 }), (parts) => {
        const placed = new UnpackGuard(linux).place(entry(parts.join('/')));
        if (placed.kind !== 'make') return;
        const at = path.posix.resolve('/stage', placed.path);
        assert.ok(at.startsWith('/stage/'), placed.path);
        assert.equal(path.posix.join('/stage', placed.path), at);
      }),
    );
    for (const name of ['../x', '/etc/passwd', 'a/../../x', 'a/..', 'a//b', 'x\0y']) {
      assert.match(reason(new UnpackGuard(linux), entry(name)) ?? '', /leads out/, name);
    }
    assert.equal(new UnpackGuard(linux).place(entry('./', { kind: 'directory' })).kind, 'root');
  });

  it('is never written through a link, over a file, or twice', () => {
    const guard = new UnpackGuard(linux);
    assert.equal(reason(guard, entry('link', { kind: 'symlink', linkTarget: 'folder' })), undefined);
    assert.match(reason(guard, entry('link/x')) ?? '', /through a link/);
    assert.equal(reason(guard, entry('file')), undefined);
    assert.match(reason(guard, entry('file/x')) ?? '', /through a link or a file/);
    assert.match(reason(guard, entry('file')) ?? '', /twice/);
    assert.match(reason(guard, entry('link')) ?? '', /twice/);
    assert.equal(reason(guard, entry('folder/', { kind: 'directory' })), undefined);
    assert.equal(reason(guard, entry('folder/', { kind: 'directory' })), undefined);
  });

  it('has links that stay inside, and copies of files that are here', () => {
    const guard = new UnpackGuard(linux);
    for (const linkTarget of ['/etc/passwd', '../..', '../../x', 'b/../../../x', ''])
      assert.match(reason(guard, entry(`a/l-${linkTarget.length}`, { kind: 'symlink', linkTarget })) ?? '', /leads out/, linkTarget);
    assert.equal(reason(guard, entry('a/up', { kind: 'symlink', linkTarget: '../b' })), undefined);
    assert.match(reason(guard, entry('copy', { kind: 'hardlink', linkTarget: '/etc/passwd' })) ?? '', /not fetched/);
    assert.match(reason(guard, entry('copy', { kind: 'hardlink', linkTarget: 'a/up' })) ?? '', /not fetched/);
    assert.equal(reason(guard, entry('one')), undefined);
    assert.deepEqual(guard.place(entry('./two', { kind: 'hardlink', linkTarget: './one' })), {
      kind: 'make',
      path: 'two',
      linkTarget: 'one',
    });
  });

  it('keeps names apart that the disk cannot: the second is left out, and what is below it', () => {
    const guard = new UnpackGuard({ caseInsensitive: true, platform: 'darwin' });
    assert.equal(reason(guard, entry('Readme')), undefined);
    assert.match(reason(guard, entry('README')) ?? '', /cannot tell its name from Readme/);
    assert.equal(reason(guard, entry('data/', { kind: 'directory' })), undefined);
    assert.match(reason(guard, entry('Data/', { kind: 'directory' })) ?? '', /capital/);
    assert.match(reason(guard, entry('Data/x')) ?? '', /cannot tell its name from data/);
    assert.equal(reason(guard, entry('u\u0308')), undefined);
    assert.match(reason(guard, entry('\u00fc')) ?? '', /cannot tell/);
    assert.equal(reason(new UnpackGuard(linux), entry('README')), undefined);
  });

  it('leaves out what Windows cannot hold, and names that are no text elsewhere than on Linux', () => {
    for (const name of ['a:b', 'con', 'COM1.txt', 'end.', 'end ', 'a?b', 'a\\b', 'x/aux/y'])
      assert.match(reason(new UnpackGuard({ caseInsensitive: true, platform: 'win32' }), entry(name)) ?? '', /Windows/, name);
    assert.match(reason(new UnpackGuard({ caseInsensitive: true, platform: 'darwin' }), entry('f\udcff')) ?? '', /no text/);
    assert.equal(reason(new UnpackGuard(linux), entry('f\udcff')), undefined);
  });
});
