import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lockCommand } from '../../../../src/core/deploy/remoteLock';
import { factsCommand } from '../../../../src/core/deploy/facts';
import type { Seed } from '../../../../src/core/deploy/review/draft';
import { pointCurrent, pruneReleases, releaseId, seedCommand } from '../../../../src/core/deploy/releases';
import type { RemoteCommand } from '../../../../src/core/remote/command';
import { commandLine } from '../../../../src/core/remote/command';

describe('releases, in a real shell', () => {
  let home: string;
  let folder: string;
  const sh = <T>(command: RemoteCommand<T>) => {
    const line = commandLine({ ...command, sudo: false });
    const out = execFileSync('sh', ['-c', line], { cwd: home, encoding: 'utf8', env: { ...process.env, HOME: home } });
    return command.parse ? command.parse(out, 0) : (out as T);
  };
  const write = (path: string, text: string) => {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  };
  const read = (path: string) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined);

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "skylab home's "));
    folder = join(home, 'skylab', 'lab');
    mkdirSync(join(folder, 'releases'), { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const seed = (release: string, previous: string | undefined, more: Partial<Seed> = {}, exclude: string[] = []) =>
    sh(
      seedCommand(
        {
          folder,
          release: join(folder, 'releases', release),
          ...(previous === undefined ? {} : { previous: join(folder, 'releases', previous) }),
        },
        { from: '.', to: 'data', ...more },
        exclude,
        false,
      ),
    );

  it('bring the folder’s files into the data folder, without the stack’s own', () => {
    for (const path of ['a.ipynb', "sub/it's $(x).txt", '.env', 'compose.yml', '.git/config', '.skylab-release.json', '.hidden'])
      write(`releases/1/${path}`, path);
    const lines = seed('1', undefined, {}, ['.env', 'compose.yml', 'Caddyfile']);
    assert.deepEqual(lines.sort(), ['added .hidden', 'added a.ipynb', "added sub/it's $(x).txt"]);
    assert.deepEqual(readdirSync(join(folder, 'data')).sort(), ['.hidden', 'a.ipynb', 'sub']);
  });

  it('follow the folder where nobody worked, and leave what was changed or deleted on the machine', () => {
    for (const name of ['same', 'theirs', 'mine', 'both', 'gone']) write(`releases/1/${name}`, 'one');
    seed('1', undefined);
    write('data/mine', 'my work');
    write('data/both', 'my work');
    unlinkSync(join(folder, 'data/gone'));
    for (const [name, text] of Object.entries({ same: 'one', theirs: 'two', mine: 'one', both: 'two', gone: 'two', fresh: 'two' }))
      write(`releases/2/${name}`, text);
    assert.deepEqual(seed('2', '1').sort(), ['added fresh', 'kept both', 'updated theirs']);
    assert.deepEqual(
      ['same', 'theirs', 'mine', 'both', 'gone', 'fresh'].map((name) => read(`data/${name}`)),
      ['one', 'two', 'my work', 'my work', undefined, 'two'],
    );
  });

  it('make what is read-only in the folder writable where people work, and still follow the folder', () => {
    write('releases/1/a', 'one');
    write('releases/2/a', 'two');
    for (const release of ['1', '2']) chmodSync(join(folder, 'releases', release, 'a'), 0o444);
    seed('1', undefined);
    assert.deepEqual(seed('2', '1'), ['updated a']);
    assert.equal(statSync(join(folder, 'data/a')).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(join(folder, 'data')), ['a']);
  });

  it('fill a data folder that is new although there were releases before', () => {
    write('releases/1/a', 'one');
    write('releases/2/a', 'one');
    assert.deepEqual(seed('2', '1'), ['added a']);
  });

  it('do not write through a link that somebody put into the data folder', () => {
    write('releases/1/sub/a', 'new');
    write('releases/1/b', 'new');
    mkdirSync(join(folder, 'data'));
    mkdirSync(join(home, 'elsewhere'));
    writeFileSync(join(home, 'secret'), 'old');
    symlinkSync(join(home, 'elsewhere'), join(folder, 'data', 'sub'));
    symlinkSync(join(home, 'secret'), join(folder, 'data', 'b'));
    seed('1', undefined);
    assert.deepEqual(readdirSync(join(home, 'elsewhere')), []);
    assert.equal(readFileSync(join(home, 'secret'), 'utf8'), 'old');
  });

  it('seed one folder from one folder, even where it does not exist', () => {
    write('releases/1/notebooks/a.ipynb', 'x');
    assert.deepEqual(seed('1', undefined, { from: 'notebooks', to: 'data/notebooks' }), ['added a.ipynb']);
    assert.deepEqual(seed('1', undefined, { from: 'nothing', to: 'data/nothing' }), []);
    assert.ok(existsSync(join(folder, 'data/nothing')));
  });

  it('become current in one step and stay five', () => {
    const ids: string[] = [1, 2, 3, 4, 5, 6, 7].map((day) => releaseId(new Date(Date.UTC(2026, 0, day)), 'abcdef'));
    assert.equal(ids[0], '20260101-000000-abcd');
    for (const id of ids) write(`releases/${id}/f`, '');
    sh(pointCurrent(folder, join(folder, 'releases', ids[0])));
    assert.equal(readlinkSync(join(folder, 'current')), `releases/${ids[0]}`);
    write('releases/keep-me/f', '');
    sh(pruneReleases(folder, false));
    assert.deepEqual(readdirSync(join(folder, 'releases')), [ids[0], ...ids.slice(2), 'keep-me']);
    sh(pointCurrent(folder, join(folder, 'releases', ids[6]!)));
    sh(pruneReleases(folder, false));
    assert.deepEqual(readdirSync(join(folder, 'releases')), [...ids.slice(2), 'keep-me']);
    sh(pointCurrent(folder, undefined));
    assert.ok(!existsSync(join(folder, 'current')));
  });

  it('are tidied of uploads that were cut off', () => {
    for (const name of ['20261121-093000-aaaa', '20261121-093100-bbbb.partial-1.2']) write(`releases/${name}/compose.yml`, '');
    sh(pointCurrent(folder, join(folder, 'releases', '20261121-093000-aaaa')));
    sh(pruneReleases(folder, false));
    assert.deepEqual(readdirSync(join(folder, 'releases')), ['20261121-093000-aaaa']);
  });

  it('are locked while a process holds on, with the owner’s name, and free when it ends', async () => {
    const holder = spawn('sh', ['-c', commandLine(lockCommand('lab', "ada's laptop"))], { cwd: home });
    await new Promise<void>((resolve) => holder.stdout.once('data', () => resolve()));
    const second = () => execFileSync('sh', ['-c', commandLine(lockCommand('lab', 'bob'))], { cwd: home, input: '', encoding: 'utf8' });
    assert.throws(
      second,
      (error: Error & { status?: number; stdout?: string }) =>
        error.status === 75 && /^ada's laptop, since \d{4}-.* \(process \d+\)$/.test(String(error.stdout).trim()),
    );
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('exit', resolve));
    assert.equal(second(), 'held\n', 'nothing but the process itself held it');
  });

  it('are free again when the one who holds them falls silent, as a connection does that died unnoticed', async () => {
    const holder = spawn('sh', ['-c', commandLine(lockCommand('lab', 'ada', '', 1))], { cwd: home });
    await new Promise<void>((resolve) => holder.stdout.once('data', () => resolve()));
    const beat = setInterval(() => holder.stdin.write('.\n'), 300);
    await new Promise((resolve) => setTimeout(resolve, 1800));
    assert.equal(holder.exitCode, null, 'signs of life keep it');
    clearInterval(beat);
    await new Promise((resolve) => holder.once('exit', resolve));
    assert.deepEqual(readdirSync(folder).sort(), ['lock', 'releases']);
    holder.stdin.destroy();
  });

  it('are taken over by the same deployment after its connection was lost, and by nobody else', async () => {
    const holder = spawn('sh', ['-c', commandLine(lockCommand('lab', 'ada', 'token-1'))], { cwd: home });
    await new Promise<void>((resolve) => holder.stdout.once('data', () => resolve()));
    const take = (token: string) =>
      execFileSync('sh', ['-c', commandLine(lockCommand('lab', 'ada', token, 90, 'pwd; echo "and more"'))], {
        cwd: home,
        input: '',
        encoding: 'utf8',
        env: { ...process.env, HOME: home },
      });
    assert.throws(() => take('token-2'), /Command failed/);
    assert.throws(() => take(''), /Command failed/);
    assert.equal(take('token-1'), `held\n${home}\nand more\n\n.looked 0\n`);
    await new Promise((resolve) => (holder.signalCode === null ? holder.once('exit', resolve) : resolve(undefined)));
  });

  it('are found when the machine is asked what it has', () => {
    write('releases/r1/.skylab-release.json', JSON.stringify({ id: 'r1', stack: 'lab', digest: 'd', url: 'u' }));
    write('releases/r1/.env', "A='1'\n");
    sh(pointCurrent(folder, join(folder, 'releases', 'r1')));
    const facts = sh(factsCommand('lab', [home, '/no/such path']));
    assert.deepEqual(facts.current, { id: 'r1', record: { id: 'r1', stack: 'lab', digest: 'd', url: 'u' }, env: "A='1'\n" });
    assert.deepEqual([facts.home, facts.paths], [home, [home]]);
    assert.equal(facts.os.prettyName !== '', true);
  });
});
