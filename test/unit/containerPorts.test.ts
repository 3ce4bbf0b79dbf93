import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lazyIdentities } from '../../src/containerPorts';

describe('the key files that are loaded when first used', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(path.join(os.tmpdir(), 'skylab-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  it('tell a launch where its new key will be, before it is written', async () => {
    const told: { path: string; there: boolean }[] = [];
    const before = async (file: string) => void told.push({ path: file, there: existsSync(file) });
    const made = await lazyIdentities(home).create('skylab-ada', 'ada', before);
    assert.deepEqual(told, [{ path: made.path, there: false }]);
    assert.ok(existsSync(made.path));
  });
});
