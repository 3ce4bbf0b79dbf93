import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../editor/bed';
import { result, type BenchResult } from './harness';

const VSIX_BUDGET_KIB = 3 * 1024;
const ENTRY_BUDGET_KIB = 200;

/** Size of the packed extension, and of the code that the editor reads when it starts Skylab, against their budgets. */
export default async function bench(): Promise<BenchResult> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'skylab-package-'));
  try {
    const vsix = path.join(scratch, 'skylab.vsix');
    const args = ['package', '--no-dependencies', '--allow-missing-repository', '--out', vsix];
    await promisify(execFile)(path.join(root, 'node_modules/.bin/vsce'), args, { cwd: root });
    const kib = (file: string): number => statSync(file).size / 1024;
    const entry = kib(path.join(root, 'dist/extension.js'));
    return result({
      bench: 'package',
      unit: 'KiB',
      ours: kib(vsix),
      peer: VSIX_BUDGET_KIB,
      peerName: 'budget',
      limit: 1,
      entryKiB: Math.round(entry * 10) / 10,
      entryBudgetKiB: ENTRY_BUDGET_KIB,
      entryOk: entry < ENTRY_BUDGET_KIB,
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
