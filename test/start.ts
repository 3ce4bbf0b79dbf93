// npm start: the editor with Skylab in it, beside a practice cloud, on a sample lab. Everything it keeps is under the cache folder.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from './editor/bed';
import { freePort, startEditor, type Editor } from './editor/editor';
import { startPracticeCloud, type PracticeCloud } from './practice-cloud/cloud';
import { cacheDir } from './setup/cache.mjs';

const EDITOR_PORT = 8680;
const CLOUD_PORT = 5600;
const SAMPLE = path.join(root, 'test/fixtures/sample-lab');

interface Running {
  editor?: Editor;
  cloud?: PracticeCloud;
}

async function main(args: readonly string[]): Promise<number> {
  // The editor's home, its settings and the sample lab outlive a run.
  const base = cacheDir('playground');
  if (args.includes('--fresh')) rmSync(base, { recursive: true, force: true });
  const home = path.join(base, 'home');
  // The lab is a folder in the one that is opened, so that it can be right-clicked.
  const labs = path.join(home, 'labs');
  const lab = path.join(labs, 'sample-lab');
  mkdirSync(home, { recursive: true });
  if (!existsSync(lab)) cpSync(SAMPLE, lab, { recursive: true });

  const running: Running = {};
  const asked = stopSignal();
  try {
    const stopped = await Promise.race([startAll(running, base, home, labs).then(() => false), asked.then(() => true)]);
    if (stopped || !running.editor || !running.cloud) return 130;
    console.log(box([running.editor.base]));
    console.log(`The sample lab is ${lab}; what you change there stays. \`npm start -- --fresh\` begins anew.`);
    console.log(`The editor's home folder is ${home}, so your own ~/.ssh stays untouched.`);
    console.log(`The practice cloud answers at ${running.cloud.endpoint}. Ctrl-C ends everything, and a second one does not wait.`);
    const ended = await Promise.race([asked.then(() => undefined), running.editor.exited]);
    if (ended === undefined) return 0;
    console.error(`The editor's server ended by itself with ${ended}:\n${running.editor.output()}`);
    return 1;
  } finally {
    console.log('stopping the editor and the practice cloud …');
    await Promise.all([running.editor?.stop(), running.cloud?.stop()]);
    console.log('stopped');
  }
}

async function startAll(running: Running, base: string, home: string, labs: string): Promise<void> {
  console.log('starting the practice cloud …');
  const cloud = await startPracticeCloud({ port: await portOr(CLOUD_PORT), webPorts: true, log: (line) => console.log(`cloud: ${line}`) });
  running.cloud = cloud;
  console.log('starting the editor …');
  running.editor = await startEditor({
    port: await portOr(EDITOR_PORT),
    home,
    userDataDir: path.join(base, 'editor'),
    args: [labs],
    endOnSignals: false,
    settings: { 'skylab.practiceCloud.endpoint': cloud.endpoint, 'skylab.publicAddressUrl': cloud.checkAddressUrl },
  });
}

/** Resolves at the first signal; the second ends this process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve();
      });
    }
  });
}

/** The fixed port, so that the address can be bookmarked, or a free one when something else has it. */
async function portOr(wanted: number): Promise<number> {
  return (await freePort(wanted).catch(() => undefined)) ?? freePort();
}

function box(lines: readonly string[]): string {
  const width = Math.max(...lines.map((line) => line.length)) + 2;
  return ['', `╭${'─'.repeat(width)}╮`, ...lines.map((line) => `│ ${line.padEnd(width - 1)}│`), `╰${'─'.repeat(width)}╯`, ''].join('\n');
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
