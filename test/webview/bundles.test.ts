import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../editor/bed';
import { webviewHarness } from './harness';
import type { ThemeName } from './themes';

describe('the webviews', function () {
  this.timeout(20_000);
  const harness = webviewHarness();
  const bundles = readdirSync(path.join(root, 'dist/webview'))
    .filter((file) => file.endsWith('.js') && !/^\d/.test(file))
    .map((file) => path.basename(file, '.js'));

  it('have a bundle each', () => assert.ok(bundles.length > 0));

  for (const theme of ['dark', 'light', 'contrast'] satisfies ThemeName[]) {
    for (const bundle of bundles) {
      it(`${bundle} loads in the ${theme} theme without an error`, async () => {
        const webview = await harness.open({ bundle, theme });
        const color = await webview.page.evaluate<string>("getComputedStyle(document.body).getPropertyValue('--vscode-editor-background')");
        assert.match(color, /^(#|rgb)/, "the theme's own colors are there");
      });
    }
  }
});
