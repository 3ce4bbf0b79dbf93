import assert from 'node:assert/strict';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';

/** What an account has besides its machines, by clicks: seen, made, attached, opened and swept. */
describe('the Resources view', function () {
  this.timeout(60_000);
  let bed: Bed;
  let groupId = '';
  before(async function () {
    this.timeout(240_000);
    bed = await makeBed({ course: false });
    const images = await bed.ec2.send(new DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['debian-13-amd64*'] }] }));
    const group = await bed.ec2.send(new CreateSecurityGroupCommand({ GroupName: 'lab', Description: 'Lab' }));
    groupId = group.GroupId ?? '';
    const old = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '198.51.100.1/32', Description: 'the office' }] };
    await bed.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [old] }));
    const Tags = [{ Key: 'Name', Value: 'ada' }];
    await bed.ec2.send(
      new RunInstancesCommand({
        ImageId: images.Images?.[0]?.ImageId,
        InstanceType: 't3.small',
        MinCount: 1,
        MaxCount: 1,
        SecurityGroupIds: [groupId],
        TagSpecifications: [{ ResourceType: 'instance', Tags }],
      }),
    );
    for (const name of ['forgotten', 'old data'])
      await bed.ec2.send(
        new CreateVolumeCommand({
          AvailabilityZone: 'us-east-1a',
          Size: 100,
          VolumeType: 'gp3',
          TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: name }] }],
        }),
      );
    await eventually(async () => {
      const { Reservations = [] } = await bed.ec2.send(new DescribeInstancesCommand({}));
      assert.equal(Reservations[0]?.Instances?.[0]?.State?.Name, 'running');
    });
  });
  const session = workbenchSession(() => bed.session({ viewport: { width: 1280, height: 1800 } }));
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  const volumes = async (): Promise<string[]> => {
    const { Volumes = [] } = await bed.ec2.send(new DescribeVolumesCommand({}));
    const named = Volumes.map((one) => `${one.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? ''} ${one.State ?? ''}`);
    return named.filter((one) => !one.startsWith('ada ') && !one.startsWith(' ')).sort();
  };

  it('lists what the account has, says what is unused and what that costs', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.palette('Skylab: Add Cloud Account…');
    await workbench.quickInput.pick('physics');
    // the row before says us-east-1, too
    await workbench.quickInput.rows.filter({ hasText: 'eu-north-1' }).first().waitFor();
    await workbench.quickInput.input.press('Enter');
    await workbench.row('ada').describes('running');
    await workbench.clearToasts();
    await workbench.fold('Activity');
    // a view that is unfolded beside another gets a few rows only
    await workbench.fold('Machines');
    await workbench.unfold('Resources');
    await workbench.rowOf('Resources', 'Disks').expand();
    await workbench.rowOf('Resources', 'Disks').describes(/2 unused · \$/);
    await workbench.rowOf('Resources', 'forgotten').describes(/^100 GiB gp3 · us-east-1a · not attached · unused · \$8\.00 a month$/);
    await workbench.rowOf('Resources', 'Security Groups').expand();
    await workbench.rowOf('Resources', 'lab').expand();
    await workbench.rowOf('Resources', 'SSH (tcp 22)').describes('from 198.51.100.1/32 · the office');
    await session.shotInBothThemes('resources-01-view');
    // A tree draws only what is in sight.
    await workbench.rowOf('Resources', 'lab').click();
  });

  it('a machine gets a new disk from its menu', async () => {
    const { workbench } = session;
    await workbench.unfold('Machines');
    await workbench.row('ada').menu('Disks and Addresses', 'Create Disk…');
    await workbench.quickInput.titled('Create a disk for ada');
    await workbench.quickInput.answer('7');
    await workbench.quickInput.pick('gp3');
    await workbench.quickInput.message.filter({ hasText: 'Name; may be empty' }).waitFor();
    await session.shot('resources-02-new-disk');
    await workbench.quickInput.answer('data');
    await workbench.toast(/ada has the disk now/).waitFor();
    assert.deepEqual(await volumes(), ['data in-use', 'forgotten available', 'old data available']);
    await workbench.fold('Machines');
    await workbench.rowOf('Resources', 'data').describes(/7 GiB gp3 · .* · attached · ada/);
    await workbench.clearToasts();
  });

  it('a machine lets my address in, and the way back is a button', async () => {
    const { workbench } = session;
    const sources = async (): Promise<string[]> => {
      const { SecurityGroups = [] } = await bed.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
      return (SecurityGroups[0]?.IpPermissions ?? []).flatMap(({ IpRanges = [] }) => IpRanges.map(({ CidrIp }) => CidrIp ?? '')).sort();
    };
    await workbench.unfold('Machines');
    await workbench.row('ada').menu('Disks and Addresses', 'Allow My Address');
    await workbench.toast(/ada lets SSH in from 203\.0\.113\.10 now/).waitFor();
    assert.deepEqual(await sources(), ['198.51.100.1/32', '203.0.113.10/32']);
    await session.shot('resources-03-allowed');
    await workbench.answerToast(/ada lets SSH in/, 'Undo');
    // its message may be gone before anybody looks
    await eventually(async () => assert.deepEqual(await sources(), ['198.51.100.1/32']));
    await workbench.clearToasts();
  });

  it('a rule is added after its difference was shown', async () => {
    const { workbench } = session;
    await workbench.fold('Machines');
    await workbench.rowOf('Resources', 'lab').inline('Edit Rules…');
    await workbench.quickInput.pick('Add a rule…');
    await workbench.quickInput.pick('HTTPS');
    await workbench.quickInput.pick('Anywhere');
    await workbench.quickInput.message.filter({ hasText: 'What is it for?' }).waitFor();
    await workbench.quickInput.answer('the site');
    await workbench.quickInput.pick('Review and apply');
    await workbench.dialog.filter({ hasText: 'Change the rules of lab?' }).waitFor();
    await session.shot('resources-04-rules');
    await workbench.answerDialog('Apply');
    await workbench.rowOf('Resources', 'lab').expand();
    await workbench.rowOf('Resources', 'HTTPS (tcp 443)').shown();
    await workbench.clearToasts();
  });

  it('what is unused is ticked, asked for with its money, and swept', async () => {
    const { workbench } = session;
    await workbench.rowOf('Resources', 'Disks').menu('Sweep Unused…');
    await workbench.quickInput.titled(/0 of 2/);
    await workbench.quickInput.rows.filter({ hasText: 'forgotten' }).locator('.monaco-checkbox, input[type="checkbox"]').first().click();
    await workbench.quickInput.titled(/1 of 2 · \$8\.00 a month/);
    await session.shot('resources-05-sweep');
    await workbench.quickInput.input.press('Enter');
    await workbench.dialog.filter({ hasText: /saves \$8\.00 a month/ }).waitFor();
    await session.shot('resources-06-confirm');
    await workbench.answerDialog('Remove');
    await workbench.toast(/1 removed, which saves \$8\.00 a month/).waitFor();
    assert.deepEqual(await volumes(), ['data in-use', 'old data available']);
    await workbench.rowOf('Resources', 'forgotten').gone();
  });
});

async function eventually(check: () => Promise<void>): Promise<void> {
  for (const began = Date.now(); ;)
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() - began > 60_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
}
