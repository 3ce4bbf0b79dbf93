import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DescribeInstancesCommand, DescribeKeyPairsCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { launchBrowser } from '../editor/browser';
import { workbenchSession } from '../editor/session';
import { makeBed, type Bed } from './support/bed';
import { statusOf, untilStatus } from './support/site';

const PASSWORD = "It's 5 o'clock $HOME";

/** The one path that everything else stands on, by clicking: from the empty sidebar to the open notebook and back to nothing. */
describe('from an empty sidebar to a protected notebook', function () {
  this.timeout(60_000);
  let bed: Bed;
  let files: Map<string, string>;
  before(async function () {
    this.timeout(180_000);
    bed = await makeBed({ webPorts: true });
    files = textOf(bed.lab);
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });
  const instance = async () => {
    const { Reservations } = await bed.ec2.send(new DescribeInstancesCommand({}));
    const all = (Reservations ?? []).flatMap((r) => r.Instances ?? []);
    assert.equal(all.length, 1);
    return all[0]!;
  };
  const address = async () => (await instance()).PublicIpAddress ?? '';
  const deployTitle = () => `Deploy ${bed.labName} to ada`;
  const user = () => (bed.isCourse ? 'cicf' : 'student');

  it('the empty view offers one primary button and two other ways', async () => {
    await session.workbench.openView('Skylab');
    await session.workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).waitFor();
    await session.workbench.sideBar
      .getByText(/given a machine/)
      .first()
      .waitFor();
    await session.workbench.sideBar
      .getByText(/practice cloud/)
      .first()
      .waitFor();
    await session.shotInBothThemes('lab-01-empty');
  });

  it('an AWS profile becomes an account', async () => {
    const { workbench } = session;
    await workbench.sideBar.getByRole('button', { name: 'Add a Cloud Account' }).click();
    await workbench.quickInput.pick('physics');
    // The profile's own region is chosen already.
    await workbench.quickInput.rows.filter({ hasText: 'eu-north-1' }).first().waitFor();
    await workbench.quickInput.input.press('Enter');
    await workbench.row('physics').describes('us-east-1');
    await session.shotInBothThemes('lab-02-account');
  });

  it('the launch form needs no more than a name', async () => {
    const { workbench } = session;
    await workbench.row('physics').inline('Launch Machine…');
    const form = await workbench.webview('Launch a machine');
    await form.getByLabel('Name', { exact: true }).fill('ada');
    await form.getByText('Debian 13').first().waitFor();
    await session.shotInBothThemes('lab-03-form');
    await form.getByRole('button', { name: /^Launch/ }).click();
  });

  it('the machine gets ready by itself, with live steps on its row', async function () {
    this.timeout(240_000);
    const { workbench } = session;
    await workbench.row('ada').shown();
    await session.shot('lab-04-launching');
    await workbench.row('ada').describes(/running · t3\.\w+ · 127\./, 220_000);
    await session.shotInBothThemes('lab-05-ready');
  });

  it('a terminal opens on it, with the host key already verified', async () => {
    const { workbench } = session;
    await workbench.clearToasts();
    await workbench.row('ada').inline('Open Terminal');
    await answerIncludeOffer();
    const rows = workbench.page.locator('.terminal-wrapper.active .xterm-rows');
    await rows.filter({ hasText: 'admin@' }).waitFor({ timeout: 20_000 });
    await workbench.typeInTerminal('echo "I am $(whoami)"');
    await rows.filter({ hasText: 'I am admin' }).waitFor();
    assert.doesNotMatch(await workbench.terminalText(), /authenticity|yes\/no/);
    await session.shot('lab-06-terminal');
    await workbench.typeInTerminal('exit');
  });

  it('the lab folder opens the deploy page, filled, with the mistake in DOMAIN caught', async () => {
    const { workbench } = session;
    await workbench.explorerMenu(bed.labName, 'Deploy to Machine…');
    await pickMachineIfAsked();
    const page = await workbench.webview(deployTitle());
    await page.getByText('jupyter').first().waitFor({ timeout: 30_000 });
    await session.shotInBothThemes('lab-07-deploy-form');
    assert.equal(await page.getByLabel('Domain', { exact: true }).inputValue(), 'ada.localhost');
    if (bed.isCourse) await page.getByText("The folder says DOMAIN='DOMAIN=").waitFor();
    await page.locator('input[type=password]').first().fill(PASSWORD);
    await session.shotInBothThemes('lab-08-deploy-filled');
    await page.getByRole('button', { name: /^Deploy/ }).click();
  });

  it('the site is up and its protection proved', async function () {
    this.timeout(420_000);
    const { workbench } = session;
    const page = await workbench.webview(deployTitle());
    await workbench.page.waitForTimeout(8_000);
    await session.shot('lab-09-deploying');
    await page.getByText(/401/).first().waitFor({ timeout: 400_000 });
    await page.getByRole('button', { name: 'Open site' }).waitFor({ timeout: 400_000 });
    await page
      .getByRole('button', { name: /^Open .*\.ipynb$/ })
      .first()
      .waitFor();
    await session.shotInBothThemes('lab-10-deployed');
    const at = await address();
    assert.equal(await statusOf(at, 'ada.localhost'), 401);
    assert.equal(await statusOf(at, 'ada.localhost', { user: user(), password: 'wrong' }), 401);
    assert.equal(await statusOf(at, 'ada.localhost', { user: user(), password: PASSWORD }), 200);
  });

  it("the person's own files are as they were", () => {
    assert.deepEqual(textOf(bed.lab), files);
  });

  it('the notebook opens in a browser', async function () {
    this.timeout(120_000);
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, httpCredentials: { username: user(), password: PASSWORD } });
      const page = await context.newPage();
      // Where the page's own button leads.
      const notebook = bed.isCourse ? 'plot-ligo-data.ipynb' : 'pendulum.ipynb';
      await page.goto(`https://ada.localhost/lab/tree/work/${notebook}`, { timeout: 60_000 });
      await page
        .locator('.jp-Notebook')
        .first()
        .waitFor({ timeout: 60_000 })
        .finally(() => page.screenshot({ path: 'out/shots/lab-11-notebook.png' }));
      await page.locator('.jp-DirListing-item', { hasText: notebook }).first().waitFor();
    } finally {
      await browser.close();
    }
  });

  it('the site shows under its machine, and its logs can be followed', async () => {
    const { workbench } = session;
    await workbench.openView('Skylab');
    await workbench.row('ada').expand();
    await workbench.row(new RegExp(bed.labName)).shown();
    await workbench.clearToasts();
    await session.shotInBothThemes('lab-12-tree');
    await workbench.row(new RegExp(bed.labName)).inline('Follow Logs');
    await workbench.page.locator('.part.panel .view-lines', { hasText: /caddy|jupyter|notebook/ }).waitFor({ timeout: 30_000 });
    assert.doesNotMatch(await workbench.outputText(), /\[2K/);
    await session.shot('lab-13-logs');
  });

  it('after a restart of the machine the site is up again', async function () {
    this.timeout(180_000);
    const { workbench } = session;
    await workbench.row('ada').menu('Reboot…');
    await workbench.answerDialog('Reboot');
    // Down first, or the old boot would be taken for the new one.
    const at = await address();
    await untilStatus(-1, 30_000, () => statusOf(at, 'ada.localhost').catch(() => -1));
    await untilStatus(200, 120_000, () => statusOf(at, 'ada.localhost', { user: user(), password: PASSWORD }));
    await workbench.row('Restart ada').describes(/done/, 60_000);
  });

  it('after stop and start the address is another one, and ssh follows it', async function () {
    this.timeout(240_000);
    const { workbench } = session;
    const old = await address();
    await workbench.row('ada').menu('Stop…');
    await workbench.answerDialog('Stop');
    await workbench.row('ada').describes(/stopped/, 60_000);
    await workbench.row('Stop ada').describes(/done/, 60_000);
    await session.shot('lab-14-stopped');
    await workbench.row('ada').menu('Start');
    await workbench.row('Start ada').describes(/done/, 90_000);
    await workbench.row('ada').describes(/running · t3\.\w+ · 127\./);
    const now = await address();
    assert.notEqual(now, old);
    assert.match(
      execFileSync('ssh', ['-F', path.join(bed.home, '.ssh/config'), '-G', 'ada'], { encoding: 'utf8' }),
      new RegExp(`^hostname ${now}$`, 'm'),
    );
    await untilStatus(200, 120_000, () => statusOf(now, 'ada.localhost', { user: user(), password: PASSWORD }));
  });

  it('terminating asks honestly and leaves nothing behind', async function () {
    this.timeout(180_000);
    const { workbench } = session;
    await workbench.clearToasts();
    await workbench.row('ada').menu('Terminate…');
    await workbench.dialog.getByText(/ada/).first().waitFor();
    await session.shot('lab-15-terminate');
    await workbench.answerDialog('Terminate and Clean Up');
    await untilStatus(1, 90_000, async () => ((await instance()).State?.Name === 'terminated' ? 1 : 0));
    const skylab = path.join(bed.home, '.ssh/skylab');
    await untilStatus(0, 60_000, async () => {
      const keys = (await bed.ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs ?? [];
      const groups = (await bed.ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups ?? [];
      return keys.length + groups.filter((g) => g.GroupName !== 'default').length;
    });
    assert.equal(existsSync(path.join(skylab, 'keys')) ? readdirSync(path.join(skylab, 'keys')).length : 0, 0);
    for (const name of ['hosts.conf', 'known_hosts']) {
      const file = path.join(skylab, name);
      if (existsSync(file)) assert.doesNotMatch(readFileSync(file, 'utf8'), /^(Host ada|i-)/m, name);
    }
    assert.deepEqual(await bed.cloud.machines().then((all) => all.filter((m) => m.state !== 'terminated')), []);
  });

  /** The first time an entry is written, one line in ~/.ssh/config is offered. */
  async function answerIncludeOffer(): Promise<void> {
    const offer = session.workbench.toast(/~\/\.ssh\/config/);
    await offer.waitFor({ timeout: 5_000 }).catch(() => undefined);
    if (await offer.isVisible()) await session.workbench.answerToast(/~\/\.ssh\/config/, 'Add');
  }

  async function pickMachineIfAsked(): Promise<void> {
    const rows = session.workbench.quickInput.rows.filter({ hasText: 'ada' });
    await rows
      .first()
      .click({ timeout: 5_000 })
      .catch(() => undefined);
  }
});

function textOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(names.map((entry) => path.join(entry.parentPath, entry.name)).map((file) => [file, readFileSync(file, 'utf8')]));
}
