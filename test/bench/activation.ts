import { statSync } from 'node:fs';
import path from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { root } from '../editor/bed';
import { launchBrowser } from '../editor/browser';
import { startEditor } from '../editor/editor';
import { Workbench } from '../editor/workbench';
import { median, result, type BenchResult } from './harness';

const BUDGET_MS = 50;
const ENTRY_BUDGET_KIB = 200;
const ROUNDS = 3;

interface Activation {
  /** Milliseconds for reading and evaluating the entry file. */
  readonly load: number;
  /** Milliseconds of the call of activate(), up to its return. */
  readonly activate: number;
  /** Milliseconds until the promise of activate() was settled. */
  readonly finish: number;
}

/** Time that Skylab takes to start in a real extension host, as the editor's own report gives it, against the budget. */
export default async function bench(): Promise<BenchResult> {
  const rounds: Activation[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await oneStart());
  const of = (pick: (activation: Activation) => number): number => median(rounds.map(pick));
  const entryKiB = Math.round((statSync(path.join(root, 'dist/extension.js')).size / 1024) * 10) / 10;
  return result({
    bench: 'activation',
    unit: 'ms',
    ours: of(({ load, activate, finish }) => load + activate + finish),
    peer: BUDGET_MS,
    peerName: 'budget',
    limit: 1,
    loadMs: of(({ load }) => load),
    activateMs: of(({ activate }) => activate),
    finishMs: of(({ finish }) => finish),
    entryKiB,
    entryBudgetKiB: ENTRY_BUDGET_KIB,
    entryOk: entryKiB < ENTRY_BUDGET_KIB,
  });
}

async function oneStart(): Promise<Activation> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-activation-'));
  const [editor, browser] = await Promise.all([startEditor({ home }), launchBrowser()]);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1600 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const workbench = new Workbench(page, editor.base);
    await workbench.open(home);
    await workbench.openView('Skylab');
    // The report knows only extensions that have started by then.
    await page.waitForTimeout(1_500);
    await workbench.palette('Developer: Startup Performance');
    const lines = page.locator('.editor-instance .view-lines');
    await lines.getByText('System Info').first().waitFor();
    await lines.first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+C');
    return activationIn(String(await page.evaluate('navigator.clipboard.readText()')));
  } finally {
    await browser.close();
    await editor.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Reads Skylab's row of the report's table: | extension | eager | load | call | finish | event | by |. */
function activationIn(report: string): Activation {
  const row = report.split('\n').find((line) => /^\|\s*skylab\.skylab\s*\|/i.test(line));
  const [load, activate, finish] = (row?.split('|').slice(3, 6) ?? []).map((cell) => Number.parseFloat(cell));
  if (load === undefined || activate === undefined || finish === undefined || [load, activate, finish].some(Number.isNaN)) {
    throw new Error(`The editor's start-up report has no row for Skylab that can be read: ${row ?? 'none'}`);
  }
  return { load, activate, finish };
}
