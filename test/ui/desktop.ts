// Runs test/ui/*.test.ts in a desktop VS Code: the one in $VSCODE_EXECUTABLE, else one that @vscode/test-electron downloads.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { root } from '../editor/bed';
import { bundleSuite, suiteEnvironment } from './bundle';

async function main(): Promise<number> {
  const vscodeExecutablePath = await desktopEditor();
  if (vscodeExecutablePath === undefined) return 0;
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'skylab-desktop-'));
  try {
    return await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: root,
      extensionTestsPath: await bundleSuite(),
      launchArgs: [scratch, '--disable-extensions', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes', '--disable-gpu'],
      extensionTestsEnv: { HOME: scratch, ...suiteEnvironment(process.argv.slice(2)) },
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The executable to test in; undefined, with the reason on record, where there can be none. */
async function desktopEditor(): Promise<string | undefined> {
  const own = process.env.VSCODE_EXECUTABLE;
  if (own) return path.resolve(own);
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    skipped('there is no display; where one can be emulated, run it under `xvfb-run -a`');
    return undefined;
  }
  try {
    return await downloadAndUnzipVSCode(process.env.VSCODE_VERSION ?? 'stable');
  } catch (error) {
    skipped(`VS Code cannot be downloaded (${error instanceof Error ? error.message : String(error)}); VSCODE_EXECUTABLE names one to use`);
    return undefined;
  }
}

/** Puts on record, in the reporter's format, that no test of this suite can run here. */
function skipped(reason: string): void {
  const file = process.env.SKYLAB_RESULTS;
  if (file) appendFileSync(file, `${JSON.stringify({ title: 'all tests', state: 'skipped', reason })}\n${JSON.stringify({ end: true })}\n`);
  else console.error(`skipped: ${reason}`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
