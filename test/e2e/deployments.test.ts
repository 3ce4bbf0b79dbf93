import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workbenchSession } from '../editor/session';
import { until } from '../integration/practice-cloud/lab';
import { onMachine } from './support/appSite';
import { makeBed, type Bed } from './support/bed';
import { envFrame } from './support/envForm';
import { addGiven, handOut, untilScanned } from './support/handOut';

/** What is on a machine, looked at from its row: a deployed stack, Docker, systemd's services, its ports and its users. */
describe('what a machine runs, below its row', function () {
  this.timeout(120_000);
  let bed: Bed;
  let address = '';
  before(async function () {
    this.timeout(240_000);
    bed = await makeBed({ course: false, machineImage: 'docker' });
    address = await handOut(bed);
    await untilScanned(address);
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });

  it('the sample lab is deployed', async function () {
    this.timeout(300_000);
    const { workbench } = session;
    await addGiven(workbench, address);
    await workbench.row(address).inline('Deploy to Machine…');
    await workbench.quickInput.rows.filter({ hasText: bed.labName }).waitFor();
    await workbench.quickInput.input.press('Enter');
    const page = await workbench.webview(`Deploy ${bed.labName} to ${address}`);
    await page.getByLabel('Domain', { exact: true }).fill('lab.localhost');
    await page.locator('input[type=password]').first().fill('a long enough password');
    await session.shotInBothThemes('deployments-01-page');
    await page.getByRole('button', { name: /^Deploy/ }).click();
    await page.getByRole('button', { name: 'Open site' }).waitFor({ timeout: 280_000 });
    await session.shotInBothThemes('deployments-02-done');
    await workbench.palette('View: Close All Editors');
    await workbench.clearToasts();
  });

  it('the stack shows its state, its services and its releases', async () => {
    const { workbench } = session;
    for (const other of ['Activity', 'SSH Hosts', 'SSH Keys', 'Tunnels', 'Transfers']) await workbench.fold(other);
    await workbench.row(address).expand();
    await workbench.row('Deployments').describes('1 stack');
    await workbench.row('sample-lab').describes('running · https://lab.localhost');
    await workbench.row('sample-lab').expand();
    await workbench.row('caddy').describes(/running · caddy:latest/);
    await workbench.row('notebook').describes('running');
    await workbench.row('Releases').describes('1 on the machine');
    await workbench.row('Releases').expand();
    await workbench.row(/^\w{3} \d+, \d+:\d\d [AP]M$/).describes('current');
    await session.shotInBothThemes('deployments-03-tree');
    assert.deepEqual(await workbench.row('sample-lab').inlineActions(), ['Open Site', 'Follow Logs']);
  });

  it('with one release, Roll Back says that there is none to go to, as news and no error', async () => {
    const { workbench } = session;
    await workbench.row('sample-lab').menu('Roll Back…');
    const toast = workbench.toast('sample-lab has no other release');
    await toast.waitFor();
    await toast.locator('.codicon-info').waitFor();
    await workbench.clearToasts();
  });

  it('its environment opens as a form; saving it redeploys, after a question', async function () {
    this.timeout(240_000);
    const { workbench } = session;
    await workbench.row('sample-lab').menu('Edit Environment…');
    const form = await envFrame(workbench.page);
    await form.getByText('saving asks whether to deploy it again').waitFor();
    const user = form.locator('#field-LAB_USER');
    await user.fill('grace');
    await session.shotInBothThemes('deployments-13-environment');
    await user.press('Control+s');
    await workbench.dialog.filter({ hasText: 'Redeploy sample-lab' }).waitFor({ timeout: 30_000 });
    await session.shot('deployments-14-redeploy');
    await workbench.answerDialog('Redeploy');
    await workbench.row('Releases').describes('2 on the machine', 200_000);
    await workbench.palette('View: Close All Editors');
    await workbench.clearToasts();
  });

  it('before a roll back its differences are told, and shown side by side', async () => {
    const { workbench } = session;
    await workbench.row('sample-lab').menu('Roll Back…');
    await workbench.quickInput.rows.first().waitFor();
    await session.shot('deployments-15-releases');
    await workbench.quickInput.input.press('Enter');
    await workbench.dialog.filter({ hasText: 'Files that differ: .env' }).waitFor({ timeout: 30_000 });
    await session.shot('deployments-16-roll-back');
    await workbench.answerDialog('Show Differences');
    await workbench.tab('sample-lab: current release').waitFor();
    await workbench.page.locator('.editor-container .view-lines', { hasText: 'grace' }).first().waitFor();
    await session.shotInBothThemes('deployments-17-differences');
    await workbench.palette('View: Close All Editors');
  });

  it('its logs are followed, and left again from the same place', async () => {
    const { workbench } = session;
    await workbench.row('sample-lab').inline('Follow Logs');
    await workbench.page.locator('.part.panel .view-lines', { hasText: /caddy|notebook/ }).waitFor({ timeout: 30_000 });
    await session.shotInBothThemes('deployments-04-logs');
    await workbench.row('sample-lab').inline('Stop Following Logs');
    await workbench.row('sample-lab').locator.getByRole('button', { name: 'Follow Logs', exact: true }).waitFor();
    await workbench.palette('View: Hide Panel');
  });

  it('Docker shows what it holds, by kind', async () => {
    const { workbench } = session;
    await workbench.row('Deployments').fold();
    await workbench.row('Docker').expand();
    await workbench.row('Containers').describes('2 · 2 running');
    for (const kind of ['Containers', 'Images', 'Volumes', 'Networks']) await workbench.row(kind).expand();
    await workbench.row('caddy:latest').describes('used by sample-lab-caddy-1');
    await workbench.row('sample-lab_caddy_data').shown();
    await session.shotInBothThemes('deployments-05-docker');
    await workbench.row('Docker').fold();
  });

  it('what Docker does not use is cleared away, after its sizes were told', async () => {
    const { workbench } = session;
    onMachine(bed, address, 'sudo docker create --name idle caddy:latest >/dev/null; sudo docker volume create old-notes >/dev/null');
    await workbench.row('Docker').menu('Clear Away…');
    await workbench.quickInput.titled(`Clear away on ${address}`);
    await workbench.quickInput.rows.filter({ hasText: 'idle' }).waitFor({ timeout: 30_000 });
    await session.shot('deployments-18-clear-away');
    await workbench.quickInput.input.press('Enter');
    await workbench.dialog.filter({ hasText: `Clear away on ${address}?` }).waitFor();
    await session.shot('deployments-19-clear-away');
    await workbench.answerDialog('Clear Away');
    const left = () => onMachine(bed, address, 'sudo docker ps -aq --filter name=idle; sudo docker volume ls -q | grep old-notes');
    await until(30, 'only the container has gone', async () => (left() === 'old-notes' ? true : undefined));
  });

  it('Services shows what was installed here first; a click tells how one is', async () => {
    const { workbench } = session;
    await workbench.row('Services').expand();
    await workbench.row('All services').shown();
    await session.shotInBothThemes('deployments-06-services');
    await workbench.row('All services').inline('Filter Services…');
    await workbench.quickInput.answer('docker.service');
    await workbench.row('All services').expand();
    await workbench.row('docker.service').describes('running · at boot');
    await workbench.row('docker.service').click();
    await workbench.tab(`docker.service on ${address}`).waitFor();
    await workbench.page.locator('.editor-container .view-lines', { hasText: 'Active:' }).waitFor();
    await session.shotInBothThemes('deployments-07-status');
    await workbench.row('Services').fold();
  });

  it('a page tells which ports can be reached, and by whom', async () => {
    const { workbench } = session;
    await workbench.row(address).menu('Set Up', 'Ports and Firewall');
    await workbench.tab(`Ports of ${address}`).waitFor();
    await workbench.page.locator('.editor-container .view-lines', { hasText: '443/tcp' }).waitFor();
    await session.shotInBothThemes('deployments-08-ports');
  });

  it('the users of the machine are listed with how they get in', async () => {
    const { workbench } = session;
    await workbench.row(address).menu('Set Up', 'Users…');
    await workbench.quickInput.titled(`Users of ${address}`);
    await workbench.quickInput.rows.filter({ hasText: /admin.*sudo without a password.*you/ }).waitFor();
    await session.shot('deployments-09-users');
    await workbench.quickInput.cancel();
  });

  it('a recipe becomes a folder beside the others', async () => {
    const { workbench } = session;
    await workbench.palette('Skylab: New from Recipe…');
    await workbench.quickInput.rows.filter({ hasText: 'Static site' }).waitFor();
    await session.shot('deployments-10-recipes');
    await workbench.quickInput.pick('Static site');
    await workbench.quickInput.rows.filter({ hasText: 'Those who know a password' }).waitFor();
    await workbench.quickInput.pick('Everyone');
    await workbench.quickInput.message.filter({ hasText: 'Folder to make' }).waitFor();
    const folder = path.join(bed.workspace, 'static-site');
    assert.equal(await workbench.quickInput.input.inputValue(), folder);
    await session.shot('deployments-11-folder');
    await workbench.quickInput.input.press('Enter');
    await workbench.toast(/Static site was made in/).waitFor();
    await session.shotInBothThemes('deployments-12-made');
    assert.match(readFileSync(path.join(folder, 'compose.yml'), 'utf8'), /caddy/);
    assert.ok(existsSync(path.join(folder, 'site/index.html')));
  });
});
