import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeInstancesCommand, DescribeKeyPairsCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import type { Instance } from '@aws-sdk/client-ec2';
import { EnvFile } from '../../src/core/deploy/envFile';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';
import { untilStatus } from './support/site';

const PASSWORD = "It's 5 o'clock $HOME";

/** The other ways through the product, by clicking, one after the other on one machine. */
describe('other ways through the product', function () {
  this.timeout(60_000);
  let bed: Bed;
  before(async function () {
    this.timeout(180_000);
    bed = await makeBed({ course: false });
    makeUpload(path.join(bed.workspace, 'dataset'));
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  const alive = async (): Promise<Instance[]> => {
    const { Reservations } = await bed.ec2.send(new DescribeInstancesCommand({}));
    const all = (Reservations ?? []).flatMap((one) => one.Instances ?? []);
    return all.filter(({ State }) => State?.Name !== 'terminated' && State?.Name !== 'shutting-down');
  };
  /** Key pairs, own security groups and private keys that there are for a machine. */
  const tracesOf = async (name: string): Promise<string[]> => {
    const keys = (await bed.ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs ?? [];
    const groups = (await bed.ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups ?? [];
    const files = path.join(bed.home, '.ssh/skylab/keys');
    const hosts = path.join(bed.home, '.ssh/skylab/hosts.conf');
    return [
      ...keys.map((key) => `key pair ${key.KeyName ?? ''}`),
      ...groups.map((group) => `group ${group.GroupName ?? ''}`),
      ...(existsSync(files) ? readdirSync(files) : []).map((file) => `file ${file}`),
      ...(existsSync(hosts) ? (readFileSync(hosts, 'utf8').match(/^Host .*$/gm) ?? []) : []),
    ].filter((trace) => trace.includes(name));
  };
  const ssh = (...command: string[]): string =>
    execFileSync('ssh', ['-F', path.join(bed.home, '.ssh/skylab/hosts.conf'), '-o', 'BatchMode=yes', 'quick', ...command], {
      encoding: 'utf8',
    }).trim();

  it('an endpoint is added with typed keys: wrong ones are refused with what to do, and nothing is kept', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.openView('Skylab');
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).click();
    await quickInput.pick('EC2-compatible endpoint');
    await quickInput.answer('cloud.example.edu');
    await quickInput.message.filter({ hasText: 'starts with https:// or http://' }).waitFor();
    await session.shot('paths-01-endpoint');
    await answerKeys('AKIAPRACTICE00000009', 'nonsense');
    await workbench.toast(/does not accept the access key\. Check that key ID and secret belong together/).waitFor();
    await session.shotInBothThemes('paths-02-wrong-key');
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).waitFor();
  });

  it('Try Again knows what was typed; with the right keys the account shows', async () => {
    const { workbench } = session;
    await workbench.answerToast(/does not accept/, 'Try Again');
    await workbench.quickInput.message.filter({ hasText: 'Address of the EC2 interface' }).waitFor();
    assert.equal(await workbench.quickInput.input.inputValue(), bed.cloud.endpoint);
    await answerKeys(bed.cloud.credentials.accessKeyId, bed.cloud.credentials.secretAccessKey);
    await workbench.row(/127\.0\.0\.1/).describes(/no machines · us-east-1/);
    await session.shotInBothThemes('paths-03-account');
  });

  it('a machine is launched by quick picks, by Enter alone after its name', async function () {
    this.timeout(150_000);
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.clearToasts();
    await workbench.palette('Skylab: Launch Machine by Quick Picks…');
    await quickInput.answer('quick');
    for (const [placeholder, entry] of [
      ['Image', 'Debian 13'],
      ['Size', 't3.small'],
      ['Key pair', 'New key pair'],
      ['Who may reach it', 'SSH only'],
    ] as const) {
      await workbench.page.locator(`.quick-input-box input[placeholder="${placeholder}"]:visible`).waitFor();
      await quickInput.rows.filter({ hasText: entry }).first().waitFor();
      await session.shot(`paths-04-quick-${placeholder.replaceAll(' ', '-').toLowerCase()}`);
      await quickInput.input.press('Enter');
    }
    await workbench.dialog.getByText('Launch quick?').waitFor();
    await session.shot('paths-05-quick-summary');
    await workbench.answerDialog('Launch');
    await workbench.row('quick').describes(/running · t3\.small · 127\./, 120_000);
    await session.shotInBothThemes('paths-06-quick-ready');
  });

  it('the launch form refuses an empty name, and a double click on Launch makes one machine', async () => {
    const { workbench } = session;
    await workbench.row(/127\.0\.0\.1/).inline('Launch Machine…');
    const form = await workbench.webview('Launch a machine');
    await form.getByRole('button', { name: /^Launch/ }).waitFor();
    await form.getByLabel('Name', { exact: true }).press('Enter');
    await form.getByText(/name/i).first().waitFor();
    await session.shotInBothThemes('paths-07-form-refuses');
    await form.getByLabel('Name', { exact: true }).fill('twice');
    await form.getByRole('button', { name: /^Launch/ }).dblclick();
    await workbench.row('twice').shown();
    await untilStatus(2, 15_000, async () => (await alive()).length);
  });

  it('cancelling on its row leaves nothing of it behind', async () => {
    const { workbench } = session;
    await workbench.row('twice').inline('Cancel');
    // The cloud itself goes on listing it for an hour.
    await workbench.row('twice').describes(/^terminated/, 40_000);
    await session.shotInBothThemes('paths-08-cancelled');
    assert.deepEqual(
      (await alive()).map(({ Tags }) => Tags?.find(({ Key }) => Key === 'Name')?.Value),
      ['quick'],
    );
    assert.deepEqual(await tracesOf('twice'), []);
  });

  it('a folder is uploaded from the explorer with all that is in it', async function () {
    this.timeout(60_000);
    const { workbench } = session;
    await workbench.clearToasts();
    await workbench.explorerMenu('dataset', 'Upload Folder to Machine…');
    await workbench.quickInput.message.filter({ hasText: 'Where on quick?' }).waitFor();
    await session.shot('paths-09-upload-where');
    await workbench.quickInput.answer('~/data set');
    await workbench.toast(/dataset is on quick/).waitFor({ timeout: 30_000 });
    await session.shotInBothThemes('paths-10-uploaded');
    assert.deepEqual(ssh('cd "data set" && find . | sort && stat -c %A run.sh && readlink latest && cat .hidden').split('\n'), [
      ...['.', './.hidden', './latest', './run.sh', './sub', './sub/points.csv'],
      ...['-rwxr-xr-x', 'sub/points.csv', 'a dot-file'],
    ]);
  });

  it('a folder that is dragged onto the row of the machine lands there, and one that exists is asked about', async function () {
    this.timeout(60_000);
    const { workbench } = session;
    for (const [label, answer] of [
      ['first', undefined],
      ['again', 'Merge'],
    ] as const) {
      await workbench.clearToasts();
      await workbench.dragToView('dataset', 'Skylab', 'quick');
      await workbench.quickInput.message.filter({ hasText: 'Where on quick?' }).waitFor();
      await workbench.quickInput.input.press('Enter');
      if (answer !== undefined) {
        await workbench.dialog.getByText('exists on quick already').waitFor();
        await session.shot(`paths-11-drop-${label}`);
        await workbench.answerDialog(answer);
      }
      await workbench.toast(/dataset is on quick/).waitFor({ timeout: 30_000 });
      assert.equal(ssh('cat dataset/sub/points.csv'), 'x,y\n1,2');
    }
  });

  it('a password is hashed and written to the env file so that Compose reads it back', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.clearToasts();
    await workbench.palette('Skylab: Hash Password for Caddy…');
    await quickInput.input.waitFor();
    await quickInput.answer('');
    await quickInput.message.filter({ hasText: 'Type a password.' }).waitFor();
    await quickInput.answer('x'.repeat(73));
    await quickInput.message.filter({ hasText: '73 bytes' }).waitFor();
    await session.shot('paths-12-password-refused');
    await quickInput.answer(PASSWORD);
    await quickInput.message.filter({ hasText: 'The same password again' }).waitFor();
    await quickInput.answer(PASSWORD);
    await workbench.toast(/password is hashed/).waitFor({ timeout: 30_000 });
    await session.shotInBothThemes('paths-13-hashed');
    await workbench.answerToast(/password is hashed/, 'Write to Env File…');
    await quickInput.pick('LAB_PASSWORD');
    await workbench.page.locator('.editor-instance .view-lines', { hasText: '$2' }).waitFor();
    await session.shotInBothThemes('paths-14-env');
    const env = EnvFile.parse(readFileSync(path.join(bed.lab, '.env'), 'utf8'));
    assert.match(env.get('LAB_PASSWORD') ?? '', /^\$2[aby]\$14\$[./A-Za-z0-9]{53}$/);
  });

  it('the copied SSH command works in a plain terminal', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.row('quick').menu('SSH and Keys', 'Copy SSH Command');
    await workbench.statusBarItem(/Copied: ssh/).waitFor();
    const copied = await workbench.page.evaluate<string>('navigator.clipboard.readText()');
    assert.match(copied, /^ssh /);
    await workbench.palette('Terminal: Create New Terminal');
    const rows = workbench.page.locator('.terminal-wrapper.active .xterm-rows');
    await rows.waitFor();
    await workbench.typeInTerminal(`${copied} 'echo on $(hostname) as $(id -un)'`);
    await rows.filter({ hasText: 'as admin' }).waitFor({ timeout: 20_000 });
    await session.shot('paths-15-plain-terminal');
    await workbench.typeInTerminal('exit');
    // A terminal that goes takes the focus along, and with it any menu.
    await rows.waitFor({ state: 'detached' });
  });

  it('a stopped machine offers Start and no terminal', async function () {
    this.timeout(90_000);
    const { workbench } = session;
    const running = await workbench.row('quick').menuItems();
    for (const item of ['Open Terminal', 'SSH and Keys', 'Upload Folder to Machine…', 'Stop…', 'Reboot…', 'Terminate…'])
      assert.ok(running.includes(item), `${item} is missing of ${running.join(', ')}`);
    assert.ok(!running.includes('Start'));
    await workbench.row('quick').menu('Stop…');
    await session.shot('paths-16-stop');
    await workbench.answerDialog('Stop');
    await workbench.row('quick').describes(/^stopped/, 60_000);
    await workbench.row(/127\.0\.0\.1/).describes(/^none running/);
    const stopped = await workbench.row('quick').menuItems();
    for (const item of ['Start', 'Change', 'Terminate…']) assert.ok(stopped.includes(item), `${item} is missing of ${stopped.join(', ')}`);
    assert.deepEqual(
      stopped.filter((item) => /Terminal|SSH|Upload|Sync|Files|Deploy|Stop|Reboot|Tunnel|Port/.test(item)),
      [],
    );
    await session.shotInBothThemes('paths-17-stopped');
  });

  async function answerKeys(id: string, secret: string): Promise<void> {
    const { quickInput } = session.workbench;
    await quickInput.answer(bed.cloud.endpoint);
    await quickInput.message.filter({ hasText: 'Access key ID' }).waitFor();
    await quickInput.answer(id);
    await quickInput.message.filter({ hasText: 'Secret access key' }).waitFor();
    await quickInput.answer(secret);
    await quickInput.rows.filter({ hasText: 'us-east-1' }).first().waitFor();
    await quickInput.input.press('Enter');
  }
});

function makeUpload(folder: string): void {
  mkdirSync(path.join(folder, 'sub'), { recursive: true });
  writeFileSync(path.join(folder, 'sub/points.csv'), 'x,y\n1,2\n');
  writeFileSync(path.join(folder, '.hidden'), 'a dot-file\n');
  writeFileSync(path.join(folder, 'run.sh'), '#!/bin/sh\necho ran\n');
  chmodSync(path.join(folder, 'run.sh'), 0o755);
  symlinkSync('sub/points.csv', path.join(folder, 'latest'));
}
