import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';

/** A person without a cloud account, and a cloud on a bad day. */
describe('a machine that was handed out, and bad days', function () {
  this.timeout(60_000);
  let bed: Bed;
  let address = '';
  let fingerprint = '';
  before(async function () {
    this.timeout(240_000);
    bed = await makeBed({ course: false });
    address = await handOut(bed);
    fingerprint = await untilScanned(address);
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });
  const ownHosts = (): string => {
    const file = path.join(bed.home, '.ssh/skylab/hosts.conf');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  it('the pasted ssh command is enough; the one question shows the real fingerprint', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.sideBar.getByText('I was given a machine', { exact: true }).click();
    await workbench.quickInput.titled('Add a machine that you were given');
    await session.shotInBothThemes('given-01-ask');
    await workbench.quickInput.answer(`ssh -i ~/.ssh/lab_key admin@${address}`);
    await workbench.dialog.getByText(fingerprint).waitFor();
    await session.shot('given-02-fingerprint');
    await workbench.answerDialog('Trust This Key');
    await workbench.row(address).describes(`admin@${address}`);
    await session.shotInBothThemes('given-03-row');
  });

  it('a terminal opens on it without a further question', async () => {
    const { workbench } = session;
    await workbench.row(address).inline('Open Terminal');
    const rows = workbench.page.locator('.terminal-wrapper.active .xterm-rows');
    await rows.filter({ hasText: 'admin@' }).waitFor({ timeout: 20_000 });
    assert.doesNotMatch(await workbench.terminalText(), /authenticity|yes\/no/);
    await workbench.toast(/~\/\.ssh\/config/).waitFor();
    await session.shotInBothThemes('given-04-terminal');
    await workbench.answerToast(/~\/\.ssh\/config/, 'Add');
    await workbench.typeInTerminal('exit');
    await rows.waitFor({ state: 'detached' });
    const config = path.join(bed.home, '.ssh/config');
    assert.match(readFileSync(config, 'utf8'), /^Include "\S+\/\.ssh\/skylab\/\*\.conf"\n$/);
  });

  it('the deploy page opens on it; the folder with a Compose file is offered first', async () => {
    const { workbench } = session;
    await workbench.row(address).inline('Deploy to Machine…');
    await workbench.quickInput.rows.filter({ hasText: bed.labName }).waitFor();
    await session.shot('given-05-folders');
    await workbench.quickInput.input.press('Enter');
    const page = await workbench.webview(`Deploy ${bed.labName} to ${address}`);
    await page.getByText('jupyter').first().waitFor({ timeout: 30_000 });
    await page.getByText('What will happen').waitFor();
    await session.shotInBothThemes('given-05-deploy');
    await workbench.page.setViewportSize({ width: 700, height: 600 });
    await session.shotInBothThemes('given-06-deploy-narrow');
    await workbench.page.setViewportSize({ width: 1280, height: 800 });
  });

  it('removing it takes its ssh entry along', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    assert.match(ownHosts(), /^Host /m);
    await workbench.row(address).menu('Remove Machine from List…');
    await session.shot('given-07-remove');
    await workbench.answerDialog('Remove');
    await workbench.row(address).gone();
    assert.doesNotMatch(ownHosts(), /^Host /m);
  });

  it('an endpoint where nothing answers is named, with what to check, and is not kept', async function () {
    this.timeout(90_000);
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).click();
    await quickInput.pick('EC2-compatible endpoint');
    await quickInput.answer('http://127.0.0.1:9');
    await quickInput.message.filter({ hasText: 'Access key ID' }).waitFor();
    await quickInput.answer('AKIAEXAMPLE');
    await quickInput.message.filter({ hasText: 'Secret access key' }).waitFor();
    await quickInput.answer('secret');
    await quickInput.rows.filter({ hasText: 'N. Virginia' }).waitFor();
    await quickInput.input.press('Enter');
    await workbench.toast(/Can't reach http:\/\/127\.0\.0\.1:9 .*refused.*Check that the endpoint runs/).waitFor({ timeout: 60_000 });
    await session.shotInBothThemes('bad-01-unreachable');
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).waitFor();
  });

  it("a profile's region stands first; a cloud that is asked too often says so and can be asked again", async function () {
    this.timeout(90_000);
    const { workbench } = session;
    await workbench.clearToasts();
    await bed.cloud.faults.set({ throttle: { action: '*', times: 100 } });
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).click();
    await workbench.quickInput.answer('physics');
    const regions = workbench.page.locator('.quick-input-box input[placeholder*="Enter takes us-east-1"]:visible');
    await regions.waitFor();
    await session.shotInBothThemes('bad-02-region');
    await regions.press('Enter');
    await workbench.toast(/asked too often.*Wait a minute and try again/).waitFor({ timeout: 45_000 });
    await session.shotInBothThemes('bad-03-throttled');
    await bed.cloud.faults.clear();
    await workbench.answerToast(/asked too often/, 'Try Again');
    await regions.press('Enter');
    await workbench.row('physics').describes(/1 running · us-east-1/);
  });

  it('a list that is shown stays while the cloud is only busy', async function () {
    this.timeout(60_000);
    const { workbench } = session;
    const before = await workbench.rows();
    await bed.cloud.faults.set({ throttle: { action: 'DescribeInstances', times: 100 } });
    await workbench.row('physics').inline('Refresh');
    await workbench.statusBarItem('physics is busy: the list is not fresh').waitFor({ timeout: 45_000 });
    await session.shot('bad-04-busy');
    const labels = (rows: typeof before): string[] => rows.map(({ label }) => label);
    assert.deepEqual(labels(await workbench.rows()), labels(before));
    await bed.cloud.faults.clear();
  });
});

