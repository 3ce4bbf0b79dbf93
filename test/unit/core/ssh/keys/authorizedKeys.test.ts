import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../../../../../src/core/remote/command';
import type { RemoteCommand } from '../../../../../src/core/remote/command';
import { Secret } from '../../../../../src/core/secret';
import { installKey, listAuthorizedKeys, parseAuthorizedKeys, removeAuthorizedKeys } from '../../../../../src/core/ssh/keys/authorizedKeys';
import { string } from '../../../../../src/core/ssh/wire';

const keyLine = (seed: number, comment: string): string =>
  `ssh-ed25519 ${Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(32, seed))]).toString('base64')} ${comment}`;
const blobOf = (line: string): string => line.split(' ')[1] ?? '';

describe('the keys that may log in', () => {
  let home = '';
  let file = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'skylab-authorized-'));
    file = join(home, '.ssh', 'authorized_keys');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** In a real sh, as the machine's sshd would start it. */
  const run = <T>(command: RemoteCommand<T>): T => {
    const stdin = command.stdin instanceof Secret ? command.stdin.reveal() : (command.stdin ?? '');
    const stdout = execFileSync('sh', ['-c', commandLine(command)], {
      input: stdin,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home },
    });
    return command.parse === undefined ? (stdout as T) : command.parse(stdout, 0);
  };
  const [ada, grace] = [keyLine(1, 'ada@home'), keyLine(2, "grace's laptop; $(rm)")];

  it('are made where there was no file, private to the account', () => {
    assert.equal(run(installKey(ada)), 'added');
    assert.equal(readFileSync(file, 'utf8'), `${ada}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, '.ssh')).mode & 0o777, 0o700);
  });

  it('take a key once, after a last line without newline, and leave every other line as it was', () => {
    mkdirSync(join(home, '.ssh'), { mode: 0o775 });
    chmodSync(join(home, '.ssh'), 0o775);
    const before = `# my keys\n\ncommand="echo \\"a b\\"" ${ada}`;
    writeFileSync(file, before, { mode: 0o664 });
    assert.equal(run(installKey(grace)), 'added');
    assert.equal(run(installKey(grace)), 'there');
    assert.equal(run(installKey(ada)), 'there');
    assert.equal(readFileSync(file, 'utf8'), `${before}\n${grace}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, '.ssh')).mode & 0o022, 0);
  });

  it('count a key that stands in a comment as not let in', () => {
    mkdirSync(join(home, '.ssh'));
    writeFileSync(file, `# ${ada}\n`);
    assert.equal(run(installKey(ada)), 'added');
  });

  it('are listed with their options, and go one by one', () => {
    mkdirSync(join(home, '.ssh'));
    const limited = `restrict,command="echo a b" ${keyLine(3, 'bot')}`;
    writeFileSync(file, `# keys\n${ada}\n${limited}\n${grace}\nnonsense\n`);
    const listed = run(listAuthorizedKeys());
    assert.deepEqual(
      listed.map(({ comment, options, facts }) => [comment, options, facts?.kind]),
      [
        ['ada@home', '', 'ED25519'],
        ['bot', 'restrict,command="echo a b"', 'ED25519'],
        ["grace's laptop; $(rm)", '', 'ED25519'],
      ],
    );
    run(removeAuthorizedKeys([blobOf(ada), blobOf(keyLine(3, ''))]));
    assert.equal(readFileSync(file, 'utf8'), `# keys\n${grace}\nnonsense\n`);
  });

  it('stay behind a symbolic link', () => {
    mkdirSync(join(home, '.ssh'));
    writeFileSync(join(home, 'elsewhere'), '');
    symlinkSync(join(home, 'elsewhere'), file);
    run(installKey(ada));
    assert.ok(lstatSync(file).isSymbolicLink());
    assert.equal(readFileSync(join(home, 'elsewhere'), 'utf8'), `${ada}\n`);
  });

  it('are none where there is no file', () => {
    assert.deepEqual(run(listAuthorizedKeys()), []);
    assert.deepEqual(parseAuthorizedKeys('\n# x\n'), []);
  });

  it('never get more than one line', () => {
    run(installKey(`${ada}\u000bcommand`));
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 2);
    assert.throws(() => installKey('no key'), RangeError);
  });
});
