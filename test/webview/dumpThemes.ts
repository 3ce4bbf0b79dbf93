// Writes test/fixtures/themes.json: the CSS variables that the editor gives to its webviews, by theme. Run it when the test editor's
// version changes: npx tsx test/webview/dumpThemes.ts
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { root } from '../editor/bed';
import { launchBrowser } from '../editor/browser';
import { startEditor } from '../editor/editor';
import { Workbench } from '../editor/workbench';
import type { Theme, ThemeName } from './themes';

const THEMES: Readonly<Record<ThemeName, string>> = { dark: 'Dark Modern', light: 'Light Modern', contrast: 'Default High Contrast' };

/** Evaluated in the webview's page. */
const READ = `({
  bodyClass: [...document.body.classList].filter((name) => name.startsWith('vscode-')).join(' '),
  variables: Object.fromEntries([...document.documentElement.style].filter((name) => name.startsWith('--vscode-'))
    .map((name) => [name, document.documentElement.style.getPropertyValue(name).trim()])),
})`;

async function main(): Promise<void> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-themes-'));
  writeFileSync(path.join(home, 'page.md'), '# Page\n');
  const browser = await launchBrowser();
  const found: Partial<Record<ThemeName, Theme>> = {};
  try {
    for (const [name, theme] of Object.entries(THEMES) as [ThemeName, string][]) {
      const editor = await startEditor({ home, extension: 'none', settings: { 'workbench.colorTheme': theme } });
      try {
        const page = await browser.newPage();
        const workbench = new Workbench(page, editor.base);
        await workbench.open(home);
        await workbench.openView('Explorer');
        await workbench.row('page.md').click();
        await workbench.palette('Markdown: Open Preview');
        const frame: Frame = await workbench.webview('Preview page.md');
        found[name] = await frame.evaluate<Theme>(READ);
        await page.close();
      } finally {
        await editor.stop();
      }
    }
  } finally {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  }
  writeFileSync(path.join(root, 'test/fixtures/themes.json'), `${JSON.stringify(found, null, 1)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
