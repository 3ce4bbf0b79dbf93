import assert from 'node:assert/strict';
import { workbenchSession } from '../editor/session';
import { onMachine } from './support/appSite';
import { makeBed, type Bed } from './support/bed';
import { addGiven, handOut, untilScanned } from './support/handOut';

/** A private cloud's front end, looked after from the menu of its row. */
describe('an OpenNebula front end, by clicks', function () {
  this.timeout(180_000);
  let bed: Bed;
  let address = '';
  before(async function () {
    // the image is made where it is missing
    this.timeout(1_800_000);
    bed = await makeBed({ course: false, machineImage: 'opennebula' });
    address = await handOut(bed);
    await untilScanned(address);
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  it('its parts are in the menu of its row', async () => {
    const { workbench } = session;
    await addGiven(workbench, address);
    await workbench.row(address).menu('Set Up', 'OpenNebula Front End…');
    await workbench.quickInput.rows.filter({ hasText: 'Types of instances' }).waitFor({ timeout: 60_000 });
    await session.shot('one-01-parts');
  });

  it('two users are added after what is done was shown, and their accounts can be copied', async () => {
    const { workbench } = session;
    const { rows, input } = workbench.quickInput;
    await rows.filter({ hasText: 'Users…' }).click();
    await rows.filter({ hasText: 'Add users…' }).click({ timeout: 60_000 });
    const asked = (prompt: string) => workbench.page.locator('.quick-input-widget').getByText(prompt).waitFor({ timeout: 60_000 });
    await asked('Names of the users');
    await workbench.quickInput.answer('ada, grace');
    await rows.filter({ hasText: 'The EC2 interface only' }).click({ timeout: 60_000 });
    await asked('Group that they belong to');
    await workbench.quickInput.answer('students');
    await rows.filter({ hasText: 'Make these 5 changes' }).waitFor({ timeout: 60_000 });
    await session.shot('one-02-changes');
    await input.press('Enter');
    await workbench.toast(/2 users can sign in to the EC2 interface/).waitFor({ timeout: 120_000 });
    await session.shotInBothThemes('one-03-added');
    const users = onMachine(bed, address, 'sudo -u oneadmin -H oneuser list --csv --list NAME,GROUP,AUTH');
    assert.deepEqual(
      users
        .split('\n')
        .filter((line) => line.includes('students'))
        .sort(),
      ['ada,students,public', 'grace,students,public'],
    );
    await workbench.answerToast(/2 users can sign in to the EC2 interface/, 'Copy the Accounts’ Details');
    // as Ubuntu installs it, it listens for the machine alone
    await workbench.toast(/^Copied, but the EC2 interface answers on .* alone/).waitFor({ timeout: 60_000 });
    const copied = String(await workbench.page.evaluate('navigator.clipboard.readText()'));
    assert.match(copied, /User \(access key\): ada\nSecret key: [0-9a-f]{40,64}\b[^]*User \(access key\): grace\n/);
  });
});
