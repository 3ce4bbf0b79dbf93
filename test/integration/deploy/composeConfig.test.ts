import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import { readLab } from '../../../src/core/deploy/lab';
import { envText } from '../../../src/core/deploy/plan';
import { composeConfig, findCompose, skipWithoutCompose } from '../support/compose';
import type { Stack } from '../support/composeCorpus';
import { findStacks, mendStack, seenByCompose, seenByUs } from '../support/composeCorpus';
import { REFUSED, STACKS } from '../support/composeStacks';

describe('a Compose stack in the eyes of Docker Compose', function () {
  this.timeout(20_000);
  const compose = findCompose() ?? '';
  let root = '';

  before(function () {
    skipWithoutCompose(this);
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

  it('is still a stack with every fix of the review in it, its passwords moved to the .env', async () => {
    const stack = written('mended', {
      'compose.yaml': `services:
  db:
    image: postgres
    ports: [5432:5432]
    environment: [POSTGRES_USER=app, POSTGRES_PASSWORD=example]
    volumes: ["./data:/var/lib/postgresql/data"]
  cache:
    image: 'redis:7'   # small
    ports:
      - "6379:6379"
  app:
    image: x:1
    environment:
      DB_PASSWORD: 'example'
      API_TOKEN: a#b c
    depends_on:
      cache: {condition: service_healthy}
`,
      'compose.override.yaml': 'services:\n  ui: {image: "adminer:5", ports: ["8080:8080"], environment: {UI_SECRET: 97531}}\n',
      'data/.keep': '',
    });
    const before = await seenByCompose(compose, stack);
    const mended = await mendStack(stack);
    assert.deepEqual(
      mended.sort(),
      ['health', 'mount:./data', 'port:cache', 'port:db', 'port:ui', 'secret:app', 'secret:db', 'secret:ui', 'waits:cache'].sort(),
    );
    const after = await seenByCompose(compose, stack);
    assert.ok('services' in before && 'services' in after, JSON.stringify(after));
    assert.deepEqual(seenByUs(stack), after);
    const { db, ui, cache } = after.services;
    assert.deepEqual(
      [db?.ports, ui?.ports, cache?.ports],
      [['127.0.0.1|5432|5432|tcp'], ['127.0.0.1|8080|8080|tcp'], ['127.0.0.1|6379|6379|tcp']],
    );
    assert.deepEqual(db?.volumes, ['bind|/home/admin/skylab/stack/data/data|/var/lib/postgresql/data|false']);
    assert.deepEqual(Object.keys(after.services), Object.keys(before.services));
    const config = composeConfig(compose, stack.folder);
    assert.ok('config' in config);
    const environment = (name: string) => config.config.services[name]?.environment ?? {};
    assert.match(environment('db')['POSTGRES_PASSWORD'] ?? '', /^[\w-]{24}$/);
    assert.equal(environment('app')['DB_PASSWORD'], environment('db')['POSTGRES_PASSWORD']);
    assert.equal(environment('app')['API_TOKEN'], 'a#b c');
    assert.equal(environment('ui')['UI_SECRET'], '97531');
  });

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
