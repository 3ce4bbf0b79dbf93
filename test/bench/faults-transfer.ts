import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SkylabError } from '../../src/core/errors';
import type { RemoteSession } from '../../src/core/remote/session';
import type { LocalFolder } from '../../src/core/transfer/ports';
import type { Connect } from '../../src/core/transfer/sync';
import { Syncer } from '../../src/core/transfer/sync';
import { connect } from '../integration/support/connect';
import { workerFolder } from '../integration/support/folder';
import { startProxy } from '../integration/support/proxy';
import type { Sshd } from '../integration/support/sshd';
import { startSshd } from '../integration/support/sshd';
import type { BenchResult } from './harness';
import { result } from './harness';

/** Bytes towards the machine between two cuts. */
const EVERY = 9001;
const LIMITS = { stallMs: 60_000, finishMs: 60_000, retryMs: [] };

/** How a fault ended: in a tree that is complete or untouched, told rightly, or neither. */
interface Count {
  complete: number;
  untouched: number;
  /** Neither the old tree nor the new one, or a sentence that does not fit. */
  wrong: number;
}

/** Every fault must end in the complete new tree or in the untouched old one, with a sentence that says which. Figures are counts. */
export default async function bench(): Promise<BenchResult> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'skylab-faults-'));
  const sshd = await startSshd({ home: path.join(scratch, 'home') });
  try {
    const faults = new Faults(sshd, path.join(scratch, 'in'));
    const counts: Record<string, Count> = {
      'connection cut': await faults.cuts(),
      'sshd killed': await faults.killed(),
      'disk full': await faults.diskFull(),
      'permission denied': await faults.denied(),
      'file changed while read': await faults.changed(),
    };
    const all = Object.values(counts);
    const wrong = all.reduce((sum, count) => sum + count.wrong, 0);
    const total = all.reduce((sum, count) => sum + count.complete + count.untouched + count.wrong, 0);
    const said = Object.fromEntries(
      Object.entries(counts).map(([name, one]) => [name, `${one.complete} complete, ${one.untouched} untouched, ${one.wrong} wrong`]),
    );
    const figures = { ours: total - wrong, peer: total, peerName: 'faults', limit: 1 };
    return { ...result({ bench: 'faults-transfer', unit: 'faults that ended well', ...figures, ...said }), ok: wrong === 0 && total > 0 };
  } finally {
    await sshd.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

class Faults {
  readonly #syncer = new Syncer(workerFolder(), LIMITS);

  constructor(
    private readonly sshd: Sshd,
    private readonly root: string,
  ) {}

  /** The connection dies after every so many bytes of a sync, until one comes through twice. */
  async cuts(): Promise<Count> {
    const count = { complete: 0, untouched: 0, wrong: 0 };
    await this.#old(this.#place);
    for (let bytes = EVERY; count.complete < 2; bytes += EVERY) {
      const proxy = await startProxy(this.sshd.port, bytes);
      await this.#try(count, this.#place, (direct) => this.#sync(firstThen(() => connect(this.sshd, proxy.port), direct)));
      await proxy.stop();
    }
    return count;
  }

  /** The server's processes are killed after ever more bytes. */
  async killed(): Promise<Count> {
    const count = { complete: 0, untouched: 0, wrong: 0 };
    for (let ms = 5; ms <= 400; ms += 15) {
      await this.#try(count, this.#place, async (direct) => {
        const timer = setTimeout(() => this.sshd.dropSessions(), ms);
        await this.#sync(firstThen(() => connect(this.sshd), direct)).finally(() => clearTimeout(timer));
      });
    }
    return count;
  }

  async diskFull(): Promise<Count> {
    const count = { complete: 0, untouched: 0, wrong: 0 };
    const small = path.join(this.sshd.home, 'small');
    mkdirSync(small, { recursive: true });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).status !== 0) return count;
    try {
      // Listed as empty, so that only the disk itself can say that it is full.
      for (const size of [0, 1]) {
        const folder = workerFolder();
        const misled: LocalFolder = {
          list: async (...args) => {
            const listing = await folder.list(...args);
            return size === 0
              ? { ...listing, entries: listing.entries.map((entry) => (entry.kind === 'file' ? { ...entry, size: 1 } : entry)) }
              : listing;
          },
          tar: (root, { entries }, options) => {
            const items = entries.map((item) => ({ ...item, size: item.kind === 'file' ? SIZE : 0 }));
            return folder.tar(root, { entries: items }, options);
          },
          hash: (...args) => folder.hash(...args),
        };
        await this.#try(count, path.join(small, 'lab'), (direct) =>
          new Syncer(misled, LIMITS).sync(direct, { root: this.root, remoteDir: 'small/lab' }),
        );
      }
    } finally {
      execFileSync('umount', ['-l', small]);
    }
    return count;
  }

  /** One file may not be replaced: its folder is on a file system that may only be read. */
  async denied(): Promise<Count> {
    const count = { complete: 0, untouched: 0, wrong: 0 };
    await this.#try(count, this.#place, async (direct) => {
      const held = path.join(this.#place, 'd2');
      const ro = spawnSync('sh', ['-c', 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"', held]).status === 0;
      if (!ro) chmodSync(held, 0o555);
      try {
        await this.#sync(direct);
      } finally {
        if (ro) execFileSync('umount', ['-l', held]);
        else chmodSync(held, 0o755);
      }
    });
    return count;
  }

  async changed(): Promise<Count> {
    const count = { complete: 0, untouched: 0, wrong: 0 };
    for (const change of ['shrinks', 'grows', 'vanishes'] as const) {
      const folder = workerFolder();
      const late: LocalFolder = {
        list: async (...args) => {
          const listing = await folder.list(...args);
          const file = path.join(this.root, 'd1', 'f1');
          if (change === 'shrinks') truncateSync(file, 10);
          else if (change === 'grows') writeFileSync(file, 'x', { flag: 'a' });
          else rmSync(file);
          return listing;
        },
        tar: (...args) => folder.tar(...args),
        hash: (...args) => folder.hash(...args),
      };
      await this.#try(count, this.#place, (direct) => new Syncer(late, LIMITS).sync(direct, { root: this.root, remoteDir: 'lab' }));
    }
    return count;
  }

  get #place(): string {
    return path.join(this.sshd.home, 'lab');
  }

  #sync(connection: Connect): Promise<unknown> {
    return this.#syncer.sync(connection, { root: this.root, remoteDir: 'lab', deletes: true });
  }

  /** Lays the old tree there and the new one here, lets something go wrong, and looks. */
  async #try(count: Count, place: string, act: (direct: Connect) => Promise<unknown>): Promise<void> {
    await this.#old(place);
    fill(this.root, 'new');
    const before = snapshot(place);
    const wanted = snapshot(this.root);
    const sessions: RemoteSession[] = [];
    const direct = async (): Promise<RemoteSession> => {
      const session = await connect(this.sshd);
      sessions.push(session);
      return session;
    };
    const outcome = await act(direct).then(
      () => '',
      (error: unknown) => (error instanceof SkylabError ? error.sentence : String(error)),
    );
    await quiet();
    for (const session of sessions) session.close();
    const now = snapshot(place);
    if (now === wanted && outcome === '') count.complete++;
    else if (now === before && /the machine is as it was/.test(outcome)) count.untouched++;
    else {
      count.wrong++;
      console.error(`A fault ended badly: ${outcome} (${now === before ? 'old' : now === wanted ? 'new' : 'mixed'} tree)`);
    }
  }

  async #old(place: string): Promise<void> {
    rmSync(place, { recursive: true, force: true });
    for (const name of spawnSync('sh', ['-c', 'ls -d "$0"/.skylab-sync-* "$0"/small/.skylab-sync-* 2>/dev/null', this.sshd.home], {
      encoding: 'utf8',
    }).stdout.split('\n'))
      if (name !== '') rmSync(name, { recursive: true, force: true });
    fill(place, 'old');
    if (existsSync(path.join(place, 'd0', 'f0'))) rmSync(path.join(place, 'd3', 'f3'));
  }
}

const SIZE = 40_000;
const FILES = 16;

function fill(root: string, content: string): void {
  rmSync(root, { recursive: true, force: true });
  for (let i = 0; i < FILES; i++) {
    const folder = path.join(root, `d${i % 4}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `f${i}`), `${content}${i}`.repeat(SIZE).slice(0, content === 'old' ? SIZE - 1 : SIZE));
  }
}

/** Everything that matters of a tree: names, kinds, modes and contents. */
function snapshot(root: string): string {
  const script = 'cd "$0" && find . -mindepth 1 -printf "%P %y %m\\n" | sort && find . -type f -exec sha256sum {} + | sort -k 2';
  return execFileSync('sh', ['-c', script, root], { encoding: 'utf8' });
}

/** The first connection is the one that dies. */
function firstThen(first: () => Promise<RemoteSession>, direct: Connect): Connect {
  let lines = 0;
  return (signal) => (lines++ === 0 ? first() : direct(signal));
}

/** Waits until no command of a sync is left. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 100 && spawnSync('pgrep', ['-f', '^sh -c .*skylab-sync']).status === 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 30));
}
