import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskLabFolderReader } from '../../../../src/adapters/files/labFolder';
import { factsCommand } from '../../../../src/core/deploy/facts';
import { MAX_HASHED_BYTES, textsCommand } from '../../../../src/core/deploy/releaseContents';
import type { RemoteCommand } from '../../../../src/core/remote/command';
import { commandLine } from '../../../../src/core/remote/command';

describe('a release’s files, read in a real shell', () => {
  let home: string;
  let release: string;
  const sh = <T>(command: RemoteCommand<T>): T => {
    const stdout = execFileSync('sh', ['-c', commandLine(command, true)], {
      cwd: home,
      encoding: 'utf8',
      env: { ...process.env, HOME: home },
    });
    assert.ok(command.parse);
    return command.parse(stdout, 0);
  };
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'skylab-contents-'));
    release = join(home, 'skylab/lab/releases/20261121-093000-4f2a');
    mkdirSync(join(release, 'sub'), { recursive: true });
    writeFileSync(join(release, 'compose.yml'), 'services: {}\n');
    writeFileSync(join(release, '.skylab-release.json'), '{}');
    writeFileSync(join(release, "sub/it's a\nname ü"), 'x');
    writeFileSync(join(release, 'run.sh'), '#!/bin/sh\n');
    chmodSync(join(release, 'run.sh'), 0o755);
    writeFileSync(join(release, 'binary'), Buffer.from([0, 255, 1]));
    writeFileSync(join(release, 'big'), '');
    truncateSync(join(release, 'big'), MAX_HASHED_BYTES + 1);
    symlinkSync('compose.yml', join(release, 'link'));
    symlinkSync('releases/20261121-093000-4f2a', join(home, 'skylab/lab/current'));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('are those that the same folder on this computer has, whatever their names', async () => {
    const there = sh(factsCommand('lab', [], { contents: true })).current?.contents;
    assert.ok(there !== undefined);
    const here = await new DiskLabFolderReader().contents(release);
    const sorted = (entries: readonly { path: string }[]) => [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
    const expected = here
      .filter(({ path }) => path !== '.skylab-release.json')
      .map((entry) => {
        const { path, size, executable, hash } = entry;
        return path === 'big' ? { path, size, executable } : { path, size, executable, hash };
      });
    assert.deepEqual(sorted(there.entries), sorted(expected));
    assert.equal(there.complete, true);
    assert.deepEqual([...there.texts], [['compose.yml', 'services: {}\n']]);
  });

  it('are not read unless asked for', () => {
    assert.equal(sh(factsCommand('lab', [])).current?.contents, undefined);
  });

  it('are handed over as texts, except what is none', () => {
    assert.deepEqual(sh(textsCommand(release, ["sub/it's a\nname ü", 'binary', 'big', 'missing', 'run.sh'])), [
      'x',
      undefined,
      undefined,
      undefined,
      '#!/bin/sh\n',
    ]);
  });
});
