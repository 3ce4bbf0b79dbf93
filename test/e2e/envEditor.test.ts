import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { root } from '../editor/bed';
import { workbenchSession } from '../editor/session';
import { envFrame } from './support/envForm';

/** A file with Windows line ends and comments, as it comes with a course. */
const ENV = [
  '# The name under which the notebook is published.',
  "DOMAIN='lab.localhost'",
  '',
  '# ---- People ----',
  'LAB_USER=student # who may come in',
  '# bcrypt hash of the password',
  "LAB_PASSWORD=''",
  '',
  'export TOKEN="old" # for scripts',
  '',
].join('\r\n');

async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  for (const limit = Date.now() + limitMs; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 100)))
    if (Date.now() > limit) throw new Error(`After ${limitMs / 1000} s it is not so: ${what}.`);
}

/** The form over a .env file, by clicks. No machine is needed. */
describe('a .env file as a form, by clicks', function () {
  this.timeout(90_000);
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-env-form-'));
  const folder = path.join(home, 'lab');
  const file = path.join(folder, '.env');
  cpSync(path.join(root, 'test/fixtures/sample-lab'), folder, { recursive: true });
  writeFileSync(file, ENV);
  const session = workbenchSession({ home, folder, steps: true });
  after(() => rmSync(home, { recursive: true, force: true }));
  let form: Frame;
  const saved = (): string => readFileSync(file, 'utf8');

  it('a button in the title of the text opens the form', async () => {
    const { workbench } = session;
    await workbench.openView('Explorer');
    await workbench.row('.env').click();
    await workbench.tab('.env').waitFor();
    await workbench.page.locator('.editor-actions').getByRole('button', { name: 'Open as Form' }).click();
    form = await envFrame(workbench.page);
    await form.getByRole('heading', { name: 'People' }).waitFor();
    await form.locator('#field-LAB_USER-help').getByText('Used by').waitFor();
    await session.shotInBothThemes('env-01-form');
  });

  it('a generated secret and a hashed password go into the file, and everything else of it stays', async () => {
    await form.getByRole('button', { name: 'Generate TOKEN' }).click();
    await form.locator('#field-LAB_PASSWORD').fill('correct horse battery');
    await form.locator('#field-LAB_PASSWORD').press('Enter');
    await form.getByText('Hashed and in the file.').waitFor({ timeout: 30_000 });
    await session.shotInBothThemes('env-02-filled');
    await form.locator('#field-LAB_USER').fill('ada');
    // at once, before the form has handed over what was typed: it is saved all the same
    await form.locator('#field-LAB_USER').press('Control+S');
    await until('the file is saved', () => saved() !== ENV);
    const lines = saved().split('\r\n');
    const before = ENV.split('\r\n');
    assert.deepEqual(
      lines.map((line, i) =>
        line === before[i] ? '' : line.replace(/\$2a\$14\$[./A-Za-z0-9]{53}/, '(hash)').replace(/[A-Za-z0-9]{43}/, '(secret)'),
      ),
      ['', '', '', '', 'LAB_USER=ada # who may come in', '', "LAB_PASSWORD='(hash)'", '', 'export TOKEN="(secret)" # for scripts', ''],
    );
    assert.ok(!saved().includes('correct horse'));
  });

  it('undo takes back what the form did, and a change of the text shows in the form', async () => {
    const { workbench } = session;
    await workbench.tab('.env').click();
    await workbench.palette('Undo');
    await form.locator('#field-LAB_USER').and(form.locator('[aria-invalid=false]')).waitFor();
    await until('the user is as before', async () => (await form.locator('#field-LAB_USER').inputValue()) === 'student');
    await workbench.page.keyboard.press('Control+S');
    await until('the file is saved', () => saved().includes('LAB_USER=student # who may come in'));
    writeFileSync(file, saved().replace('lab.localhost', 'hub.localhost'));
    await until('the form shows it', async () => (await form.locator('#field-DOMAIN').inputValue()) === 'hub.localhost');
  });

  it('a button of the form opens the text again', async () => {
    const { workbench } = session;
    await workbench.page.locator('.editor-actions').getByRole('button', { name: 'Open as Text' }).click();
    await workbench.page.locator('.view-line', { hasText: 'hub.localhost' }).first().waitFor();
  });
});
