import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { pageHtml } from '../../../src/ui/webviews/html';

export type Theme = 'dark' | 'light' | 'hc-dark' | 'hc-light';

const root = path.resolve(__dirname, '../../..');
const ORIGIN = 'http://webview.invalid';

/** Chromium: the one in $CHROMIUM (which the test runner sets), else Debian's. */
export async function launchChromium(): Promise<Browser> {
  // Chromium's own sandbox does not start as root, which is what containers and CI machines run as; the pages are ours.
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
}

export interface WebviewPage {
  readonly page: Page;
  /** What the extension would send to the page. */
  send(message: object): Promise<void>;
  /** What the page has posted so far, oldest first. */
  posted<T = Record<string, unknown>>(type?: string): Promise<T[]>;
  /** Errors and CSP violations seen. */
  readonly errors: readonly string[];
  /** Loads the page anew as the editor does when a hidden tab is shown: the kept state survives, nothing else. */
  reshow(): Promise<void>;
  close(): Promise<void>;
}

/** Opens dist/webview/<name>.js in a page like the editor's: its document, policy, theme variables and API, and no network. */
export async function openWebview(
  browser: Browser,
  name: 'launch' | 'deploy',
  options: { theme?: Theme; width?: number; height?: number } = {},
): Promise<WebviewPage> {
  const { theme = 'dark', width = 1100, height = 900 } = options;
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(5_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  const document = pageHtml({ title: name, scriptUri: `${ORIGIN}/${name}.js`, cspSource: ORIGIN, nonce: 'n0nce' });
  await context.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: document });
    if (pathname === `/${name}.js`) return route.fulfill({ path: path.join(root, 'dist/webview', `${name}.js`) });
    return route.abort();
  });
  const frame = readFileSync(path.join(__dirname, 'editorFrame.js'), 'utf8');
  await page.addInitScript(`const THEME = ${JSON.stringify(themeOf(theme))};\n${frame}`);
  await page.goto(`${ORIGIN}/`);
  return {
    page,
    errors,
    send: (message) => page.evaluate((data) => (globalThis as unknown as Fake).postMessage(data, '*'), message),
    posted: async <T>(type?: string) => {
      const all = await page.evaluate(() => (globalThis as unknown as Fake).posted);
      return all.filter((message) => type === undefined || message.type === type) as T[];
    },
    reshow: async () => {
      await page.reload();
    },
    close: () => context.close(),
  };
}

interface Fake {
  posted: { type: string }[];
  postMessage(data: unknown, origin: string): void;
}

function themeOf(theme: Theme): { bodyClass: string; variables: Record<string, string>; css: string } {
  const folder = path.join(root, 'test/fixtures/themes');
  const { bodyClass, variables } = JSON.parse(readFileSync(path.join(folder, `${theme}.json`), 'utf8')) as {
    bodyClass: string;
    variables: Record<string, string>;
  };
  return { bodyClass, variables, css: readFileSync(path.join(folder, 'defaults.css'), 'utf8') };
}
