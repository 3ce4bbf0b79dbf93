import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { workbenchSession } from '../editor/session';

/** A folder for a JupyterHub, from its recipe to its registration, by clicks. No machine is needed. */
describe('the folder of a JupyterHub, by clicks', function () {
  this.timeout(90_000);
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-hub-'));
  const workspace = path.join(home, 'course');
  mkdirSync(workspace);
  const folder = path.join(workspace, 'jupyterhub');
  const session = workbenchSession({ home, folder: workspace, steps: true });
  after(() => rmSync(home, { recursive: true, force: true }));
  const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

  it('is made from its recipe, after few questions', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.openView('Skylab');
    await workbench.palette('Skylab: New from Recipe…');
    await quickInput.pick('JupyterHub');
    await quickInput.message.filter({ hasText: 'GitHub name of the first administrator' }).waitFor();
    await session.shot('hub-01-administrator');
    await quickInput.answer('ada');
    await quickInput.rows.filter({ hasText: 'Python for science' }).waitFor();
    await session.shot('hub-02-image');
    await quickInput.input.press('Enter');
    await quickInput.message.filter({ hasText: 'Folder to make' }).waitFor();
    assert.equal(await quickInput.input.inputValue(), folder);
    await quickInput.input.press('Enter');
    await workbench.toast(/JupyterHub was made in/).waitFor();
    await session.shotInBothThemes('hub-03-made');
    assert.match(text('.env'), /^JUPYTERHUB_ADMIN='?ada'?$/m);
    await workbench.clearToasts();
  });

  it('gets a second hub with lists of its own, and loses it again after a question', async () => {
    const { workbench } = session;
    await workbench.palette('Skylab: Add Hub to JupyterHub Folder…');
    await workbench.quickInput.message.filter({ hasText: 'Name of the hub' }).waitFor();
    await workbench.quickInput.type('Not a name');
    await workbench.quickInput.message.filter({ hasNotText: 'Name of the hub' }).waitFor();
    await session.shot('hub-04-name');
    await workbench.quickInput.answer('physics');
    await workbench.toast('The hub physics is added').waitFor();
    await session.shotInBothThemes('hub-05-added');
    assert.ok(existsSync(path.join(folder, 'lists/physics/allow')));
    await workbench.clearToasts();
    await workbench.palette('Skylab: Remove Hub from JupyterHub Folder…');
    await workbench.quickInput.pick('physics');
    await workbench.dialog.filter({ hasText: 'Remove the hub physics?' }).waitFor();
    await session.shot('hub-06-remove');
    await workbench.answerDialog('Remove');
    await workbench.toast('The hub physics is removed').waitFor();
    assert.doesNotMatch(text('compose.yml'), /physics/);
    assert.ok(!existsSync(path.join(folder, 'hubs/physics.caddy')));
    await workbench.clearToasts();
  });

  it('is registered with GitHub: what its form needs is offered, what it shows goes into .env alone', async () => {
    const { workbench } = session;
    const { quickInput } = workbench;
    await workbench.palette('Skylab: Register Hub with GitHub…');
    await quickInput.message.filter({ hasText: 'Name under which the hub is opened' }).waitFor();
    await quickInput.answer('hub.example.org');
    await quickInput.rows.filter({ hasText: 'Copy the callback' }).waitFor();
    await session.shot('hub-07-register');
    await quickInput.pick('Copy the callback');
    await quickInput.rows.filter({ hasText: 'The app is there: go on' }).waitFor();
    assert.match(String(await workbench.page.evaluate('navigator.clipboard.readText()')), /^https:\/\/hub\.example\.org\//);
    await quickInput.pick('The app is there: go on');
    await quickInput.message.filter({ hasText: 'Client ID' }).waitFor();
    await quickInput.answer('Iv1.0123456789abcdef');
    await quickInput.message.filter({ hasText: 'Client secret' }).waitFor();
    assert.equal(await quickInput.input.getAttribute('type'), 'password');
    await quickInput.answer('0123456789abcdef0123456789abcdef01234567');
    await workbench.toast(/in the hub’s \.env/).waitFor();
    await session.shotInBothThemes('hub-08-registered');
    assert.match(text('.env'), /^OAUTH_CLIENT_ID='?Iv1\.0123456789abcdef'?$/m);
  });
});
