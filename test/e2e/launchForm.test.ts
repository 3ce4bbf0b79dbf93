import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeInstancesCommand, DescribeSecurityGroupsCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import type { Frame } from 'playwright-core';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';

/** A launch with what is folded away in the form, by clicking: what the cloud then has is what was asked for. */
describe('the launch form in full', function () {
  this.timeout(120_000);
  let bed: Bed;
  let key: string;
  before(async function () {
    this.timeout(180_000);
    bed = await makeBed({ course: false });
    key = path.join(bed.home, 'grace');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'grace@laptop', '-f', key]);
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  let form: Frame;
  const part = (id: string) => form.locator(`#section-${id}`);
  const unfold = (id: string) => part(id).locator('> summary').click();
  const instance = async () => {
    const { Reservations } = await bed.ec2.send(new DescribeInstancesCommand({}));
    const all = (Reservations ?? []).flatMap((one) => one.Instances ?? []);
    assert.equal(all.length, 1);
    return all[0]!;
  };

  it('opens for an account, with the price of what it would launch', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).click();
    await workbench.quickInput.pick('physics');
    await workbench.quickInput.rows.filter({ hasText: 'eu-north-1' }).first().waitFor();
    await workbench.quickInput.input.press('Enter');
    await workbench.row('physics').describes('us-east-1');
    await workbench.row('physics').inline('Launch Machine…');
    form = await workbench.webview('Launch a machine');
    await form.getByLabel('Name', { exact: true }).fill('ada');
    await form.locator('.cost').getByText('per month').first().waitFor();
    await session.shotInBothThemes('form-01-folded');
  });

  it('takes rules, a disk, a user, a tag, an end and a command', async () => {
    await unfold('access');
    await part('access').getByRole('button', { name: 'Add rule' }).click();
    await part('access').getByRole('button', { name: 'Add rule' }).click();
    const second = part('access').getByRole('group', { name: 'rule 2' });
    await second.getByLabel('Ports').fill('9000-9010');
    await second.getByLabel('From', { exact: true }).selectOption('cidr');
    await second.getByLabel('Address block').fill('10.0.0.0/8');
    await session.shot('form-02-access');
    await unfold('access');
    await unfold('disks');
    await part('disks').getByRole('button', { name: 'Add disk' }).click();
    await part('disks').getByLabel('Size (GiB)').fill('5');
    await part('disks').getByLabel('Mounted on').fill('');
    await session.shot('form-03-disks');
    await unfold('disks');
    await unfold('ends');
    await part('ends').getByRole('radio', { name: 'Some hours after the launch' }).check();
    await unfold('ends');
    await unfold('setup');
    await part('setup').getByRole('button', { name: 'Add user' }).click();
    await part('setup').getByLabel('User name').fill('grace');
    await part('setup')
      .getByLabel('Public keys')
      .fill(readFileSync(`${key}.pub`, 'utf8'));
    await part('setup').getByText('May act as root (sudo)').click();
    await part('setup').getByLabel('Command after set-up').fill('touch prepared');
    await session.shot('form-04-setup');
    await unfold('setup');
    await unfold('advanced');
    await part('advanced').getByRole('button', { name: 'Add tag' }).click();
    await part('advanced').getByLabel('Tag', { exact: true }).fill('course');
    await part('advanced').getByLabel('Value').fill('phys201');
    await unfold('advanced');
    await session.shotInBothThemes('form-05-filled');
  });

  it('asks the cloud without making anything', async () => {
    await form.getByRole('button', { name: 'Dry run' }).click();
    await form.getByText('The cloud would launch this. Nothing was made.').waitFor({ timeout: 20_000 });
    const { Reservations } = await bed.ec2.send(new DescribeInstancesCommand({}));
    assert.deepEqual(Reservations ?? [], []);
  });

  it('launches it: the machine gets ready in the tree', async function () {
    this.timeout(240_000);
    await form.getByRole('button', { name: 'Launch', exact: true }).click();
    await session.workbench.row('ada').describes(/running · t3\.\w+ · 127\./, 220_000);
    await session.shot('form-06-ready');
  });

  it('the cloud has what was asked for', async () => {
    const made = await instance();
    const tags = new Map((made.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    assert.equal(tags.get('course'), 'phys201');
    const ends = Date.parse(tags.get('skylab:expires') ?? '') - Date.now();
    assert.ok(ends > 7.9 * 3_600_000 && ends < 8 * 3_600_000, `it ends ${tags.get('skylab:expires') ?? 'never'}`);
    const groupId = made.SecurityGroups?.[0]?.GroupId ?? '';
    const { SecurityGroups } = await bed.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
    const opened = (SecurityGroups?.[0]?.IpPermissions ?? []).map(
      ({ FromPort, ToPort, IpRanges }) => `${FromPort}-${ToPort} ${IpRanges?.[0]?.CidrIp}`,
    );
    assert.ok(opened.includes('9000-9010 10.0.0.0/8'), opened.join(', '));
    assert.ok(
      opened.some((rule) => /^8888-8888 \S+\/32$/.test(rule)),
      opened.join(', '),
    );
    const { Volumes } = await bed.ec2.send(new DescribeVolumesCommand({}));
    assert.deepEqual(
      (Volumes ?? []).map(({ Size, Encrypted }) => ({ Size, Encrypted })).sort((a, b) => (a.Size ?? 0) - (b.Size ?? 0)),
      [
        { Size: 5, Encrypted: true },
        { Size: 20, Encrypted: true },
      ],
    );
  });

  it('its user logs in and may act as root; the command has run', async () => {
    const { PublicIpAddress = '' } = await instance();
    const options = [
      '-F',
      '/dev/null',
      '-i',
      key,
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'BatchMode=yes',
    ];
    const said = execFileSync('ssh', [...options, `grace@${PublicIpAddress}`, 'sudo -n ls /home/admin/prepared'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert.equal(said.trim(), '/home/admin/prepared');
  });

  it('opens again at once, with what was launched last', async () => {
    const { workbench } = session;
    await workbench.palette('Workbench: Close All Editors').catch(() => workbench.palette('View: Close All Editors'));
    await workbench.row('physics').inline('Launch Machine…');
    form = await workbench.webview('Launch a machine');
    await form.getByText('adds 8888').or(form.getByText('also 8888, 9000-9010')).first().waitFor();
    assert.equal(await form.getByLabel('Name', { exact: true }).inputValue(), '');
    assert.equal(await part('advanced').locator('.chosen').innerText(), 'tag course');
  });
});
