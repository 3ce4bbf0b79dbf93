import assert from 'node:assert/strict';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateTagsCommand,
  DescribeAddressesCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateHostedZoneCommand, ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';

/** A lab of three machines, looked after by clicks: found, named, protected, stopped together, and told why it does not answer. */
describe('the life of machines in the side bar', function () {
  this.timeout(60_000);
  let bed: Bed;
  before(async function () {
    this.timeout(240_000);
    bed = await makeBed({ course: false });
    const images = await bed.ec2.send(new DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['debian-13-amd64*'] }] }));
    const groups = await bed.ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['default'] }] }));
    const run = new RunInstancesCommand({
      ImageId: images.Images?.[0]?.ImageId,
      InstanceType: 't3.small',
      MinCount: 3,
      MaxCount: 3,
      // AWS puts them there by itself.
      SecurityGroupIds: groups.SecurityGroups?.flatMap(({ GroupId }) => GroupId ?? []),
    });
    const made = (await bed.ec2.send(run)).Instances ?? [];
    for (const [i, name] of ['ada', 'lab-1', 'lab-2'].entries()) {
      const Tags = [{ Key: 'Name', Value: name }, ...(i === 0 ? [] : [{ Key: 'Lab', Value: 'week08' }])];
      await bed.ec2.send(new CreateTagsCommand({ Resources: [made[i]?.InstanceId ?? ''], Tags }));
    }
    await eventually(async () => assert.deepEqual(await states(), { ada: 'running', 'lab-1': 'running', 'lab-2': 'running' }));
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  /** Name -> state, as the cloud says. */
  const states = async (): Promise<Record<string, string>> => {
    const { Reservations = [] } = await bed.ec2.send(new DescribeInstancesCommand({}));
    const all = Reservations.flatMap(({ Instances = [] }) => Instances);
    const named = all.map((one): [string, string] => [one.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? '', one.State?.Name ?? '']);
    return Object.fromEntries(named.sort(([x], [y]) => (x < y ? -1 : 1)));
  };

  const tagsOf = async (name: string): Promise<Record<string, string>> => {
    const { Reservations = [] } = await bed.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:Name', Values: [name] }] }));
    return Object.fromEntries((Reservations[0]?.Instances?.[0]?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  };

  it('an account is added, and its machines are there', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.palette('Skylab: Add Cloud Account…');
    await workbench.quickInput.pick('physics');
    // the row before says us-east-1, too
    await workbench.quickInput.rows.filter({ hasText: 'eu-north-1' }).first().waitFor();
    await workbench.quickInput.input.press('Enter');
    await workbench.row('lab-2').describes('running');
    await workbench.fold('Activity');
    await workbench.clearToasts();
  });

  it('the filter follows what is typed, stands in the title, and is cleared by a button', async () => {
    const { workbench } = session;
    await workbench.viewAction('Machines', 'Filter Machines…');
    await workbench.quickInput.type('lab-* running');
    await workbench.row('ada').gone();
    await workbench.row('lab-1').shown();
    await workbench.quickInput.answer('lab-* running');
    await workbench.view('Machines').locator('.pane-header', { hasText: '2 of 3' }).waitFor();
    await session.shot('life-01-filter');
    await workbench.viewAction('Machines', 'Clear Filter');
    await workbench.row('ada').shown();
  });

  it('machines stand together by their lab', async () => {
    const { workbench } = session;
    await workbench.palette('Skylab: Group Machines…');
    await workbench.quickInput.pick('Lab');
    await workbench.row('week08').describes('2 machines · 2 running');
    await workbench.row('no lab').describes('1 machine');
    assert.equal(await workbench.row('lab-1').level(), 3);
    await session.shotInBothThemes('life-02-groups');
  });

  it('a machine gets another name from its row', async () => {
    const { workbench } = session;
    await workbench.row('ada').menu('Change', 'Rename Machine…');
    await workbench.quickInput.answer('grace');
    await workbench.row('grace').shown();
    await workbench.row('ada').gone();
    assert.ok('grace' in (await states()));
  });

  it('a protected machine says so, and is not terminated without its protection being taken off', async () => {
    const { workbench } = session;
    await workbench.row('grace').menu('Change', 'Termination Protection…');
    await workbench.quickInput.pick('the cloud refuses to terminate it');
    await workbench.row('grace').describes('protected');
    await workbench.row('grace').menu('Terminate…');
    await workbench.dialog.filter({ hasText: 'grace is protected' }).waitFor();
    await session.shot('life-03-protected');
    await workbench.answerDialog('Cancel');
    assert.equal((await states())['grace'], 'running');
  });

  it('two machines are chosen by their boxes and stopped by one answer', async () => {
    const { workbench } = session;
    await workbench.palette('Skylab: Select Machines…');
    await workbench.row('week08').locator.locator('.monaco-checkbox, .custom-view-tree-node-item-checkbox').first().click();
    await workbench.view('Machines').getByText('2 machines are checked.').waitFor();
    await session.shotInBothThemes('life-04-chosen');
    await workbench.viewAction('Machines', 'Act on Selected Machines…');
    await workbench.quickInput.pick('Stop 2 machines');
    await workbench.answerDialog('Stop 2 machines');
    await workbench.toast('2 of 2 machines were stopped.').waitFor({ timeout: 60_000 });
    await session.shot('life-05-stopped');
    assert.deepEqual(await states(), { grace: 'running', 'lab-1': 'stopped', 'lab-2': 'stopped' });
    await workbench.clearToasts();
  });

  it('a machine that does not answer tells why, and my address is let in by a button', async () => {
    const { workbench } = session;
    await workbench.row('grace').menu('Diagnose', 'Why Can’t I Connect?');
    await workbench.toast(/does not let 203\.0\.113\.10 in on port 22/).waitFor({ timeout: 40_000 });
    await session.shot('life-06-why');
    await workbench.answerToast(/does not let/, 'Allow My Address');
    await workbench.answerDialog('Allow');
    await workbench.toast(/Choose the private key that belongs to it/).waitFor({ timeout: 40_000 });
    await workbench.answerToast(/Choose the private key/, 'Show Report');
    await workbench.tab('Connection to grace.md').waitFor();
    await session.shotInBothThemes('life-07-report');
    await workbench.clearToasts();
  });

  it('tags are edited in one list, and set together at the end', async () => {
    const { workbench } = session;
    await workbench.row('grace').menu('Change', 'Edit Tags…');
    await workbench.quickInput.pick('Add tag…');
    await workbench.quickInput.answer('course');
    await workbench.quickInput.message.filter({ hasText: 'Value of course' }).waitFor();
    await workbench.quickInput.answer('phys201');
    await workbench.quickInput.rows.filter({ hasText: 'phys201' }).waitFor();
    await session.shot('life-08-tags');
    await workbench.quickInput.pick('Done');
    await eventually(async () => assert.equal((await tagsOf('grace'))['course'], 'phys201'));
  });

  it('a stopped machine gets another size', async () => {
    const { workbench } = session;
    await workbench.row('lab-1').menu('Change', 'Resize…');
    await workbench.quickInput.rows.filter({ hasText: 'as it is now' }).waitFor();
    await session.shot('life-09-resize');
    await workbench.quickInput.type('t3.medium');
    await workbench.quickInput.pick('t3.medium');
    await workbench.toast('lab-1 is a t3.medium now.').waitFor();
    await workbench.row('lab-1').describes('t3.medium');
    await workbench.clearToasts();
  });

  it('the screen of a machine opens as a picture', async () => {
    const { workbench } = session;
    await workbench.row('grace').menu('Diagnose', 'Console Screenshot');
    await workbench.tab('.jpg').waitFor();
    await session.shot('life-10-screen');
  });

  it('a machine gets a DNS name in the account’s zone, and loses it again', async () => {
    const { workbench } = session;
    const zones = new Route53Client({ endpoint: bed.cloud.endpoint, region: bed.cloud.region, credentials: bed.cloud.credentials });
    const { HostedZone } = await zones.send(new CreateHostedZoneCommand({ Name: 'lab.test', CallerReference: 'walk' }));
    const names = async () => {
      const { ResourceRecordSets = [] } = await zones.send(new ListResourceRecordSetsCommand({ HostedZoneId: HostedZone?.Id }));
      return ResourceRecordSets.filter(({ Type }) => Type === 'A').map(({ Name }) => Name);
    };
    await workbench.row('grace').menu('DNS Name…');
    await workbench.quickInput.pick('grace.lab.test');
    await workbench.quickInput.message.filter({ hasText: 'Full name' }).waitFor();
    await workbench.quickInput.input.press('Enter');
    await workbench.quickInput.rows.filter({ hasText: 'Follows the machine' }).waitFor();
    await session.shot('life-11-name');
    await workbench.quickInput.pick('Follows the machine');
    await eventually(async () => assert.deepEqual(await names(), ['grace.lab.test.']));
    await workbench.toast('grace is called grace.lab.test.').waitFor();
    await workbench.clearToasts();
    await workbench.row('grace').menu('DNS Name…');
    await workbench.quickInput.pick('Remove grace.lab.test');
    await eventually(async () => assert.deepEqual(await names(), []));
    zones.destroy();
  });

  it('another region of the account stands beside the first', async () => {
    const { workbench } = session;
    await workbench.clearToasts();
    await workbench.row('physics').menu('Add Region to This Account…');
    await workbench.quickInput.type('us-west-2');
    await workbench.quickInput.rows.filter({ hasText: 'us-west-2' }).first().waitFor();
    await workbench.quickInput.pickSeveral(['us-west-2']);
    await workbench.view('Machines').getByText('us-west-2').first().waitFor();
    await session.shotInBothThemes('life-12-regions');
  });

  it('terminating shows what would stay and cost, and takes along what is chosen', async () => {
    const { workbench } = session;
    const { AllocationId } = await bed.ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    const { Reservations = [] } = await bed.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'tag:Name', Values: ['grace'] }] }));
    const id = Reservations[0]?.Instances?.[0]?.InstanceId;
    await bed.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: id }));
    await workbench.row('grace').menu('Terminate…');
    await workbench.answerDialog('Take Protection Off…');
    await workbench.dialog.filter({ hasText: /Stays unless you choose it: the elastic address .*\$3\.65 a month/ }).waitFor();
    await session.shot('life-13-terminate');
    await workbench.answerDialog('Choose What Goes…');
    await workbench.quickInput.titled('Terminate grace and…');
    await session.shot('life-14-choose');
    await workbench.quickInput.pickSeveral(['The elastic address']);
    await workbench.toast(/^grace is gone, and so is the elastic address/).waitFor({ timeout: 60_000 });
    const { Addresses = [] } = await bed.ec2.send(new DescribeAddressesCommand({}));
    assert.deepEqual([Addresses, (await states())['grace']], [[], 'terminated']);
    await workbench.row('week08').describes(/2 machines · none running · stopped: \$/);
    await session.shotInBothThemes('life-15-gone');
  });
});

async function eventually(look: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + 60_000; ;) {
    try {
      await look();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
