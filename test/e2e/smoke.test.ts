import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../editor/bed';
import { workbenchSession } from '../editor/session';
import { skip } from '../support/skip';

describe('a first look', function () {
  this.timeout(60_000);
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-smoke-'));
  const folder = path.join(home, 'lab');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'compose.yml'), 'services: {}\n');
  const session = workbenchSession({ home, folder, steps: true });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('the window opens on the folder', async () => {
    await session.workbench.openView('Explorer');
    await session.workbench.row('compose.yml').shown();
  });

  it('the Skylab icon opens an empty view that says how to begin', async function () {
    const { contributes } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { contributes: object };
    if (!('viewsContainers' in contributes)) skip(this, 'the extension contributes no view yet');
    await session.workbench.openView('Skylab');
    await session.workbench.welcome.getByRole('button', { name: 'Add a cloud account' }).waitFor();
    await session.shotInBothThemes('empty');
  });

  it('a terminal runs in the home folder given to the editor', async () => {
    await session.workbench.palette('Terminal: Create New Terminal');
    const terminal = session.workbench.page.locator('.terminal-wrapper.active .xterm-rows');
    await terminal.waitFor();
    await session.workbench.typeInTerminal('echo "home is [$HOME]"');
    await terminal.filter({ hasText: `home is [${home}]` }).waitFor();
    assert.match(await session.workbench.terminalText(), /home is \[\//);
  });
});
