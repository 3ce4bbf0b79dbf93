import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Account } from '../../src/core/cloud/model';
import type { PanelContext } from '../../src/ui/webviews/webviewHost';
import { LaunchPanel } from '../../src/ui/webviews/launchPanel';

const EXTENSION = 'skylab.skylab';
const account: Account = { kind: 'keys', id: 'a', name: 'phys-dept', region: 'us-east-1' };

const pages = (): readonly vscode.Tab[] =>
  vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => tab.input instanceof vscode.TabInputWebview);

async function until(met: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !met(); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(met());
}

describe('the launch form in the editor', () => {
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  /** A cloud that takes its time; what its requests were told to do about it is remembered. */
  function context(): { panel: PanelContext; asked: AbortSignal[] } {
    const asked: AbortSignal[] = [];
    const refresh = (_account: Account, signal: AbortSignal): Promise<never> => {
      asked.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    };
    const services = {
      accounts: { list: () => [account] },
      prices: () => Promise.resolve(undefined),
      launchCatalog: () => Promise.resolve({ known: () => Promise.resolve(undefined), refresh }),
    };
    const extensionUri = vscode.extensions.getExtension(EXTENSION)?.extensionUri;
    assert.ok(extensionUri);
    const errors = { run: async (act: () => unknown) => Promise.resolve(act()) };
    return { panel: { services, settings: { costWarnPerDay: 0 }, extensionUri, errors, documents: {} } as unknown as PanelContext, asked };
  }

  it('opens once, however often it is asked for', async () => {
    const { panel, asked } = context();
    LaunchPanel.show(panel);
    LaunchPanel.show(panel, { accountId: 'a' });
    await until(() => pages().length > 0 && asked.length > 0);
    assert.deepEqual(
      pages().map((tab) => tab.label),
      ['Launch a machine'],
    );
    assert.equal(asked.length, 1);
  });

  it('stops asking the cloud when its tab is closed, and opens anew afterwards', async () => {
    const { panel, asked } = context();
    LaunchPanel.show(panel);
    await until(() => asked.length === 1 && pages().length === 1);
    await vscode.window.tabGroups.close([...pages()]);
    await until(() => asked[0]?.aborted === true);
    LaunchPanel.show(panel);
    await until(() => asked.length === 2 && pages().length === 1);
  });
});
