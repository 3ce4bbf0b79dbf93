import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { FilePersonConfig } from '../../../src/adapters/files/personConfig';
import { InstalledSsh } from '../../../src/adapters/ssh/effective';
import { SkylabError } from '../../../src/core/errors';
import { sampleNames } from '../../../src/core/ssh/config/compare';
import { parseConfig } from '../../../src/core/ssh/config/document';
import { ConfigEditor } from '../../../src/core/ssh/config/editor';
import type { Proposal, Subject } from '../../../src/core/ssh/config/editor';
import {
  addDirective,
  insertEntry,
  removeDirective,
  removeEntry,
  setComment,
  setDirective,
  setHeader,
} from '../../../src/core/ssh/config/edits';
import { moveUp, movedUp, placeFor } from '../../../src/core/ssh/config/placement';
import { splice } from '../../../src/core/ssh/config/splice';
import type { Splice } from '../../../src/core/ssh/config/splice';
import type { ConfigFile } from '../../../src/core/ssh/config/tree';
import { namesIn, personFiles } from '../../../src/core/ssh/config/tree';
import { corpus, generatedConfig } from '../support/sshConfigs';

const run = promisify(execFile);

/** What a value of an option looks like in the answer of `ssh -G`. */
const choices = [
  { keyword: 'User', value: 'grace', said: 'grace' },
  { keyword: 'HostName', value: '192.0.2.7', said: '192.0.2.7' },
  { keyword: 'Port', value: '2022', said: '2022' },
  { keyword: 'HostKeyAlias', value: 'key-of-it', said: 'key-of-it' },
  { keyword: 'ServerAliveInterval', value: '41', said: '41' },
  { keyword: 'PasswordAuthentication', value: 'no', said: 'no' },
  { keyword: 'IdentityFile', value: '~/my keys/new key', said: '~/my keys/new key' },
  { keyword: 'LocalForward', value: '8888 localhost:8000', said: '8888 [localhost]:8000' },
  { keyword: 'ProxyJump', value: 'hop@first:2200,second', said: 'hop@first:2200,second' },
] as const;

interface Step {
  readonly act: 'add' | 'set' | 'unset' | 'comment' | 'rename' | 'remove' | 'move';
  readonly at: number;
  readonly line: number;
  readonly option: (typeof choices)[number];
  readonly name: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('add', 'add', 'set', 'set', 'unset', 'comment', 'rename', 'remove', 'move'),
  at: fc.nat(9),
  line: fc.nat(5),
  option: fc.constantFrom(...choices),
  name: fc.constantFrom('fresh', 'new.lab', 'fresh-2 other', '*.new', 'a.fresh.lab'),
});

/** The changes that a step means for a file, or undefined where it means none. */
function changesOf(
  file: ConfigFile,
  { act, at, line, option, name }: Step,
): { after: string; subject: Subject; intended?: (typeof choices)[number] } | undefined {
  const { document } = file;
  const done = (changes: Splice[], subject: Subject, intended?: (typeof choices)[number]) => ({
    after: splice(document.text, changes),
    subject,
    ...(intended === undefined ? {} : { intended }),
  });
  if (act === 'add') {
    const place = placeFor(file, `Host ${name}`);
    return done(
      [insertEntry(document, place.offset, { kind: 'host', header: name, options: [option], comment: 'made by a test' })],
      { after: place.index },
      option,
    );
  }
  const blocks = document.blocks.filter(({ header }) => header !== undefined);
  const block = blocks[at % Math.max(1, blocks.length)];
  if (block === undefined) return undefined;
  const same = { before: block.index, after: block.index };
  const directive = block.directives[line % Math.max(1, block.directives.length)];
  switch (act) {
    case 'set': {
      const known = block.directives.find(({ keyword }) => keyword === option.keyword.toLowerCase());
      return done([known === undefined ? addDirective(document, block, option) : setDirective(known, option.value)], same, option);
    }
    case 'unset':
      return directive === undefined ? undefined : done([removeDirective(document, directive)], same);
    case 'comment':
      return done([setComment(document, block, 'another comment\nof two lines')], same);
    case 'rename':
      return block.kind === 'host' ? done([setHeader(block, name)], same) : undefined;
    case 'remove':
      return done([removeEntry(document, block)], { before: block.index });
    case 'move': {
      const moved = moveUp(file, block.index);
      return moved === undefined ? undefined : { after: moved.after, subject: { before: block.index, after: moved.index } };
    }
  }
}