/** A machine that someone else launched, with a key of which only the private half came along. @returns its address */
async function handOut({ ec2, home, cloud }: Bed): Promise<string> {
  const key = path.join(home, '.ssh/lab_key');
  mkdirSync(path.dirname(key), { recursive: true, mode: 0o700 });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await ec2.send(new ImportKeyPairCommand({ KeyName: 'course', PublicKeyMaterial: readFileSync(`${key}.pub`) }));
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'course', Description: 'course' }));
  assert.ok(GroupId);
  const IpRanges = [{ CidrIp: `${cloud.clientAddress}/32` }];
  const IpPermissions = [22, 80, 443].map((port) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const Filters = [
    { Name: 'name', Values: ['debian-13-*'] },
    { Name: 'architecture', Values: ['x86_64'] },
  ];
  const ImageId = (await ec2.send(new DescribeImagesCommand({ Filters }))).Images?.[0]?.ImageId;
  assert.ok(ImageId);
  const launched = await ec2.send(
    new RunInstancesCommand({
      ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      KeyName: 'course',
      SecurityGroupIds: [GroupId],
    }),
  );
  const InstanceIds = [launched.Instances?.[0]?.InstanceId ?? ''];
  for (let tries = 0; tries < 60; tries++) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
    const found = Reservations?.[0]?.Instances?.[0]?.PublicIpAddress;
    if (found !== undefined && found !== '') return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('The machine got no address within 30 s.');
}

/** The fingerprint as OpenSSH's own programs see it, once sshd answers. */
async function untilScanned(address: string): Promise<string> {
  for (let tries = 0; tries < 60; tries++) {
    const scanned = execFileSync('sh', ['-c', `ssh-keyscan -T 2 -t ed25519 ${address} 2>/dev/null || true`], { encoding: 'utf8' });
    const found = scanned === '' ? null : /SHA256:\S+/.exec(execFileSync('ssh-keygen', ['-lf', '-'], { input: scanned, encoding: 'utf8' }));
    if (found) return found[0];
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`sshd of ${address} did not answer within a minute.`);
}
