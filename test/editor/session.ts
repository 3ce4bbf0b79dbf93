import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { skip } from '../support/skip';
import { root } from './bed';
import { launchBrowser } from './browser';
import { startEditor, type Editor, type EditorOptions } from './editor';
import { Workbench } from './workbench';

export interface SessionOptions extends EditorOptions {
  /** Folder to open; an empty window when absent. */
  readonly folder?: string;
  /** The tests are steps of one way through the workbench: after a failure the rest is skipped. */
  readonly steps?: boolean;
  /** Size of the window in pixels. */
  readonly viewport?: { readonly width: number; readonly height: number };
}

export interface Session {
  readonly workbench: Workbench;
  readonly editor: Editor;
  /** Saves the window as out/shots/<name>.png and returns the file. */
  shot(name: string): Promise<string>;
  /** The same in a dark and in a light theme; the dark one stays. */
  shotInBothThemes(name: string): Promise<void>;
}

const ACTION_LIMIT_MS = 15_000;
/** Webviews get the theme's colors in a message of their own, a moment after the window has them. */
const THEME_REACHES_WEBVIEWS_MS = 400;

/**
 * Runs in every frame: code-server's own service worker covers the whole address, so a webview's frame may take its arrival for that of
 * the webview's own worker, waits for an answer that never comes, and stays empty. Nothing in the editor needs it.
 */
function leaveOutServersWorker(): void {
  const workers = (globalThis as { navigator?: { serviceWorker?: { register(url: string | URL, options?: object): Promise<unknown> } } })
    .navigator?.serviceWorker;
  if (!workers) return;
  const register = workers.register.bind(workers);
  workers.register = (url, options) =>
    String(url).includes('/out/browser/serviceWorker') ? Promise.reject(new Error('left out in tests')) : register(url, options);
}

/**
 * Gives a describe block an editor with a browser window in it: started before its first test and ended after its last.
 * When a test fails, out/failures/<test>/ gets a screenshot, the editor's logs and a trace of all that was done.
 * @param options fixed ones, or a function for those that exist only once earlier hooks have run
 */
export function workbenchSession(options: SessionOptions | (() => SessionOptions | Promise<SessionOptions>)): Session {
  let started: { workbench: Workbench; editor: Editor; browser: Browser; context: BrowserContext; steps: boolean } | undefined;
  let failedStep: string | undefined;

  before(async function () {
    this.timeout(120_000);
    const chosen = typeof options === 'function' ? await options() : options;
    const [editor, browser] = await Promise.all([startEditor(chosen), launchBrowser()]);
    const context = await browser.newContext({ viewport: chosen.viewport ?? { width: 1280, height: 800 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await context.tracing.start({ screenshots: true, snapshots: true });
    await context.addInitScript(leaveOutServersWorker);
    const page = await context.newPage();
    page.setDefaultTimeout(ACTION_LIMIT_MS);
    const workbench = new Workbench(page, editor.base);
    started = { workbench, editor, browser, context, steps: chosen.steps ?? false };
    await workbench.open(chosen.folder);
  });

  beforeEach(function () {
    if (started?.steps && failedStep) skip(this, `an earlier step failed: ${failedStep}`);
  });

  afterEach(async function () {
    this.timeout(60_000);
    const test = this.currentTest;
    if (test?.state !== 'failed' || !started) return;
    failedStep ??= test.title;
    const dir = path.join(
      root,
      'out/failures',
      test
        .titlePath()
        .join(' - ')
        .replaceAll(/[^\w.-]+/g, '-')
        .slice(0, 150),
    );
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    await started.workbench.page.screenshot({ path: path.join(dir, 'window.png') }).catch(() => undefined);
    await started.context.tracing.stop({ path: path.join(dir, 'trace.zip') }).catch(() => undefined);
    await started.context.tracing.start({ screenshots: true, snapshots: true }).catch(() => undefined);
    started.editor.saveLogs(dir);
    console.error(`      kept for you: ${path.relative(root, dir)}`);
  });

  after(async function () {
    this.timeout(30_000);
    await started?.browser.close();
    await started?.editor.stop();
  });

  const running = (): NonNullable<typeof started> => {
    if (!started) throw new Error('The editor has not been started: use the session inside a test or a later hook.');
    return started;
  };
  const session: Session = {
    get workbench() {
      return running().workbench;
    },
    get editor() {
      return running().editor;
    },
    async shot(name) {
      const file = path.join(root, 'out/shots', `${name}.png`);
      mkdirSync(path.dirname(file), { recursive: true });
      await running().workbench.page.screenshot({ path: file });
      return file;
    },
    async shotInBothThemes(name) {
      const { page } = running().workbench;
      await session.shot(`${name}-dark`);
      await running().workbench.toggleTheme('light');
      await page.waitForTimeout(THEME_REACHES_WEBVIEWS_MS);
      await session.shot(`${name}-light`);
      await running().workbench.toggleTheme('dark');
      await page.waitForTimeout(THEME_REACHES_WEBVIEWS_MS);
    },
  };
  return session;
}
