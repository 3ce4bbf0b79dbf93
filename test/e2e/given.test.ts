import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';
import { handOut, untilScanned } from './support/handOut';

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
    await workbench.row('physics').describes(/1 running · .*us-east-1/);
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
