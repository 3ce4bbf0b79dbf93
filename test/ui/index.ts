import { readdirSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

/** Called by the editor inside the extension host; a rejection is exit code 1. Runs bundled, from out/ui. */
export async function run(): Promise<void> {
  // The workbench passes the host's console on with its own lines mixed in: a prefix tells the tests' lines from them.
  const say = (...args: unknown[]): void => {
    for (const line of format(...args).split('\n')) console.log(`[mocha] ${line}`);
  };
  Object.assign(Mocha.reporters.Base, { consoleLog: say });
  const grep = process.env.SKYLAB_GREP;
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 20_000,
    color: false,
    reporter: process.env.SKYLAB_REPORTER ?? 'spec',
    ...(grep ? { grep } : {}),
  });
  for (const file of readdirSync(__dirname).sort()) if (file.endsWith('.test.js')) mocha.addFile(path.join(__dirname, file));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed`);
}
