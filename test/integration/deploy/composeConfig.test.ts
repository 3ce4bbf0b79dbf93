import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import { readLab } from '../../../src/core/deploy/lab';
import { envText } from '../../../src/core/deploy/plan';
import { findCompose } from '../support/compose';
import type { Stack } from '../support/composeCorpus';
import { findStacks, seenByCompose, seenByUs } from '../support/composeCorpus';
import { REFUSED, STACKS } from '../support/composeStacks';

describe('a Compose stack in the eyes of Docker Compose', function () {
  this.timeout(20_000);
  const compose = findCompose() ?? '';
  let root = '';

  before(function () {
    if (compose === '') {
      if (process.env['CI'] === 'true') throw new Error('Docker Compose 2 is not installed');
      this.skip();
    }
    root = mkdtempSync(path.join(tmpdir(), 'skylab-stacks-'));
  });
  after(() => {
    if (root !== '') rmSync(root, { recursive: true });
  });

  function written(name: string, files: Readonly<Record<string, string>>): Stack {
    const folder = path.join(root, name.replace(/\W+/g, '-'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const [stack] = findStacks(folder);
    assert.ok(stack);
    return stack;
  }

  for (const [name, files] of Object.entries(STACKS)) {
    it(`has the services, ports and volumes that Skylab says: ${name}`, async () => {
      const stack = written(name, files);
      const theirs = await seenByCompose(compose, stack);
      assert.ok('services' in theirs, JSON.stringify(theirs));
      assert.deepEqual(seenByUs(stack), theirs);
    });
  }

  for (const [name, [files, said]] of Object.entries(REFUSED)) {
    it(`is refused by both, with file and line: ${name}`, async () => {
      const stack = written(`no ${name}`, files);
      assert.ok('refused' in (await seenByCompose(compose, stack)));
      const ours = seenByUs(stack);
      assert.ok('refused' in ours, JSON.stringify(ours));
      assert.match(ours.refused, said);
    });
  }

  it('is the chosen one for every command in the release’s folder, through its .env', async () => {
    const files = {
      'compose.yml': 'services:\n  app: {image: "busybox:1"}\n  tool: {image: "busybox:1", profiles: [tools]}\n',
      'compose.override.yml': 'services:\n  app: {ports: ["1:1"]}\n',
      'compose.prod.yml': 'services:\n  app: {ports: ["2:2"]}\n',
    };
    const { folder } = written('chosen', files);
    for (const choice of [
      { files: ['compose.yml', 'compose.prod.yml'], profiles: ['tools'] },
      { files: ['compose.yml'], profiles: [] },
      { files: ['compose.yml', 'compose.override.yml'], profiles: [] },
    ]) {
      const lab = readLab(await new DiskLabFolderReader().read(folder), 'chosen', choice);
      const text = envText(lab, new Map(), new Map());
      writeFileSync(path.join(folder, '.env'), text);
      // no -f and no --profile: what the unit and a person there would run
      const bare = await seenByCompose(compose, { name: '', folder, choice: { files: [], profiles: [] } });
      const named = await seenByCompose(compose, { name: '', folder, choice });
      assert.deepEqual(bare, named, text);
      rmSync(path.join(folder, '.env'));
    }
  });
});
