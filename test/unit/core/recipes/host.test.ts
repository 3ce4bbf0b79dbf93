import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SkylabError } from '../../../../src/core/errors';
import { hostTask } from '../../../../src/core/recipes/host';
import { hostFolder } from '../../../../src/core/recipes/hostFolder';
import type { HostFolder } from '../../../../src/core/recipes/hostFolder';
import type { RecipeFile } from '../../../../src/core/recipes/ports';
import { readRecipe } from '../../../../src/core/recipes/read';
import type { RemoteCommand } from '../../../../src/core/remote/command';
import { Secret } from '../../../../src/core/secret';
import { linesOf } from '../../../../src/core/upkeep/task';
import { recipeIds, schema, setsUpMachines, shipped } from './support';

const file = (path: string, text: string): RecipeFile => ({ path, content: Buffer.from(text), executable: false });
const RECIPE = `
id: things
title: Things
description: Makes a thing on a machine.
needs: { memoryMiB: 64, diskGiB: 1, ports: [] }
variables:
  - { name: PLACE, label: Where, type: path, required: true }
  - { name: WORD, label: What, type: secret }
  - { name: MORE, label: More, type: bool, default: false }
host:
  - { title: makes the thing, check: scripts/there.sh, run: scripts/make.sh, undo: scripts/remove.sh, as: user }
  - { title: makes more, check: scripts/more.sh, run: scripts/make-more.sh, as: user, when: { MORE: 'true' } }
`;
const SCRIPTS = {
  'scripts/there.sh': '. scripts/where.sh\n[ "$(cat "$file" 2>/dev/null)" = "$WORD" ]\n',
  'scripts/where.sh': 'file=$PLACE/thing\n',
  'scripts/make.sh': '#!/bin/sh -eu\n. scripts/where.sh\necho "writes the thing with $WORD"\nprintf %s "$WORD" >"$file"\n',
  'scripts/remove.sh': 'rm "$PLACE/thing"\n',
  'scripts/more.sh':
    '#!/usr/bin/env bash\n[[ -e $PLACE/more ]] && exit 0\n[[ -w $PLACE ]] || { echo "$WORD may not write there"; exit 3; }\nexit 1\n',
  'scripts/make-more.sh': 'echo "$1 no $WORD"; exit 9\n',
};

