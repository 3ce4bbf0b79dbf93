import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateHostedZoneCommand, ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';

const NAME = 'ada.course.test';
const SPEC = `# for the course
account: physics
name: ${NAME}
image:
  name: debian-13-amd64-*
  architecture: x86_64
instanceType: t3.small
diskGib: 20
tags:
  Course: week 8
`;

/** A launch that somebody handed on as a file. */
describe('a launch from a spec file, by clicks', function () {
  this.timeout(90_000);
  let bed: Bed;
  let route53: Route53Client;
  let zone = '';
  before(async function () {
    this.timeout(180_000);
    bed = await makeBed({ course: false });
    const { endpoint, region, credentials } = bed.cloud;
    route53 = new Route53Client({ endpoint, region, credentials });
    const made = await route53.send(new CreateHostedZoneCommand({ Name: 'course.test', CallerReference: 'course' }));
    zone = made.HostedZone?.Id ?? '';
    writeFileSync(path.join(bed.workspace, 'course.skylab.yaml'), SPEC);
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    route53.destroy();
    await bed.stop();
  });
  const records = async () => {
    const { ResourceRecordSets } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
    return (ResourceRecordSets ?? []).flatMap(({ Type, Name, ResourceRecords }) =>
      Type === 'A' ? [`${Name ?? ''} ${ResourceRecords?.[0]?.Value ?? ''}`] : [],
    );
  };

  it('a mistake in it is marked, with what was meant', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).click();
    await workbench.quickInput.pick('physics');
    await workbench.quickInput.rows.filter({ hasText: 'eu-north-1' }).first().waitFor();
    await workbench.quickInput.input.press('Enter');
    await workbench.row('physics').describes('us-east-1');
    await workbench.page.keyboard.press('Control+P');
    await workbench.quickInput.type('course.skylab.yaml');
    await workbench.quickInput.pick('course.skylab.yaml');
    await workbench.tab('course.skylab.yaml').waitFor();
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Dry Run' }).waitFor();
    await session.shotInBothThemes('specs-01-mistake');
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Launch' }).click();
    await workbench.toast(/course\.skylab\.yaml:8:1: .*Do you mean “diskGiB”/).waitFor();
  });

  it('once it is mended, the button above it launches, and the machine gets its name', async function () {
    this.timeout(180_000);
    const { workbench } = session;
    await workbench.clearToasts();
    writeFileSync(path.join(bed.workspace, 'course.skylab.yaml'), SPEC.replace('diskGib', 'diskGiB'));
    await workbench.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Launch' }).click();
    await workbench.dialog.getByText(`Launch ${NAME}?`).waitFor();
    await session.shot('specs-02-summary');
    await workbench.answerDialog('Launch');
    await workbench.row(NAME).describes(/^running · t3\.small/, 120_000);
    const { Reservations } = await bed.ec2.send(new DescribeInstancesCommand({}));
    const [instance] = (Reservations ?? []).flatMap((r) => r.Instances ?? []);
    assert.deepEqual(
      (instance?.Tags ?? [])
        .filter(({ Key }) => Key === 'Course' || Key === 'skylab:dns')
        .map(({ Value }) => Value)
        .sort(),
      [NAME, 'week 8'],
    );
    assert.deepEqual(await records(), [`${NAME}. ${instance?.PublicIpAddress ?? ''}`]);
    await session.shotInBothThemes('specs-03-running');
  });

  it('the name is taken off by the machine’s menu, and the launch is offered again', async () => {
    const { workbench } = session;
    await workbench.row(NAME).menu('DNS Name…');
    await workbench.quickInput.rows.filter({ hasText: `Remove ${NAME}` }).waitFor();
    await session.shot('specs-04-name');
    await workbench.quickInput.pick(`Remove ${NAME}`);
    await workbench.toast(`${NAME} has no DNS name any more.`).waitFor();
    assert.deepEqual(await records(), []);
    await workbench.palette('Skylab: Recent Launches…');
    await workbench.quickInput.pick(NAME);
    await workbench.dialog.getByText('Launch ada-2.course.test?').waitFor();
    await session.shot('specs-05-again');
    await workbench.answerDialog('Cancel');
  });
});
