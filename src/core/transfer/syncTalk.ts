import type { Readable } from 'node:stream';
import { CancelledError, isCancelled, pause } from '../errors';
import type { RemoteProcess, RemoteSession } from '../remote/session';
import { encodeName } from './names';
import { drained } from './pump';
import type { RemoteEntries, Delivery } from './syncPlan';
import { foldersAbove } from './syncPlan';
import { ListingReader } from './remoteListing';
import { stalledSync, syncFailure } from './syncFailures';
import type { SyncScope } from './syncScript';
import { discardCommand, syncCommand } from './syncScript';

export interface SyncLimits {
  /** Milliseconds without a byte moving after which the sync is given up. */
  readonly stallMs: number;
  /** Milliseconds that the machine may take to unpack the rest, count and put in place after the last byte. */
  readonly finishMs: number;
  /** Milliseconds to wait before each new attempt after a lost connection; as many attempts as there are numbers. */
  readonly retryMs: readonly number[];
}

/** The destination as the machine has listed it. */
export interface Destination {
  readonly exists: boolean;
  /** Absolute path on the machine. */
  readonly path: string;
  readonly entries: RemoteEntries;
  /** What an interrupted run has left, by the same relative paths. */
  readonly staged: RemoteEntries;
  /** The folder on the machine in which it lies. */
  readonly stagedIn: string;
  /** An earlier run had been killed while it put files in place, and was taken back. */
  readonly recovered: boolean;
}

const SAID_MAX = 4000;
/** Milliseconds that the machine's own tidying gets. */
const TIDY_MS = 5000;

/** One running sync command on the machine: what it lists, and what it is sent. */
export class SyncTalk {
  /** Everything was handed over: from here on the machine may put it in place by itself. */
  handedOver = false;
  readonly #remote = new ListingReader();
  readonly #staged = new ListingReader();
  #reading: ListingReader | undefined;
  #text = '';
  #said = '';
  #destination: { kind: string; path: string } | undefined;
  #started: { pid: string; work: string } | undefined;
  #recovered = false;
  #done: string | undefined;
  #unset = false;
  #error: { code: string; detail: string } | undefined;
  #movedAt = Date.now();
  #watchdog: NodeJS.Timeout | undefined;
  #stop: (reason: Error) => void = () => undefined;
  readonly #stopped: Promise<never>;
  readonly #isReady: Promise<void>;
  #onReady: () => void = () => undefined;
  readonly #isDone: Promise<void>;
  #onDone: () => void = () => undefined;

  private constructor(
    private readonly session: RemoteSession,
    private readonly process: RemoteProcess,
    private readonly dest: string,
    private readonly limits: SyncLimits,
  ) {
    this.#stopped = new Promise<never>((_resolve, reject) => (this.#stop = reject));
    this.#stopped.catch(() => undefined);
    this.#isReady = new Promise((resolve) => (this.#onReady = resolve));
    this.#isDone = new Promise((resolve) => (this.#onDone = resolve));
    process.exit.catch(() => undefined);
    this.#listen();
  }

  /** Starts the command. */
  static async open(session: RemoteSession, dest: string, scope: SyncScope, limits: SyncLimits): Promise<SyncTalk> {
    return new SyncTalk(session, await session.start(syncCommand(dest, scope)), dest, limits);
  }

  /** What is there. @throws SkylabError when the machine cannot tell; CancelledError on abort, which ends the command */
  async listed(signal?: AbortSignal): Promise<Destination> {
    await this.#until(this.#isReady, signal);
    const { kind, path } = this.#destination ?? { kind: 'none', path: this.dest };
    return {
      exists: kind === 'folder',
      path,
      entries: this.#remote.entries,
      staged: this.#staged.entries,
      stagedIn: `${this.#started?.work ?? ''}/prev/t`,
      recovered: this.#recovered,
    };
  }

