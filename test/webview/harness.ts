import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { root } from '../editor/bed';
import { launchBrowser } from '../editor/browser';
import { pageHtml } from '../../src/ui/webviews/html';
import { theme, type ThemeName } from './themes';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export interface WebviewPage {
  readonly page: Page;
  /** Every message that the page has sent to its host so far. */
  readonly posted: readonly unknown[];
  /** Delivers a message to the page, as the host's webview.postMessage does. */
  send(message: unknown): Promise<void>;
  /** Waits for a message from the page that fits, from those sent already on. */
  message<T>(fits: (message: T) => boolean, timeoutMs?: number): Promise<T>;
  /** Loads the page anew, as the editor does when a hidden tab is shown again: what it kept survives, nothing else. */
  reshow(): Promise<void>;
  /** Errors of scripts and violations of the page's security policy so far. */
  readonly problems: readonly string[];
  /** What axe finds wrong, one line for each rule: id, impact and places. */
  violations(): Promise<string[]>;
  /** Saves a picture as out/shots/<name>.png. */
  shot(name: string): Promise<void>;
}

export interface WebviewOptions {
  /** Name of the bundle: dist/webview/<bundle>.js. */
  readonly bundle: string;
  readonly theme?: ThemeName;
  /** What vscode.getState() gives: the state of an earlier life of the page. */
  readonly state?: unknown;
  /** Answers a message of the page at once, as the host would; what it returns is delivered to the page. */
  readonly host?: (message: unknown) => unknown;
  readonly viewport?: { readonly width: number; readonly height: number };
}

interface WebviewHarness {
  open(options: WebviewOptions): Promise<WebviewPage>;
}

/** Gives a describe block a browser that shows webviews on their own, with the host's part played by the test. */
export function webviewHarness(): WebviewHarness {
  let browser: Browser | undefined;
  let server: Server | undefined;
  let pages: WebviewPage[] = [];

  before(async function () {
    this.timeout(60_000);
    [browser, server] = await Promise.all([launchBrowser(), serveBundles()]);
  });

  afterEach(async function () {
    const test = this.currentTest;
    for (const { page } of pages) {
      if (test?.state === 'failed') {
        const dir = path.join(
          root,
          'out/failures',
          test
            .titlePath()
            .join(' - ')
            .replaceAll(/[^\w.-]+/g, '-')
            .slice(0, 150),
        );
        mkdirSync(dir, { recursive: true });
        await page.screenshot({ path: path.join(dir, 'page.png'), fullPage: true }).catch(() => undefined);
        console.error(`      kept for you: ${path.relative(root, dir)}`);
      }
      await page.context().close();
    }
    pages = [];
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  return {
    async open(options) {
      if (!browser || !server) throw new Error('The browser has not been started: open a webview inside a test.');
      const opened = await openPage(browser, server, options);
      pages.push(opened);
      return opened;
    },
  };
}

/** The same outside of tests: who opens it closes it. */
export async function openBrowser(): Promise<WebviewHarness & { close(): Promise<void> }> {
  const [browser, server] = await Promise.all([launchBrowser(), serveBundles()]);
  return {
    open: (options) => openPage(browser, server, options),
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function openPage(browser: Browser, server: Server, options: WebviewOptions): Promise<WebviewPage> {
  const context = await browser.newContext({ viewport: options.viewport ?? { width: 900, height: 1100 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(5_000);
  const posted: unknown[] = [];
  const waiting = new Set<() => void>();
  const send = async (message: unknown): Promise<void> => {
    await page.evaluate(`window.dispatchEvent(new MessageEvent('message', { data: ${JSON.stringify(message)} }))`);
  };
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error') problems.push(line.text());
  });
  await page.exposeFunction('skylabHostReceives', async (message: unknown) => {
    posted.push(message);
    for (const check of waiting) check();
    const answer = await options.host?.(message);
    if (answer !== undefined) await send(answer);
  });
  await page.addInitScript(likeTheEditor(options));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('The server of the bundles has no port.');
  const origin = `http://127.0.0.1:${address.port}`;
  const body = pageHtml({ title: options.bundle, scriptUri: `${origin}/${options.bundle}.js`, cspSource: origin, nonce: 'of-the-test' });
  await page.route('**/page.html', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`${origin}/page.html`);
  if (problems[0]) throw new Error(`${options.bundle}.js fails when it is loaded: ${problems[0]}`);

  return {
    page,
    posted,
    send,
    message<T>(fits: (message: T) => boolean, timeoutMs = 5_000): Promise<T> {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const found = (posted as T[]).find(fits);
          if (found === undefined) return;
          waiting.delete(check);
          clearTimeout(limit);
          resolve(found);
        };
        const limit = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`The page sent no such message within ${timeoutMs / 1000} s; it sent: ${JSON.stringify(posted)}`));
        }, timeoutMs);
        waiting.add(check);
        check();
      });
    },
    problems,
    async reshow() {
      await page.reload();
    },
    async violations() {
      await page.evaluate(AXE);
      const found = await page.evaluate<{
        violations: { id: string; impact: string; nodes: { target: string[] }[] }[];
      }>("window.axe.run(document, { resultTypes: ['violations'] })");
      return found.violations.map(
        ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
      );
    },
    async shot(name) {
      mkdirSync(path.join(root, 'out/shots'), { recursive: true });
      await page.screenshot({ path: path.join(root, 'out/shots', `${name}.png`), fullPage: true });
    },
  };
}

/** What the editor does around an extension's document: its API, the theme's variables on the root, its class on the body, its default style. */
function likeTheEditor({ theme: name = 'dark', state }: WebviewOptions): string {
  const { bodyClass, variables } = theme(name);
  const style = `html { background: var(--vscode-editor-background); }
    @layer vscode-default { body { color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
      font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; } }`;
  return `
    const first = ${JSON.stringify(JSON.stringify(state ?? null))};
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => { void window.skylabHostReceives(structuredClone(message)); },
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? first) ?? undefined,
      setState: (next) => sessionStorage.setItem('state', JSON.stringify(next ?? null)),
    });
    document.addEventListener('DOMContentLoaded', () => {
      for (const [name, value] of Object.entries(${JSON.stringify(variables)})) document.documentElement.style.setProperty(name, value);
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(${JSON.stringify(style)});
      document.adoptedStyleSheets = [sheet];
      document.body.className = ${JSON.stringify(bodyClass)};
    });`;
}

function serveBundles(): Promise<Server> {
  const server = createServer((request, response) => {
    const name = path.posix.normalize(new URL(request.url ?? '/', 'http://host').pathname);
    try {
      const content = readFileSync(path.join(root, 'dist/webview', name));
      response.writeHead(200, { 'content-type': name.endsWith('.js') ? 'text/javascript' : 'application/octet-stream' }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
