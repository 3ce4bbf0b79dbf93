import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { workbenchSession } from '../editor/session';

describe('a first look', function () {
  this.timeout(60_000);
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-smoke-'));
  writeFileSync(path.join(home, 'compose.yml'), 'services: {}\n');
  const session = workbenchSession({ home, folder: home, steps: true });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('the window opens on the folder', async () => {
    await session.workbench.openView('Explorer');
    await session.workbench.row('compose.yml').shown();
  });

  it('a terminal runs in the home folder given to the editor', async () => {
    await session.workbench.palette('Terminal: Create New Terminal');
    await session.workbench.page.locator('.terminal-wrapper.active .xterm-rows').waitFor();
    await session.workbench.typeInTerminal('echo "home is [$HOME]"');
    await session.workbench.page.locator('.terminal-wrapper.active .xterm-rows', { hasText: `home is [${home}]` }).waitFor();
    assert.match(await session.workbench.terminalText(), /home is \[/);
  });

  it('pictures can be taken in dark and light', async () => {
    await session.shotInBothThemes('smoke');
  });
});
