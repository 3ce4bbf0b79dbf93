import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import { withOverrides } from '../../../../src/core/transfer/overrides';
import type { FolderListing } from '../../../../src/core/transfer/ports';

const LISTING: FolderListing = {
  entries: [
    { path: '.env', kind: 'file', mode: 0o644, size: 10, mtime: 1 },
    { path: 'conf', kind: 'directory', mode: 0o755, size: 0, mtime: 1 },
    { path: 'conf/run', kind: 'file', mode: 0o755, size: 5, mtime: 1 },
  ],
  files: 2,
  bytes: 15,
  skipped: [],
  hasModes: true,
};

describe('files that are sent with another content', () => {
  it('keep their mode, but a .env file is for its owner alone', () => {
    const changed = withOverrides(
      LISTING,
      new Map([
        ['.env', Buffer.from('abc')],
        ['conf/run', Buffer.from('x')],
        ['conf/new/.env.prod', Buffer.from('')],
      ]),
      7,
    );
    const seen = Object.fromEntries(changed.entries.map((entry) => [entry.path, `${entry.kind} ${entry.mode.toString(8)} ${entry.size}`]));
    assert.deepEqual(seen, {
      '.env': 'file 600 3',
      conf: 'directory 755 0',
      'conf/run': 'file 755 1',
      'conf/new': 'directory 755 0',
      'conf/new/.env.prod': 'file 600 0',
    });
    assert.equal(changed.files, 3);
    assert.equal(changed.bytes, 4);
  });

  it('may not lead out of the folder, nor replace a folder, nor lie below a file', () => {
    for (const path of ['../x', '/etc/passwd', 'a/../../b', '', 'conf', '.env/x', './x', 'a//b']) {
      assert.throws(() => withOverrides(LISTING, new Map([[path, Buffer.alloc(0)]]), 0), SkylabError, path);
    }
  });
});
