import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from '../editor/bed';

const OUT = path.join(root, 'out/ui');

/**
 * Bundles the suite for the extension host, which loads plain CommonJS.
 * @returns the module that the editor loads
 */
export async function bundleSuite(): Promise<string> {
  rmSync(OUT, { recursive: true, force: true });
  const sources = readdirSync(__dirname).filter((file) => file === 'index.ts' || file.endsWith('.test.ts'));
  await build({
    entryPoints: sources.map((file) => path.join(__dirname, file)),
    outdir: OUT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha', 'ssh2', 'cpu-features'],
    logLevel: 'warning',
  });
  return path.join(OUT, 'index.js');
}

/** What the suite inside the host needs to know: the reporter, where results go, and mocha's `-g`. */
export function suiteEnvironment(args: readonly string[]): Record<string, string> {
  const at = args.findIndex((arg) => ['-g', '--grep', '-f', '--fgrep'].includes(arg));
  const grep = at >= 0 ? args[at + 1] : undefined;
  return {
    SKYLAB_REPORTER: path.join(root, 'test/setup/reporter.cjs'),
    ...(process.env.SKYLAB_RESULTS ? { SKYLAB_RESULTS: process.env.SKYLAB_RESULTS } : {}),
    ...(grep ? { SKYLAB_GREP: grep } : {}),
  };
}