describe('changes of an ssh configuration', function () {
  this.timeout(90_000);
  let home: string;
  const file = () => path.join(home, '.ssh', 'config');
  const configOf = () => new FilePersonConfig(home, { system: path.join(home, 'no-such-file') });
  /** A variable that is sent twice is no difference. */
  const ask = async (host: string): Promise<string> => {
    const { stdout } = await run('ssh', ['-T', '-G', '-F', file(), '--', host], { encoding: 'latin1' });
    return stdout
      .split('\n')
      .filter((line, at, all) => !line.startsWith('sendenv') || all.indexOf(line) === at)
      .join('\n');
  };

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'skylab-config-'));
    mkdirSync(path.join(home, '.ssh'), { mode: 0o700 });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const put = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
      writeFileSync(path.join(home, name), text.replaceAll('@HOME@', home), { mode: 0o600, encoding: 'latin1' });
    }
  };

  /** Makes the steps one by one; after each, ssh must give the intended answer for the entry and the old one for every other name. */
  const walk = async (files: Readonly<Record<string, string>>, steps: readonly Step[]): Promise<number> => {
    put(files);
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    let made = 0;
    for (const one of steps) {
      const tree = await editor.load();
      const root = tree.files.get(tree.root);
      const change = root === undefined ? undefined : changesOf(root, one);
      if (root === undefined || change === undefined) continue;
      const names = [...namesIn(personFiles(tree)), 'stranger', 'x.lab'].filter((name) => !/[\s@'"\\]/.test(name));
      const old = new Map(await Promise.all(names.map(async (name) => [name, await ask(name)] as const)));
      let proposal: Proposal;
      try {
        proposal = await editor.propose(tree, tree.root, change.after, change.subject);
      } catch (error) {
        // where the last `Match final` goes, ssh reads the files once less: a refusal is right if ssh itself answers another host differently
        if (!(error instanceof SkylabError) || error.code !== 'OthersChange') throw error;
        const bytes = readFileSync(file());
        writeFileSync(file(), change.after, { encoding: 'latin1' });
        const differ = await Promise.all(names.map(async (name) => (await ask(name)) !== old.get(name)));
        writeFileSync(file(), bytes);
        assert.ok(differ.includes(true), `refused without need (${error.message}): ${JSON.stringify(one)} in\n${bytes.toString('latin1')}`);
        continue;
      }
      if (one.act === 'add') {
        const beaten = proposal.shadowed.filter(({ by }) => by.block.kind !== 'global' && by.file.path === root.path);
        assert.deepEqual(
          beaten.map(({ option }) => option),
          [],
          `a new entry stands where it wins: ${JSON.stringify(one)} in\n${root.text}`,
        );
      }
      const bytes = readFileSync(file());
      const applied = await editor.apply(proposal);
      made += 1;
      const now = await editor.load();
      const subject = [
        change.subject.before === undefined ? undefined : root.document.blocks[change.subject.before],
        change.subject.after === undefined ? undefined : now.files.get(now.root)?.document.blocks[change.subject.after],
      ].filter((block) => block !== undefined);
      const own = new Set(subject.flatMap(sampleNames));
      const about = `${JSON.stringify(one)} in\n${bytes.toString('latin1')}\nbecame\n${proposal.after}`;
      for (const name of names) {
        if (own.has(name) || proposal.alsoChanges.includes(name)) continue;
        // what nobody has named is asked about too: patterns and conditions may speak for it
        if (
          ['stranger', 'x.lab'].includes(name) &&
          subject.some(({ header }) => /[*?]|match/i.test(`${header?.keyword ?? ''} ${header?.raw ?? ''}`))
        )
          continue;
        assert.equal(await ask(name), old.get(name), `${name} after ${about}`);
      }
      const edited = subject.at(-1);
      const host =
        edited === undefined || change.subject.after === undefined ? undefined : sampleNames(edited).find((name) => !/\s/.test(name));
      const { intended } = change;
      if (
        host !== undefined &&
        intended !== undefined &&
        !proposal.shadowed.some(({ option }) => option.toLowerCase() === intended.keyword.toLowerCase())
      ) {
        const said = (await ask(host)).split('\n').filter((line) => line.startsWith(`${intended.keyword.toLowerCase()} `));
        assert.ok(said.includes(`${intended.keyword.toLowerCase()} ${intended.said}`), `${host}: ${said.join()} after ${about}`);
      }
      // the way back leads to the same bytes, and forth again
      await applied.undo();
      assert.deepEqual(readFileSync(file()), bytes);
      await editor.apply(proposal);
    }
    return made;
  };

  it('give the intended answer for the entry and the old one for every other host; undo restores the bytes: configurations of people and programs', async () => {
    for (const [name, { files }] of Object.entries(corpus)) {
      const steps = fc.sample(step, { numRuns: 6, seed: name.length });
      assert.ok((await walk(files, steps)) > 1, name);
    }
  });

  it('give the intended answer for the entry and the old one for every other host; undo restores the bytes: generated configurations', async () => {
    await fc.assert(
      fc.asyncProperty(generatedConfig, fc.array(step, { minLength: 1, maxLength: 3 }), async (files, steps) => {
        await walk(files, steps);
      }),
      { numRuns: 25, endOnFailure: true, interruptAfterTimeLimit: 20_000 },
    );
  });

  it('tell of an option that another line of the same entry beats', async () => {
    put({ '.ssh/config': 'Host web\n  ProxyCommand nc %h %p\n' });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const after = 'Host web\n  ProxyCommand nc %h %p\n  ProxyJump hop\n';
    const { shadowed } = await editor.propose(tree, tree.root, after, { before: 1, after: 1 });
    assert.deepEqual(
      shadowed.map(({ option, by }) => [option, by.directive.keyword]),
      [['ProxyJump', 'proxycommand']],
    );
    assert.doesNotMatch(await ask('web'), /^proxyjump/m);
  });

  it('are made where ssh reads its files once less and no answer changes: a HostName of the second reading has no effect', async () => {
    const rest = 'Match canonical\n  HostName 10.0.0.1\nHost web\n  User ada\n';
    put({ '.ssh/config': `Match final host never\n  Port 22\n${rest}` });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const before = await ask('web');
    await editor.apply(await editor.propose(tree, tree.root, rest, { before: 1 }));
    assert.equal(await ask('web'), before);
  });

  it('are refused when ssh would refuse the file, with its words and the person’s path', async () => {
    put({ '.ssh/config': 'Host web\n  User ada\n' });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const wrong = 'Host web\n  User ada\n  Ciphers no-such-cipher\n';
    await assert.rejects(editor.propose(tree, tree.root, wrong, { before: 1, after: 1 }), (error: SkylabError) => {
      assert.equal(error.code, 'ConfigRefused');
      assert.match(error.message, /no-such-cipher/);
      assert.ok(error.message.includes(file()), error.message);
      return true;
    });
    assert.equal(readFileSync(file(), 'utf8'), 'Host web\n  User ada\n');
  });

  it('are refused when another host would get another answer', async () => {
    put({ '.ssh/config': 'Host web\n  User ada\nHost db\n  User grace\n' });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const both = 'Host web\n  User ada\n  Port 1\nHost db\n  User grace\n  Port 2\n';
    await assert.rejects(editor.propose(tree, tree.root, both, { before: 1, after: 1 }), {
      code: 'OthersChange',
      message: /port of db would be 2/,
    });
  });

  it('of a pattern name the hosts that it speaks for', async () => {
    put({ '.ssh/config': 'Host ada.lab\n  Port 1\n\nHost bob.lab\n  User bob\n\nHost other\n  Port 2\n' });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const root = tree.files.get(tree.root);
    assert.ok(root);
    const place = placeFor(root, 'Host *.lab');
    const entry = { kind: 'host', header: '*.lab', options: [{ keyword: 'User', value: 'student' }] } as const;
    const proposal = await editor.propose(tree, tree.root, splice(root.text, [insertEntry(root.document, place.offset, entry)]), {
      after: place.index,
    });
    assert.deepEqual(proposal.alsoChanges, ['ada.lab'], 'bob has a user of his own before it');
  });

  it('say which option has no effect, and the entry moves to where it has one', async () => {
    put({ '.ssh/config': '# mine\nHost *\n  User root\n\n# the web server\nHost web\n  HostName 192.0.2.1\n' });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const root = tree.files.get(tree.root);
    const web = root?.document.blocks[2];
    assert.ok(root && web);
    const after = splice(root.text, [addDirective(root.document, web, { keyword: 'User', value: 'ada' })]);
    const proposal = await editor.propose(tree, tree.root, after, { before: 2, after: 2 });
    assert.deepEqual(
      proposal.shadowed.map(({ option, by }) => [option, by.directive.line + 1]),
      [['User', 3]],
    );
    const moved = movedUp(proposal, 2);
    assert.ok(moved);
    await editor.apply(await editor.propose(tree, tree.root, moved.after, moved.subject));
    assert.equal(
      readFileSync(file(), 'utf8'),
      '# the web server\nHost web\n  HostName 192.0.2.1\n  User ada\n\n# mine\nHost *\n  User root\n',
    );
    assert.match(await ask('web'), /^user ada$/m);
  });

  it('follow a symbolic link, keep the mode, and are not undone over what someone else wrote since', async () => {
    const real = path.join(home, 'dotfiles');
    writeFileSync(real, 'Host web\n  User ada\n');
    chmodSync(real, 0o640);
    symlinkSync(real, file());
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const after = 'Host web\n  User grace\n';
    const applied = await editor.apply(await editor.propose(tree, tree.root, after, { before: 1, after: 1 }));
    assert.equal(readlinkSync(file()), real);
    assert.equal(readFileSync(real, 'utf8'), after);
    assert.equal(statSync(real).mode & 0o777, 0o640);
    writeFileSync(real, '# by hand\n');
    await assert.rejects(applied.undo(), { code: 'FileChanged' });
    assert.equal(readFileSync(real, 'utf8'), '# by hand\n');
  });

  it('make the file where there was none, for its owner alone, and undo takes it away again', async () => {
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const entry = { kind: 'host', header: 'web', options: [{ keyword: 'User', value: 'ada' }] } as const;
    const text = splice('', [insertEntry(parseConfig(''), 0, entry)]);
    const applied = await editor.apply(await editor.propose(tree, tree.root, text, { after: 1 }));
    assert.equal(readFileSync(file(), 'utf8'), 'Host web\n  User ada\n');
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    assert.match(await ask('web'), /^user ada$/m);
    await applied.undo();
    assert.throws(() => statSync(file()), { code: 'ENOENT' });
  });

  it('can repair a file that ssh refuses, and are refused in any other place of it', async () => {
    put({ '.ssh/config': 'Host web\n  Usr ada\n\nHost db\n  Port 1\n' });
    const editor = new ConfigEditor(configOf(), new InstalledSsh());
    const tree = await editor.load();
    const elsewhere = 'Host web\n  Usr ada\n\nHost db\n  Port 2\n';
    await assert.rejects(editor.propose(tree, tree.root, elsewhere, { before: 2, after: 2 }), {
      code: 'ConfigRefused',
      message: /as it is: .*line 2: Bad configuration option: usr/,
    });
    const repaired = 'Host web\n  User ada\n\nHost db\n  Port 1\n';
    assert.equal((await editor.propose(tree, tree.root, repaired, { before: 1, after: 1 })).after, repaired);
  });

  /** Another window: a process that adds entries, each from the file as it finds it. */
  const writer = (name: string, count: number) =>
    fork(path.join(__dirname, '../support/configWriter.ts'), [home, name, String(count)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });

  it('of two windows at once lose nothing', async () => {
    put({ '.ssh/config': '# kept\nHost *\n  User root\n' });
    const windows = ['left', 'right'].map((name) => writer(name, 8));
    const codes = await Promise.all(windows.map((window) => new Promise((resolve) => window.once('exit', resolve))));
    assert.deepEqual(codes, [0, 0]);
    const names = namesIn(personFiles(await configOf().load()));
    for (const name of ['left', 'right']) for (let i = 0; i < 8; i++) assert.ok(names.has(`${name}-${i}`), `${name}-${i}`);
    const text = readFileSync(file(), 'utf8');
    assert.ok(!text.startsWith('# kept\n') && text.endsWith('# kept\nHost *\n  User root\n'), text);
  });

  it('cut off at any moment leave the old file or the new one', async () => {
    put({ '.ssh/config': `Host *\n${'  # padding of a large file\n'.repeat(20_000)}` });
    let last = 0;
    for (let round = 0; round < 8; round++) {
      const window = writer(`round-${round}`, 1000);
      await new Promise((resolve) => window.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, 15 * round));
      window.kill('SIGKILL');
      await new Promise((resolve) => window.once('exit', resolve));
      const text = readFileSync(file(), 'utf8');
      const entries = text.match(/^Host round-\d+-\d+\n {2}HostName 192\.0\.2\.1\n\n/gm) ?? [];
      assert.equal(
        text.length,
        entries.join('').length + `Host *\n${'  # padding of a large file\n'.repeat(20_000)}`.length,
        'whole entries and nothing else',
      );
      assert.ok(entries.length > last, 'what was said to be written is there');
      last = entries.length;
    }
  });
});
