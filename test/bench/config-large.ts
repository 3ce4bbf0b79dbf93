import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { FilePersonConfig } from '../../src/adapters/files/personConfig';
import { InstalledSsh } from '../../src/adapters/ssh/effective';
import { ConfigEditor } from '../../src/core/ssh/config/editor';
import { setDirective } from '../../src/core/ssh/config/edits';
import { resolve } from '../../src/core/ssh/config/resolve';
import { splice } from '../../src/core/ssh/config/splice';
import { entriesOf } from '../../src/core/ssh/config/tree';
import type { BenchResult } from './harness';
import { interleave, longestBlock, median, result } from './harness';

const HOSTS = 10_000;
/** Milliseconds for opening, finding and editing. */
const BUDGET = 150;
const ROUNDS = 7;

function config(): string {
  const hosts = Array.from({ length: HOSTS }, (_, i) =>
    [
      `Host web-${i}`,
      `  HostName 10.0.${i >> 8}.${i & 255}`,
      '  User ubuntu',
      `  IdentityFile ~/.ssh/key-${i % 7}`,
      '  Port 2222',
      '',
    ].join('\n'),
  );
  return `${hosts.join('\n')}\nHost *.edu\n  User student\n\nHost *\n  ServerAliveInterval 30\n`;
}

/** A configuration of 10,000 hosts: opened, one found, one changed and written with all checks; and what `ssh -G` of another host takes before and after. */
export default async function bench(): Promise<BenchResult> {
  const home = mkdtempSync(path.join(tmpdir(), 'skylab-bench-'));
  const file = path.join(home, '.ssh', 'config');
  mkdirSync(path.dirname(file));
  writeFileSync(file, config(), { mode: 0o600 });
  const blocks: number[] = [];
  const cpu: number[] = [];
  const parts = { open: [] as number[], find: [] as number[], edit: [] as number[] };
  let port = 3000;
  const once = async (): Promise<number> => {
    const begun = performance.now();
    const editor = new ConfigEditor(new FilePersonConfig(home, { system: path.join(home, 'none') }), new InstalledSsh());
    const tree = await editor.load();
    const root = tree.files.get(file);
    if (root === undefined) throw new Error('the file is gone');
    const entries = entriesOf(root);
    const opened = performance.now();
    const entry = entries.find(({ label }) => label === 'web-7654');
    if (entry === undefined || resolve(tree, entry.label).hostName !== '10.0.29.230') throw new Error('not found');
    const found = performance.now();
    const line = entry.block.directives.find(({ keyword }) => keyword === 'port');
    if (line === undefined) throw new Error('no port');
    const after = splice(root.text, [setDirective(line, String(++port))]);
    await editor.apply(await editor.propose(tree, file, after, { before: entry.block.index, after: entry.block.index }));
    const ended = performance.now();
    parts.open.push(opened - begun);
    parts.find.push(found - opened);
    parts.edit.push(ended - found);
    return ended - begun;
  };
  const timed = async (copy: string): Promise<number> => {
    const begun = performance.now();
    await promisify(execFile)('ssh', ['-T', '-G', '-F', copy, 'web-42']);
    return performance.now() - begun;
  };
  try {
    const untouched = path.join(home, 'untouched');
    writeFileSync(untouched, config(), { mode: 0o600 });
    await once();
    const idle = process.memoryUsage().rss;
    let most = idle;
    const totals: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // collected apart, so that the measuring itself does not count
      const used = process.cpuUsage();
      blocks.push(await longestBlock(async () => totals.push(await once())));
      const { user, system } = process.cpuUsage(used);
      cpu.push((user + system) / 1000);
      most = Math.max(most, process.memoryUsage().rss);
    }
    const ssh = await interleave(
      ROUNDS,
      () => timed(file),
      () => timed(untouched),
    );
    if (!readFileSync(file, 'utf8').includes(`Port ${port}`)) throw new Error('the change was not written');
    const round = (value: number): number => Math.round(value * 10) / 10;
    return result({
      bench: 'config-large',
      unit: 'ms',
      ours: median(totals),
      peer: BUDGET,
      peerName: 'budget',
      limit: 1,
      openMs: round(median(parts.open)),
      findMs: round(median(parts.find)),
      editMs: round(median(parts.edit)),
      // on a busy machine this says more than the time
      cpuMs: round(median(cpu)),
      sshAfterMs: round(ssh.ours),
      sshBeforeMs: round(ssh.peer),
      blockedMs: round(median(blocks)),
      blockedLimit: 50,
      memoryMiB: round((most - idle) / (1 << 20)),
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
