import { format } from 'node:util';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser';
import { startEditor, type Editor } from './editor';

export interface HostRun {
  /** Folder of the extension under test; loaded as an extension in development. */
  readonly extensionPath: string;
  /** Module that exports `run(): Promise<void>`, loaded inside the extension host. */
  readonly testsPath: string;
  /** Folder or .code-workspace to open; none gives an empty window. */
  readonly workspace?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: string;
  readonly limitMs?: number;
  /** Folder that gets a screenshot and the editor's logs when the run fails. */
  readonly failureDir?: string;
  readonly verbose?: boolean;
}

/** Exit codes beside those of the suite itself (0 passed, 1 failed). */
const NO_RESULT = 71;
const HOST_DIED = 72;
const HOST_END = /Extension Host Process exited with code: (\w+), signal: (\w+)/;
/** Lines of the workbench itself that arrive mixed with the extension host's console. */
export const TEST_LINE = '[mocha] ';

/**
 * Runs a test module inside the extension host of a real workbench, in a headless browser.
 * The workbench honors the test payload only with the smoke-test driver, which also keeps notifications from showing.
 * @returns the exit code of the run
 */
export async function runInExtensionHost(run: HostRun): Promise<number> {
  const editor = await startEditor({
    extension: 'none',
    args: ['--vscode-option', 'enable-smoke-test-driver'],
    ...(run.env ? { extraEnv: run.env } : {}),
    ...(run.home ? { home: run.home } : {}),
    ...(run.verbose ? { log: (line: string) => process.stderr.write(`[server] ${line}\n`) } : {}),
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const code = await suiteResult(page, editor, run);
    if (code !== 0 && run.failureDir) {
      mkdirSync(run.failureDir, { recursive: true });
      await page.screenshot({ path: path.join(run.failureDir, 'workbench.png') }).catch(() => undefined);
      editor.saveLogs(run.failureDir);
    }
    return code;
  } finally {
    await browser.close().catch(() => undefined);
    await editor.stop();
  }
}

async function suiteResult(page: Page, editor: Editor, run: HostRun): Promise<number> {
  let limit: NodeJS.Timeout | undefined;
  const ended = new Promise<number>((resolve, reject) => {
    // Both functions must exist before the workbench loads: it calls them with console lines and with the result.
    const exposed = Promise.all([
      page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => show(type, format(...args), run.verbose ?? false)),
      page.exposeFunction('codeAutomationExit', (code: number) => resolve(code)),
    ]);
    page.on('crash', () => reject(new Error('The page of the workbench crashed.')));
    void editor.exited.then((code) => reject(new Error(`The editor's server ended with ${String(code)}:\n${editor.output()}`)));
    const limitMs = run.limitMs ?? 120_000;
    limit = setTimeout(() => reject(new Error(`The suite gave no result within ${limitMs / 1000} s.`)), limitMs);
    exposed.then(() => page.goto(workbenchAddress(editor, run))).catch(reject);
  });
  try {
    const code = await ended;
    return code === 0 && !(await hostEndedWell(editor)) ? HOST_DIED : code;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return NO_RESULT;
  } finally {
    clearTimeout(limit);
  }
}

function workbenchAddress(editor: Editor, { extensionPath, testsPath, workspace }: HostRun): string {
  const remote = (file: string): string => `vscode-remote://127.0.0.1:${editor.port}${encodeURI(file)}`;
  const payload = [
    ['extensionDevelopmentPath', remote(extensionPath)],
    ['extensionTestsPath', remote(testsPath)],
    ['skipWelcome', 'true'],
  ];
  const opened = workspace
    ? `${workspace.endsWith('.code-workspace') ? 'workspace' : 'folder'}=${encodeURIComponent(workspace)}`
    : 'ew=true';
  return `${editor.base}/?${opened}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

/** The page is told 0 also when the extension host died; the server's own line says how it really ended. */
async function hostEndedWell(editor: Editor): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const end = HOST_END.exec(editor.output());
    if (end) {
      if (end[1] === '0' && end[2] === 'null') return true;
      console.error(`The extension host died: ${end[0]}`);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.error('The extension host has not been seen to end.');
  return false;
}

function show(type: string, line: string, verbose: boolean): void {
  if (line.startsWith(TEST_LINE)) console.log(line.slice(TEST_LINE.length));
  else if (verbose || type === 'error') console.error(`[${type}] ${line}`);
}