describe('what a recipe does on the machine itself', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'skylab-host-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const folder = (values: Record<string, string> = {}, scripts: Record<string, string> = {}): HostFolder => {
    const env = Object.entries({ PLACE: place, WORD: `it's $HOME`, MORE: 'false', ...values });
    const text = env.map(([key, value]) => `${key}=${JSON.stringify(value.replaceAll('$', '$$$$'))}\n`).join('');
    const files = Object.entries({ ...SCRIPTS, ...scripts }).map(([path, script]) => file(path, script));
    return hostFolder(readRecipe(RECIPE, schema), [...files, file('recipe.yaml', RECIPE), file('.env', text)], 'things');
  };
  /** Runs a command as the machine would. */
  function run<T>({ argv, stdin, parse }: RemoteCommand<T>): T {
    const [program = '', ...rest] = argv;
    assert.ok(stdin instanceof Secret);
    const { status, stdout, stderr } = spawnSync(program, rest, { input: stdin.reveal(), encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.ok(parse);
    return parse(stdout, 0);
  }
  const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('skylab-host.'));

  it('is looked at first, done with the values of .env, and then found done', () => {
    const before = left();
    const task = hostTask(folder().recipe, folder());
    const plan = task.plan(run(task.look));
    assert.deepEqual(linesOf(plan), ['makes the thing']);
    const [change] = plan.acts[0]?.changes ?? [];
    assert.ok(change?.undo);
    run(change.command);
    assert.equal(execFileSync('cat', [join(place, 'thing')], { encoding: 'utf8' }), `it's $HOME`);
    assert.deepEqual(task.plan(run(task.look)).acts, []);
    run(change.undo);
    assert.equal(task.plan(run(task.look)).acts.length, 1);
    assert.deepEqual(left(), before, 'no script stays behind');
  });

  it('depends on the answers, and says what a script said that fails, without the secrets', () => {
    const read = folder({ MORE: 'true' });
    const task = hostTask(read.recipe, read);
    const plan = task.plan(run(task.look));
    assert.deepEqual(linesOf(plan), ['makes the thing', 'makes more']);
    const [, more] = plan.acts.flatMap(({ changes }) => changes);
    assert.ok(more);
    assert.throws(() => run(more.command), { code: 'HostStepFailed', message: 'scripts/make-more.sh ended with code 9: no •••.' });
    assert.equal(more.tells?.(`says it's $HOME`), 'says •••');
  });

  it('is not called done when its check does not find it so', () => {
    const read = folder({}, { 'scripts/make.sh': 'echo all is well' });
    const task = hostTask(read.recipe, read);
    const [change] = task.plan(run(task.look)).acts.flatMap(({ changes }) => changes);
    assert.ok(change);
    assert.throws(() => run(change.command), /scripts\/make\.sh ended well, yet scripts\/there\.sh does not find it done/);
  });

  it('is refused before anything is done where a check says why', () => {
    const read = folder({ MORE: 'true', PLACE: '/proc' });
    const task = hostTask(read.recipe, read);
    const refused = task.look.parse?.("step 0 1 \nstep 1 3 it's $HOME may not write there\n", 0) ?? [];
    assert.throws(() => task.plan(refused), { code: 'NotHere', message: '••• may not write there.' });
    assert.throws(() => task.look.parse?.('step 0 1 \n', 0), SkylabError);
  });

  it('sends neither values nor scripts where others on the machine could read them', () => {
    const read = folder({ WORD: 'a-planted-secret' });
    const task = hostTask(read.recipe, read);
    const commands = [
      task.look,
      ...task.plan([{ code: 1, said: '' }]).acts.flatMap(({ changes }) => changes.flatMap((one) => [one.command, one.undo ?? one.command])),
    ];
    for (const { argv, stdin, what } of commands) {
      assert.deepEqual(argv, ['sh', '-s']);
      assert.ok(!`${JSON.stringify(stdin)}${what ?? ''}`.includes('a-planted-secret'));
      assert.ok(stdin instanceof Secret && stdin.reveal().includes('base64 -d >scripts/make.sh'));
      assert.ok(!stdin.reveal().includes('.env'), '.env stays here');
    }
  });

  it('is not read from a folder that lacks a script, nor with a value of the wrong kind', () => {
    const files = [file('recipe.yaml', RECIPE), file('.env', 'PLACE=/x\nMORE=maybe\n')];
    assert.throws(() => hostFolder(readRecipe(RECIPE, schema), files, 'things'), /things has no scripts\/there\.sh/);
    assert.throws(() => folder({ MORE: 'maybe' }), /MORE in things\/\.env: Say true or false/);
    assert.throws(() => readRecipe(RECIPE.replace('scripts/make.sh', '../make.sh'), schema), /leads out of the folder/);
  });

  it('is another one to be trusted as soon as a script is another, and the same with other values', () => {
    assert.equal(folder().digest, folder({ WORD: 'other' }).digest);
    assert.notEqual(folder().digest, folder({}, { 'scripts/where.sh': 'file=/etc/passwd\n' }).digest);
  });
});

describe('the recipes that ship and set up machines', () => {
  for (const id of recipeIds.filter(setsUpMachines)) {
    it(`${id}: has every script that it names, each readable by its shell`, async () => {
      const { recipe, files } = await shipped(id);
      const paths = files.map(({ path }) => path);
      for (const { check, run, undo = run } of recipe.host)
        for (const script of [check, run, undo]) assert.ok(paths.includes(script), script);
      for (const { content } of files.filter(({ path }) => path.startsWith('scripts/') && !path.endsWith('.py'))) {
        execFileSync('sh', ['-n'], { input: content });
      }
    });
  }
});
