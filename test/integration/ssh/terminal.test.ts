import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../../src/adapters/files/programs';
import { terminalArguments } from '../../../src/core/ssh/terminal';
import type { Sshd } from '../support/sshd';
import { startSshd } from '../support/sshd';

const run = promisify(execFile);

describe('a terminal by the real ssh', () => {
  let sshd: Sshd;
  before(async () => {
    sshd = await startSshd();
    for (const name of ["it's $HOME; a lab", '-rf']) mkdirSync(path.join(sshd.home, name));
  });
  after(() => sshd.stop());
  /** What the login shell is given to read, it does: `pwd` shows where the terminal begins. */
  const begin = async (at: { path?: string; command?: string }): Promise<string> => {
    const options = ['-F', 'none', '-i', sshd.identityFile, '-p', String(sshd.port), '-l', sshd.user, '-o', 'StrictHostKeyChecking=no'];
    const quiet = ['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '127.0.0.1'];
    const running = run('ssh', [...terminalArguments([...options, ...quiet], at)]);
    running.child.stdin?.end('pwd\n');
    return (await running).stdout.trim();
  };

  for (const [name, asked] of [
    ["it's $HOME; a lab", '~/'],
    ["it's $HOME; a lab", ''],
    ['-rf', ''],
  ] as const) {
    it(`begins in the folder ${asked}${name}, whatever its name holds`, async () => {
      assert.match(await begin({ path: `${asked}${name}` }), new RegExp(`${name.replace(/[$]/g, '\\$')}$`));
    });
  }

  it('begins in the login folder where the path is gone or absolute elsewhere', async () => {
    assert.equal(await begin({ path: '/usr' }), '/usr');
    assert.ok((await begin({ path: '~' })).endsWith(sshd.home));
  });

  it('runs a command first and stays', async () => {
    assert.match(await begin({ command: 'echo first && cd /usr' }), /first\n\/usr$/);
  });

  it('needs no more than the alias where nothing is asked', () =>
    assert.deepEqual(terminalArguments(['-F', 'x', 'ada']), ['-F', 'x', 'ada']));

  it('is not begun where there is no ssh', async () => {
    assert.equal(await findProgram('ssh'), execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim());
    assert.equal(await findProgram('ssh', { PATH: '/nonexistent:' }), undefined);
  });
});
