import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { workbenchSession } from '../editor/session';
import { QuickInput } from '../editor/quickInput';

const before = [
  'Include ~/../no-such-folder/*.conf',
  '',
  '# the course',
  'Host *.lab.example.edu',
  '  User student',
  '  IdentityFile ~/.ssh/lab_key',
  '',
  'Host gateway',
  '  HostName gw.example.edu',
  '  Port 2222',
  '',
  'Host *',
  '  User nobody',
  '  ServerAliveInterval 60',
  '',
].join('\n');

describe('the ssh configuration, by clicks', function () {
  this.timeout(90_000);
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-hosts-'));
  const file = path.join(home, '.ssh', 'config');
  mkdirSync(path.dirname(file), { mode: 0o700 });
  writeFileSync(file, before, { mode: 0o600 });
  const session = workbenchSession({ home, steps: true });
  after(() => rmSync(home, { recursive: true, force: true }));
  const quick = (): QuickInput => new QuickInput(session.workbench.page);
  /** Waits for the question: an answer that comes too early goes to the one before. */
  const answer = async (question: RegExp, text: string): Promise<void> => {
    await quick().message.filter({ hasText: question }).waitFor();
    await quick().answer(text);
  };
  const ssh = (host: string): string => execFileSync('ssh', ['-T', '-G', '-F', file, host], { encoding: 'utf8', stdio: 'pipe' });
  const until = async (what: string, look: () => boolean): Promise<void> => {
    const begun = Date.now();
    while (!look()) {
      assert.ok(Date.now() - begun < 20_000, what);
      await session.workbench.page.waitForTimeout(100);
    }
  };

  it('SSH Hosts lists every entry with where it leads', async () => {
    await session.workbench.openView('Skylab');
    await session.workbench.palette('Skylab: Refresh SSH Hosts');
    await session.workbench.view('SSH Hosts').click();
    await session.workbench.row('gateway').describes('nobody@gw.example.edu:2222');
    await session.workbench.row('*.lab.example.edu').describes(/^pattern/);
    await session.shotInBothThemes('hosts');
  });

  it('a host is added where it wins, after its change was shown', async () => {
    const { workbench } = session;
    await workbench.palette('Skylab: Add SSH Host…');
    await quick().pick(/A host/);
    await answer(/name after ssh/, 'ada');
    await answer(/Address or full name/, 'ada.lab.example.edu');
    await answer(/^User/, 'ada');
    await quick().pick(/agent or the default keys/);
    await quick().pick(/Add option/);
    await session.shot('hosts-keywords');
    await quick().type('ServerAliveInterval');
    await quick().pick(/^ServerAliveInterval/);
    await answer(/Seconds of silence/, '15');
    await session.shot('hosts-entry');
    await quick().pick(/Done/);
    await workbench.toast(/Change ~\/.ssh\/config as shown/).waitFor();
    await session.shotInBothThemes('hosts-change');
    assert.equal(readFileSync(file, 'utf8'), before, 'nothing is written before the person says so');
    await workbench.answerToast(/Change ~\/.ssh\/config as shown/, 'Apply');
    await until('it is written', () => readFileSync(file, 'utf8') !== before);
    assert.match(ssh('ada'), /^user ada$[^]*^serveraliveinterval 15$/m);
    assert.match(ssh('gateway'), /^user nobody$/m);
    await workbench.row('ada').describes('ada@ada.lab.example.edu:22');
  });

  it('undo brings back every byte', async () => {
    await session.workbench.answerToast(/ada is added/, 'Undo');
    await until('the old text is back', () => readFileSync(file, 'utf8') === before);
    await session.workbench.row('ada').gone();
  });

  it('an entry is edited from its row, and removed from its menu', async () => {
    const { workbench } = session;
    await workbench.row('gateway').inline('Edit SSH Host…');
    await quick().pick(/^Port/);
    await answer(/port that the machine/, '2022');
    await quick().pick(/Done/);
    await workbench.answerToast(/as shown/, 'Apply');
    await until('it is written', () => readFileSync(file, 'utf8') === before.replace('Port 2222', 'Port 2022'));
    await workbench.clearToasts();
    await workbench.row('gateway').menu('Remove SSH Host…');
    await workbench.answerToast(/as shown/, 'Apply');
    await until('it is gone', () => !readFileSync(file, 'utf8').includes('gateway'));
    assert.equal(readFileSync(file, 'utf8'), before.replace('Host gateway\n  HostName gw.example.edu\n  Port 2222\n\n', ''));
  });
});
