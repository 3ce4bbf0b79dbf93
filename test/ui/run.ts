// Runs test/ui/*.test.ts inside the extension host of the test editor.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../editor/bed';
import { runInExtensionHost } from '../editor/exthost';
import { bundleSuite, suiteEnvironment } from './bundle';

async function main(): Promise<number> {
  const testsPath = await bundleSuite();
  // A home and a folder of its own: Skylab writes ~/.ssh, and tests may write files.
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'skylab-ui-'));
  try {
    return await runInExtensionHost({
      extensionPath: root,
      testsPath,
      workspace: scratch,
      home: scratch,
      env: suiteEnvironment(process.argv.slice(2)),
      failureDir: path.join(root, 'out/failures/ui'),
      verbose: process.env.SKYLAB_VERBOSE === '1',
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(70);
  },
);
