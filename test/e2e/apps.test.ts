import assert from 'node:assert/strict';
import path from 'node:path';
import { workbenchSession } from '../editor/session';
import { onMachine, serveProject, writeAppFolder } from './support/appSite';
import { makeBed, type Bed } from './support/bed';
import { addGiven, handOut, untilScanned } from './support/handOut';

/** An application on the machine itself, looked after from its row; and the pages and lists of a machine's menu. */
describe('an application below its machine’s row', function () {
  this.timeout(180_000);
  let bed: Bed;
  let address = '';
  let folder = '';
  before(async function () {
    this.timeout(900_000);
    bed = await makeBed({ course: false, machineImage: 'django' });
    address = await handOut(bed);
    await untilScanned(address);
    serveProject(bed, address);
    folder = path.join(bed.workspace, 'site');
    writeAppFolder(folder, 'one');
  });
  const session = workbenchSession(() => bed.session());
  after(async function () {
    this.timeout(120_000);
    await bed.stop();
  });
  /** What the site answers to the world. */
  const status = (): string =>
    onMachine(
      bed,
      address,
      `curl -s -o /dev/null -w '%{http_code}' --resolve site.example.org:80:127.0.0.1 http://site.example.org/ || true`,
    );
  const approve = async (): Promise<void> => {
    await session.workbench.quickInput.rows.filter({ hasText: /Make (this change|these \d+ changes)/ }).waitFor({ timeout: 40_000 });
    await session.workbench.quickInput.input.press('Enter');
  };

  it('it is deployed after its changes were shown', async function () {
    this.timeout(240_000);
    const { workbench } = session;
    await addGiven(workbench, address);
    for (const other of ['Activity', 'SSH Hosts', 'SSH Keys', 'Tunnels', 'Transfers']) await workbench.fold(other);
    await workbench.row(address).menu('Applications', 'Deploy Application…');
    await workbench.quickInput.rows.filter({ hasText: /Make these \d+ changes/ }).waitFor({ timeout: 40_000 });
    await session.shot('apps-01-plan');
    await workbench.quickInput.input.press('Enter');
    await workbench.toast(/Deploy site on .*: done/).waitFor({ timeout: 200_000 });
    await session.shotInBothThemes('apps-02-done');
    assert.equal(status(), '200');
    await workbench.clearToasts();
  });

  it('its row tells state, address, commit and age; below it are its units and its releases', async () => {
    const { workbench } = session;
    await workbench.row(address).expand();
    await workbench.row('Deployments').expand();
    await workbench.row('Deployments').describes('1 application');
    await workbench.row('site').describes(/^running · http:\/\/site\.example\.org · [0-9a-f]{8} · released \d+ (s|min) ago$/);
    assert.deepEqual(await workbench.row('site').inlineActions(), ['Open Site of Application', 'Follow Logs of Application']);
    await workbench.row('site').expand();
    for (const unit of ['site.socket', 'site.service', 'site-watch.service']) await workbench.row(unit).describes('running');
    await workbench.row('Releases').describes('1 on the machine');
    await session.shotInBothThemes('apps-03-rows');
    assert.deepEqual(await workbench.row('site').menuItems(), [
      'Open Site of Application',
      'Follow Logs of Application',
      'Explain 502, 503 and 504',
      'Deploy Again…',
      'Roll Back Application…',
      'Maintenance Page On…',
      'Remove Application…',
    ]);
  });

  it('with one release, Roll Back says that there is none to go to, as news and no error', async () => {
    const { workbench } = session;
    await workbench.row('site').menu('Roll Back Application…');
    const toast = workbench.toast('site has no other release');
    await toast.waitFor({ timeout: 40_000 });
    await toast.locator('.codicon-info').waitFor();
    await session.shotInBothThemes('apps-04-no-other');
    await workbench.clearToasts();
  });

  it('a newer commit is deployed again from the folder of that name, without asking where', async function () {
    this.timeout(240_000);
    const { workbench } = session;
    writeAppFolder(folder, 'main');
    await workbench.row('site').menu('Deploy Again…');
    await approve();
    await workbench.row('Releases').describes('2 on the machine', 200_000);
    await workbench.row('Releases').expand();
    await workbench.row(/ Later polls$/).describes('current');
    await workbench.clearToasts();
  });

  it('the older release serves again from its own row', async () => {
    const { workbench } = session;
    await workbench.row(/ Polls$/).inline('Roll Back Application…');
    await workbench.quickInput.rows.filter({ hasText: /Make these \d+ changes/ }).waitFor({ timeout: 40_000 });
    await session.shot('apps-05-roll-back');
    await workbench.quickInput.input.press('Enter');
    await workbench.row(/ Polls$/).describes('current', 90_000);
    await session.shotInBothThemes('apps-06-rolled-back');
    assert.equal(status(), '200');
    await workbench.clearToasts();
  });

  it('the maintenance page goes up and away again, and the row says so', async () => {
    const { workbench } = session;
    assert.ok(!(await workbench.row('site').menuItems()).includes('Maintenance Page Off…'));
    await workbench.row('site').menu('Maintenance Page On…');
    await approve();
    await workbench.row('site').describes(/^maintenance page · /, 40_000);
    assert.equal(status(), '503');
    await session.shotInBothThemes('apps-07-maintenance');
    await workbench.clearToasts();
    await workbench.row('site').menu('Maintenance Page Off…');
    await approve();
    await workbench.row('site').describes(/^running · /, 40_000);
    assert.equal(status(), '200');
    await workbench.clearToasts();
  });

  it('a worker that does not run is named on the row, and the explanation tells the rest', async () => {
    const { workbench } = session;
    onMachine(bed, address, 'sudo systemctl stop site-watch.service');
    await workbench.row('Deployments').inline('Refresh Deployments');
    await workbench.row('site').describes(/^site-watch\.service inactive · /, 40_000);
    await workbench.row('site').menu('Explain 502, 503 and 504');
    await workbench.tab(`site on ${address}`).waitFor({ timeout: 40_000 });
    await session.shotInBothThemes('apps-08-explained');
    await workbench.palette('View: Close All Editors');
  });

  it('the certificates of its machine are listed with who renews them, and stand on a page', async () => {
    const { workbench } = session;
    const site = 'https://notes.example.org {\n tls internal\n respond hello\n}\n';
    onMachine(bed, address, 'sudo tee /etc/caddy/skylab/notes.caddy >/dev/null && sudo systemctl reload caddy', Buffer.from(site));
    const notes = `curl -skf --retry 30 --retry-delay 1 --retry-all-errors --resolve notes.example.org:443:127.0.0.1 https://notes.example.org/`;
    assert.equal(onMachine(bed, address, `${notes} || sudo journalctl -u caddy -n 20`), 'hello');
    await workbench.row(address).menu('Set Up', 'Certificates…');
    await workbench.quickInput.titled(`Certificates of ${address}`);
    await workbench.quickInput.rows.filter({ hasText: 'notes.example.org' }).waitFor({ timeout: 40_000 });
    await session.shot('apps-09-certificates');
    await workbench.quickInput.pick('Show everything as a page');
    await workbench.page.locator('.editor-container .view-lines', { hasText: 'notes.example.org' }).waitFor();
    await session.shotInBothThemes('apps-10-certificates-page');
    await workbench.palette('View: Close All Editors');
  });

  it('a checklist is gone through on it, and its page tells what is right and what is not', async () => {
    const { workbench } = session;
    await workbench.row(address).menu('Set Up', 'Go Through a Checklist…');
    await workbench.quickInput.rows.filter({ hasText: 'Smoke test of a web app' }).waitFor();
    await session.shot('apps-11-checklists');
    await workbench.quickInput.pick('Smoke test of a web app');
    await workbench.tab(`Smoke test of a web app ${address}`).waitFor({ timeout: 60_000 });
    await workbench.page.locator('.editor-container .view-lines', { hasText: 'The disk has room' }).waitFor();
    await session.shotInBothThemes('apps-12-checklist');
    await workbench.palette('View: Close All Editors');
  });

  it('the codes of a GraphTerm server are handed out one by one, to the clipboard', async () => {
    const { workbench } = session;
    const conf = 'GRAPHTERM_ROLE=server GRAPHTERM_AUTH=multiuser GRAPHTERM_HTTPS=true GRAPHTERM_NAME=class.example.org';
    const codes =
      'cd; mkdir -m 700 .graphterm; echo group-code >.graphterm/gterm_gcode.txt; echo admins-code >.graphterm/admin@local_gterm_auth.txt';
    onMachine(bed, address, `echo ${conf} | tr ' ' '\\n' | sudo tee /etc/graphterm.conf >/dev/null; ${codes}`);
    await workbench.palette('Skylab: Get GraphTerm Access Codes…');
    await workbench.quickInput.titled(`GraphTerm on ${address}`);
    assert.equal((await workbench.quickInput.entries()).length, 3);
    await session.shot('apps-13-codes');
    await workbench.quickInput.pick('Group');
    await workbench.toast('The code of the group is in the clipboard.').waitFor();
    await session.shotInBothThemes('apps-14-code');
    assert.equal(await workbench.page.evaluate('navigator.clipboard.readText()'), 'group-code');
    await workbench.clearToasts();
  });

  it('it is removed, and its row with it', async () => {
    const { workbench } = session;
    await workbench.row('site').menu('Remove Application…');
    await workbench.dialog.filter({ hasText: 'Remove site' }).waitFor({ timeout: 40_000 });
    await session.shot('apps-15-remove');
    await workbench.answerDialog('Remove, Keep Data');
    await approve();
    await workbench.row('site').gone(90_000);
    assert.notEqual(status(), '200');
    await workbench.clearToasts();
  });
});
