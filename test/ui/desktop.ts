// Runs test/ui/*.test.ts in a desktop VS Code: the one in $VSCODE_EXECUTABLE, else one that @vscode/test-electron downloads.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { root } from '../editor/bed';
import { bundleSuite, suiteEnvironment } from './bundle';

async function main(): Promise<number> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'skylab-desktop-'));
  const own = process.env.VSCODE_EXECUTABLE;
  try {
    return await runTests({
      ...(own ? { vscodeExecutablePath: path.resolve(own) } : { version: process.env.VSCODE_VERSION ?? 'stable' }),
      extensionDevelopmentPath: root,
      extensionTestsPath: await bundleSuite(),
      launchArgs: [scratch, '--disable-extensions', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes', '--disable-gpu'],
      extensionTestsEnv: { HOME: scratch, ...suiteEnvironment(process.argv.slice(2)) },
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
