#!/usr/bin/env node
// Stands in for the desktop `code` executable where there is no desktop: takes the arguments that @vscode/test-electron passes
// and runs the suite in the extension host of the test editor. Use it as VSCODE_EXECUTABLE.
import { resolve } from 'node:path';
import { require as loadTypeScript } from 'tsx/cjs/api';

const { runInExtensionHost } = loadTypeScript('./exthost.ts', import.meta.url);

const options = new Map();
const free = [];
for (const argument of process.argv.slice(2)) {
  const option = /^--([\w-]+)(?:=(.*))?$/.exec(argument);
  if (option) options.set(option[1], option[2] ?? true);
  else free.push(argument);
}
const extensionPath = options.get('extensionDevelopmentPath');
const testsPath = options.get('extensionTestsPath');
if (typeof extensionPath !== 'string' || typeof testsPath !== 'string') {
  console.error('code-shim only runs extension tests: it needs --extensionDevelopmentPath= and --extensionTestsPath=');
  process.exit(64);
}
process.exitCode = await runInExtensionHost({
  extensionPath: resolve(extensionPath),
  testsPath: resolve(testsPath),
  ...(free[0] ? { workspace: resolve(free[0]) } : {}),
  verbose: process.env.SKYLAB_VERBOSE === '1',
});
