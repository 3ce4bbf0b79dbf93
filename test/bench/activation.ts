import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../editor/bed';
import { launchBrowser } from '../editor/browser';
import { startEditor } from '../editor/editor';
import { Workbench } from '../editor/workbench';
import { median, result, type BenchResult } from './harness';

const BUDGET_MS = 50;
const ENTRY_BUDGET_KIB = 200;
const ROUNDS = 3;
const SETTLE_MS = 3_000;
const EMPTY_VIEW = 'Nothing';

interface Activation {
  /** Milliseconds for reading and evaluating the entry file. */
  readonly load: number;
  /** Milliseconds of the call of activate(), up to its return. */
  readonly activate: number;
  /** Milliseconds until the promise of activate() was settled. */
  readonly finish: number;
  readonly total: number;
}

interface Round {
  readonly skylab: Activation;
  readonly empty: Activation;
}

/** Time that Skylab takes to start in a real extension host, as the editor's own report gives it, against the budget. */
export default async function bench(): Promise<BenchResult> {
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(await oneStart(round % 2 === 0 ? ['Skylab', EMPTY_VIEW] : [EMPTY_VIEW, 'Skylab']));
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const entryKiB = Math.round((statSync(path.join(root, 'dist/extension.js')).size / 1024) * 10) / 10;
  return result({
    bench: 'activation',
    unit: 'ms',
    ours: of(({ skylab }) => skylab.total),
    peer: BUDGET_MS,
    peerName: 'budget',
    limit: 1,
    loadMs: of(({ skylab }) => skylab.load),
    activateMs: of(({ skylab }) => skylab.activate),
    finishMs: of(({ skylab }) => skylab.finish),
    emptyExtensionMs: of(({ empty }) => empty.total),
    entryKiB,
    entryBudgetKiB: ENTRY_BUDGET_KIB,
    entryOk: entryKiB < ENTRY_BUDGET_KIB,
  });
}

async function oneStart(order: readonly string[]): Promise<Round> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'skylab-activation-'));
  const empty = emptyExtension(home);
  const [editor, browser] = await Promise.all([startEditor({ home, otherExtensions: [empty] }), launchBrowser()]);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1600 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const workbench = new Workbench(page, editor.base);
    await workbench.open(home);
    // The editor's own extensions start first: their work would be counted as ours.
    await page.waitForTimeout(SETTLE_MS);
    for (const view of order) {
      await workbench.openView(view);
      await page.waitForTimeout(SETTLE_MS);
    }
    await workbench.palette('Developer: Startup Performance');
    const lines = page.locator('.editor-instance .view-lines');
    await lines.getByText('System Info').first().waitFor();
    await lines.first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+C');
    const report = await page.evaluate<string>('navigator.clipboard.readText()');
    return { skylab: activationIn(report, 'skylab.skylab'), empty: activationIn(report, 'bench.empty') };
  } finally {
    await browser.close();
    await editor.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** An extension with one empty view: what the editor itself takes to start any extension at all, in the same window. */
function emptyExtension(home: string): string {
  const folder = path.join(home, 'bench.empty-1.0.0');
  mkdirSync(folder);
  const icon = 'icon.svg';
  const manifest = {
    ...{ name: 'empty', publisher: 'bench', version: '1.0.0', engines: { vscode: '^1.105.0' }, main: './main.js', activationEvents: [] },
    contributes: {
      viewsContainers: { activitybar: [{ id: 'bench', title: EMPTY_VIEW, icon }] },
      views: { bench: [{ id: 'bench.empty', name: EMPTY_VIEW, icon }] },
    },
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(folder, icon), '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"/>\n');
  writeFileSync(path.join(folder, 'main.js'), 'exports.activate = () => {};\n');
  return folder;
}

/** Reads an extension's row of the report's table: | extension | eager | load | call | finish | event | by |. */
function activationIn(report: string, id: string): Activation {
  const row = report.split('\n').find((line) => line.split('|')[1]?.trim() === id);
  const [load, activate, finish] = (row?.split('|').slice(3, 6) ?? []).map((cell) => Number.parseFloat(cell));
  if (load === undefined || activate === undefined || finish === undefined || [load, activate, finish].some(Number.isNaN)) {
    throw new Error(`The editor's start-up report has no row for ${id} that can be read: ${row ?? 'none'}`);
  }
  return { load, activate, finish, total: load + activate + finish };
}
