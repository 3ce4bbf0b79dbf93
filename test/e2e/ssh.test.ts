import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';
import { addGiven, handOut, untilScanned } from './support/handOut';

const CONFIG = `# the machines of my course
Host *.cicf.cloud
  User ada
  PubkeyAuthentication yes
  PasswordAuthentication no
  IdentityFile ~/.ssh/lab_key

Host gate
  HostName gate.example.org
  Forwardx yes

Host *
  ServerAliveInterval 30
`;

/** Everything that a lab person does over SSH, by clicking. */
describe('SSH in the side bar', function () {
  this.timeout(60_000);
  let bed: Bed;
  let address = '';
  before(async function () {
    this.timeout(240_000);
    bed = await makeBed({ course: false });
    address = await handOut(bed);
    await untilScanned(address);
    mkdirSync(path.join(bed.home, '.ssh'), { recursive: true });
    writeFileSync(path.join(bed.home, '.ssh/config'), CONFIG, { mode: 0o600 });
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  it('a machine is there', async () => {
    const { workbench } = session;
    await addGiven(workbench, address);
  });

  it('the hosts of the config stand in a view of their own, with what is broken and why', async () => {
    const { workbench } = session;
    await workbench.unfold('SSH Hosts');
    await workbench.fold('Activity');
    await workbench.rowOf('SSH Hosts', 'gate').describes(/broken: ssh knows no “Forwardx”/);
    await workbench.rowOf('SSH Hosts', '*.cicf.cloud').describes(/pattern/);
    await session.shotInBothThemes('ssh-01-hosts');
  });

  it('the broken line is taken out by the menu of its entry, after a look at the change, and nothing else changes', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.rowOf('SSH Hosts', 'gate').inline('Edit SSH Host…');
    await quickInput.rows.filter({ hasText: 'Add option' }).waitFor();
    await session.shot('ssh-02-edit');
    await quickInput.pick('Forwardx');
    await quickInput.message.filter({ hasText: 'Leave it empty' }).waitFor();
    await quickInput.answer('');
    await quickInput.rows.filter({ hasText: 'Names and patterns' }).waitFor();
    await quickInput.pick('Done');
    await workbench.toast(/Change .*config as shown\?/).waitFor();
    await session.shotInBothThemes('ssh-03-change');
    await workbench.answerToast(/as shown\?/, 'Apply');
    await workbench.rowOf('SSH Hosts', 'gate').describes('root@gate.example.org');
    await eventually(() => assert.equal(config(), CONFIG.replace('  Forwardx yes\n', '')));
  });

  it('a host is added by a form, where it wins; ssh means the same; undo restores every byte', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    const before = config();
    await workbench.clearToasts();
    await workbench.viewAction('SSH Hosts', 'Add SSH Host…');
    await quickInput.pick('A host');
    await quickInput.message.filter({ hasText: 'The name after ssh' }).waitFor();
    await quickInput.answer('lab');
    await quickInput.message.filter({ hasText: 'Address or full name' }).waitFor();
    await quickInput.answer(address);
    await quickInput.message.filter({ hasText: 'User' }).waitFor();
    await quickInput.answer('admin');
    await quickInput.pick('The agent or the default keys');
    await quickInput.rows.filter({ hasText: 'Names and patterns' }).waitFor();
    await session.shot('ssh-04-add');
    await quickInput.pick('Done');
    await workbench.answerToast(/as shown\?/, 'Apply');
    await workbench.rowOf('SSH Hosts', 'lab').describes(`admin@${address}`);
    const answer = execFileSync('ssh', ['-T', '-G', '-F', path.join(bed.home, '.ssh/config'), 'lab'], { encoding: 'utf8' });
    assert.match(answer, new RegExp(`^hostname ${address}$`, 'm'));
    assert.match(answer, /^user admin$/m);
    assert.match(answer, /^serveraliveinterval 30$/m);
    await workbench.answerToast('lab is added.', 'Undo');
    await workbench.rowOf('SSH Hosts', 'lab').gone();
    await eventually(() => assert.equal(config(), before));
    await workbench.fold('SSH Hosts');
  });

  it('a key is made and let in by the machine, all by clicking', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.clearToasts();
    await workbench.unfold('SSH Keys');
    await workbench.rowOf('SSH Keys', 'lab_key').describes('ED25519');
    await workbench.viewAction('SSH Keys', 'Create SSH Key…');
    await quickInput.pick('ED25519');
    await quickInput.message.filter({ hasText: 'Name of the file' }).waitFor();
    await quickInput.answer('second');
    await quickInput.message.filter({ hasText: 'Comment' }).waitFor();
    await quickInput.answer('ada on her laptop');
    await quickInput.message.filter({ hasText: 'Passphrase' }).waitFor();
    await quickInput.answer('');
    await workbench.rowOf('SSH Keys', 'second').describes('no passphrase');
    await session.shotInBothThemes('ssh-05-keys');
    await workbench.rowOf('SSH Keys', 'second').inline('Install SSH Key on Machine…');
    await quickInput.pick(address);
    await eventually(() => assert.match(onMachine('cat ~/.ssh/authorized_keys', 'second'), /ada on her laptop/));
    await workbench.fold('SSH Keys');
  });

  it('a folder is synced: first whole, then only what changed', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.clearToasts();
    await workbench.explorerMenu(bed.labName, 'Sync Folder to Machine…');
    await quickInput.message.filter({ hasText: 'Where on' }).waitFor();
    await quickInput.answer(`~/${bed.labName}`);
    await workbench.toast(/is on .* files sent/).waitFor();
    await workbench.openView('Skylab');
    await workbench.unfold('Transfers');
    writeFileSync(path.join(bed.lab, 'new.txt'), 'one more\n');
    await session.shotInBothThemes('ssh-06-synced');
    await workbench.clearToasts();
    await workbench.rowOf('Transfers', new RegExp(bed.labName)).inline('Sync Now');
    await workbench.toast(/1 of \d+ files sent/).waitFor();
    assert.equal(onMachine(`cat ${bed.labName}/new.txt`), 'one more');
    await workbench.fold('Transfers');
  });

  it('a file of the machine is opened below its row, edited and saved', async () => {
    const { workbench } = session;
    await workbench.clearToasts();
    await workbench.row(address).expand();
    await workbench.row('Files').expand();
    await workbench.row(bed.labName).expand();
    await workbench.row('new.txt').click();
    await workbench.tab('new.txt').waitFor();
    await workbench.page.locator('.monaco-editor .view-line').first().waitFor();
    await workbench.page.locator('.monaco-editor .view-lines').first().click();
    await workbench.page.keyboard.press('Control+End');
    await workbench.page.keyboard.type('and another');
    await workbench.page.keyboard.press('Control+S');
    await workbench.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
    await workbench.row('new.txt').describes('20 B');
    await session.shotInBothThemes('ssh-07-files');
    assert.equal(onMachine(`cat ${bed.labName}/new.txt`), 'one more\nand another');
  });

  it('a file is fetched from the machine for the person alone', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    onMachine('mkdir -p .graphterm && echo 1234567890 > .graphterm/localhost.code');
    await workbench.row(address).menu('Files', 'Fetch a File from Machine…');
    await quickInput.pick('Type a path');
    await quickInput.message.filter({ hasText: 'Path of the file' }).waitFor();
    await quickInput.answer('~/.graphterm/localhost.code');
    await quickInput.pick('Save it on this computer');
    await quickInput.title.filter({ hasText: 'Download localhost.code' }).waitFor();
    await session.shot('ssh-10-fetch');
    // The dialog offers the folder that is open; it takes a moment to fill.
    await eventually(async () => assert.equal(await quickInput.input.inputValue(), `${bed.workspace}/`));
    await quickInput.input.press('Enter');
    await workbench.toast(/localhost\.code of .* is here/).waitFor();
    const file = path.join(bed.workspace, 'localhost.code');
    assert.equal(readFileSync(file, 'utf8'), '1234567890\n');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await workbench.clearToasts();
  });

  it('a machine says what it is on one page', async () => {
    const { workbench } = session;
    await workbench.row(address).menu('Inspect Machine');
    await workbench.page.locator('.monaco-editor .view-line').filter({ hasText: 'Debian' }).first().waitFor();
    await session.shotInBothThemes('ssh-11-inspect');
  });

  it('a port of the machine is opened here, and its state is told', async () => {
    const { workbench } = session;
    onMachine(
      'cd /tmp && mkdir -p www && echo hello from the lab > www/index.html && (nohup python3 -m http.server -d www 8888 >/dev/null 2>&1 &) && sleep 1',
    );
    await workbench.unfold('Tunnels');
    await workbench.view('Tunnels').getByRole('button', { name: 'Forward a Port' }).click();
    await workbench.quickInput.rows.filter({ hasText: '8888' }).first().waitFor();
    await session.shot('ssh-08-ports');
    await workbench.quickInput.pick('8888');
    await workbench.rowOf('Tunnels', /8888 → /).describes('open');
    await session.shotInBothThemes('ssh-09-tunnel');
    const page = await fetch('http://localhost:8888/');
    assert.equal(await page.text(), 'hello from the lab\n');
    await workbench.rowOf('Tunnels', /8888 → /).inline('Stop Tunnel');
    await workbench.rowOf('Tunnels', /8888 → /).describes('stopped');
    await assert.rejects(fetch('http://localhost:8888/'));
  });

  const config = (): string => readFileSync(path.join(bed.home, '.ssh/config'), 'utf8').replace(/^Include .*\n/, '');
  /** Runs a command on the machine by OpenSSH's own client. */
  const onMachine = (script: string, key = 'lab_key'): string => {
    const options = ['-F', 'none', '-i', path.join(bed.home, '.ssh', key), '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=no'];
    const quiet = ['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
    return execFileSync('ssh', [...options, ...quiet, `admin@${address}`, script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trimEnd();
  };
});

/** Tries for up to 15 s. */
async function eventually(check: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await check();
      return;
    } catch (error) {
      if (tries === 30) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