  /** Sends the lists and the archive. @returns whether modes and times could be set where only they differ */
  async deliver(delivery: Delivery, tar: Readable, signal?: AbortSignal): Promise<{ readonly unset: boolean }> {
    const pumped = this.#pump(delivery, tar);
    pumped.catch((error: unknown) => this.#stop(error instanceof Error ? error : new Error(String(error))));
    try {
      await this.#until(this.#isDone, signal);
      return { unset: this.#unset };
    } finally {
      tar.destroy();
    }
  }

  /** Lets the command end. @param nothing whether the folders are the same, so that nothing needs to be kept for later */
  quit(nothing = false): void {
    this.process.stdin.end(nothing ? 'none\n' : undefined);
  }

  async #until(event: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const onAbort = () => this.#stop(new CancelledError());
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    this.#movedAt = Date.now();
    this.#watchdog = setInterval(() => this.#watch(), Math.min(1000, this.limits.stallMs / 4));
    const ended = this.process.exit.then(
      (code) => {
        throw syncFailure(this.#error, code, this.dest, this.#said);
      },
      (error: unknown) => {
        throw error;
      },
    );
    ended.catch(() => undefined);
    try {
      await Promise.race([event, ended, this.#stopped]);
    } catch (error) {
      await this.#end(error);
      throw error;
    } finally {
      clearInterval(this.#watchdog);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the machine's side. What has arrived is kept for the next run, unless the person has cancelled or the disk is full. */
  async #end(error: unknown): Promise<void> {
    const lost = error instanceof Error && 'code' in error && error.code === 'ConnectionLost';
    if (lost) return;
    const discard = isCancelled(error) || (error instanceof Error && 'code' in error && error.code === 'RemoteDiskFull');
    const exited = this.process.exit.then(
      () => true,
      () => true,
    );
    this.process.stdin.end();
    if (discard) this.process.kill();
    await Promise.race([exited, pause(TIDY_MS)]);
    if (!discard || this.#started === undefined) return;
    await this.session.run(discardCommand(this.#started), { timeoutMs: 3 * TIDY_MS }).catch(() => undefined);
  }

  async #pump(delivery: Delivery, tar: Readable): Promise<void> {
    const { stdin } = this.process;
    const lists = listsOf(delivery);
    const [files, links, folders, bytes] = delivery.wanted;
    const sizes = lists.map((list) => list.length).join(' ');
    stdin.write(`go ${kilobytes(delivery)} ${delivery.items.length + 20} ${sizes} ${files} ${links} ${folders} ${bytes}\n`);
    for (const list of lists) if (list.length > 0) stdin.write(list);
    for await (const chunk of tar) {
      if (stdin.destroyed) return;
      const room = stdin.write(chunk, () => (this.#movedAt = Date.now()));
      if (!room) await drained(stdin);
    }
    stdin.end(() => (this.handedOver = true));
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.process;
    stdout.on('data', (piece: Buffer) => {
      this.#movedAt = Date.now();
      this.#read(piece);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_MAX);
      // tar would read the archive to its end before it exits.
      if (/No space left on device|Disk quota exceeded/.test(text)) this.#stop(syncFailure(undefined, undefined, this.dest, this.#said));
    });
    // The exit says what happened; the streams only repeat it.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
  }

  #read(piece: Buffer): void {
    let rest: Buffer | undefined = piece;
    while (rest !== undefined && rest.length > 0) {
      if (this.#reading !== undefined) {
        rest = this.#reading.add(rest);
        if (rest !== undefined) this.#reading = undefined;
        continue;
      }
      const end = rest.indexOf(0x0a);
      this.#text += rest.toString('utf8', 0, end < 0 ? rest.length : end);
      rest = end < 0 ? undefined : rest.subarray(end + 1);
      if (end >= 0) {
        const line = this.#text;
        this.#text = '';
        this.#line(line);
      }
    }
  }

  #line(line: string): void {
    const [word, rest] = cut(line);
    const [first, second] = cut(rest);
    switch (word) {
      case '@start':
        this.#started = { pid: first, work: second };
        break;
      case '@taking':
        if (this.#started !== undefined) this.#started = { ...this.#started, work: rest };
        break;
      case '@list':
        this.#destination = { kind: first, path: second };
        this.#reading = this.#remote;
        break;
      case '@staged':
        this.#reading = this.#staged;
        break;
      case '@ready':
        this.#onReady();
        break;
      case '@recovered':
        this.#recovered = true;
        break;
      case '@unset':
        this.#unset = true;
        break;
      case '@error':
        this.#error = { code: first, detail: second };
        break;
      case '@done':
        this.#done = rest;
        this.#onDone();
        break;
    }
  }

  #watch(): void {
    const quiet = Date.now() - this.#movedAt;
    const limit = this.handedOver ? this.limits.finishMs : this.limits.stallMs;
    if (quiet > limit && this.#done === undefined) this.#stop(stalledSync(this.dest, Math.round(limit / 1000), this.handedOver));
  }
}

/** The lists in the order in which the machine reads them: names end with a zero byte. */
function listsOf(delivery: Delivery): readonly Buffer[] {
  const fresh = [...delivery.saved, ...delivery.freshFiles, ...delivery.freshFolders, ...delivery.goneFiles, ...delivery.goneFolders];
  const append = delivery.append.flatMap(([path, mtime, mode], index) => [String(index), path, `${mtime},${mode.toString(8)}`]);
  return [
    names(delivery.reuse),
    names(append),
    names(delivery.saved),
    names(delivery.freshFiles),
    names(delivery.freshFolders),
    names(delivery.goneFiles),
    names(delivery.goneFolders),
    names(foldersThere(fresh, new Set([...delivery.freshFolders, ...delivery.goneFiles]))),
  ];
}

/** The folders that must be there, and be no links, for these paths to mean what they say; first the destination itself. */
function foldersThere(paths: readonly string[], besides: ReadonlySet<string>): readonly string[] {
  return ['.', ...[...foldersAbove(paths)].filter((folder) => !besides.has(folder)).sort()];
}

const names = (paths: readonly string[]): Buffer => encodeName(paths.map((path) => `${path}\0`).join(''));

/** Room that the machine needs; a rest is there twice for a moment. */
function kilobytes(delivery: Delivery): number {
  let blocks = 8;
  for (const { size, from = 0, bare, name } of delivery.items) {
    if (bare !== true) blocks += 1 + Math.ceil((size - from) / 4096) * (name?.startsWith('x/') === true ? 2 : 1);
  }
  return blocks * 4;
}

function cut(text: string): [string, string] {
  const at = text.indexOf(' ');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
