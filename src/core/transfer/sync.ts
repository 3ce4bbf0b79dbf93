import { setImmediate as turn } from 'node:timers/promises';
import { CancelledError, isCancelled, pause, SkylabError, throwIfCancelled } from '../errors';
import type { RemoteSession } from '../remote/session';
import { remoteHashes } from './contents';
import { GIT_FOLDER, IgnoreRules } from './ignore';
import type { FolderListing, IgnoreOptions, LocalEntry, LocalFolder } from './ports';
import { printableName } from './names';
import { destination, throttled } from './pump';
import { emptyFailure, endedFailure, localFailure } from './syncFailures';
import type { Difference, RemoteEntries, Started } from './syncPlan';
import { compare, deliver, foldersAbove, settle } from './syncPlan';
import type { Destination, SyncLimits } from './syncTalk';
import { SyncTalk } from './syncTalk';
import type { UploadProgress } from './upload';

export interface SyncRequest {
  /** Absolute local folder. */
  readonly root: string;
  /** Destination folder on the machine: absolute, or relative to the login folder. */
  readonly remoteDir: string;
  /** Whether what is there and not here is deleted there; what is ignored never is. */
  readonly deletes?: boolean;
  /** Whose ignore rules apply; everything is synced without any. */
  readonly ignore?: IgnoreOptions;
  /** Looks at these paths alone, relative to the root; the destination may then be the login folder itself (`.`). */
  readonly only?: readonly string[];
  /** Compares the contents of all files of equal size, whatever their times. */
  readonly contents?: boolean;
}

/** What a sync would do, and why. */
export interface SyncPlan {
  /** Absolute path on the machine. */
  readonly path: string;
  /** Whether the destination is there already. */
  readonly exists: boolean;
  readonly difference: Difference;
  readonly listing: FolderListing;
}

export interface SyncResult {
  /** Files that were sent. */
  readonly files: number;
  /** Bytes that were sent. */
  readonly bytes: number;
  /** Bytes that an interrupted run had brought already. */
  readonly keptBytes: number;
  /** Files of the folder, sent or not. */
  readonly totalFiles: number;
  /** Whose mode or time alone was set. */
  readonly touched: number;
  /** False where modes or times could not be set. */
  readonly touchedAll: boolean;
  readonly deleted: number;
  /** There and not here, and left there. */
  readonly extra: number;
  /** Replaced there although the version there was newer. */
  readonly newerThere: readonly string[];
  readonly ms: number;
  /** Absolute path on the machine. */
  readonly path: string;
  readonly skipped: FolderListing['skipped'];
  /** What ignore rules have left out, and what was sent in spite of them. */
  readonly ignore?: FolderListing['ignore'];
}

export interface SyncOptions {
  readonly signal?: AbortSignal;
  /** What it is doing, for the person. */
  readonly onPhase?: (phase: 'comparing' | 'sending' | 'reconnecting') => void;
  /** Called at most ten times a second, and once at the end. */
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Asked before anything is deleted; the machine waits meanwhile. */
  readonly confirm?: (plan: SyncPlan) => Promise<boolean>;
}

/** Gives a connection; asked again after one was lost. */
export type Connect = (signal?: AbortSignal) => Promise<RemoteSession>;

const LIMITS: SyncLimits = { stallMs: 60_000, finishMs: 600_000, retryMs: [500, 2000, 5000] };
/** Files whose contents may be sent without asking whether they have changed: asking costs two round trips. */
const SENT_UNASKED_BYTES = 1024 * 1024;
/** Milliseconds before the look at what a lost connection has left. */
const LOOK_MS = 300;
/** Smaller beginnings are not worth a hash. */
const BEGINNING_BYTES = 1024 * 1024;

/**
 * Brings a folder of the machine to the state of a folder here, sending only what differs. The destination is, at every moment, what it
 * was or what it shall be: see syncScript.ts for how. After a lost connection it goes on where it was.
 */
export class Syncer {
  constructor(
    private readonly local: LocalFolder,
    private readonly limits: SyncLimits = LIMITS,
  ) {}

  /** What a sync would do; changes nothing. @throws as `sync` does */
  async plan(connect: Connect, request: SyncRequest, options: SyncOptions = {}): Promise<SyncPlan> {
    const run = await this.#compare(connect, request, options);
    run.talk.quit();
    const difference = await this.#settle(run, request, options, 0);
    return { path: run.there.path, exists: run.there.exists, difference, listing: run.listing };
  }

  /**
   * @throws SkylabError, codes `FolderGone`, `FolderEmpty`, `FileChanged`, `RemoteDiskFull`, `RemotePermissionDenied`, `SyncBlocked`,
   *   `ConnectionLost`, `UploadStalled` and others, whose sentence says what the destination is now; CancelledError on abort
   */
  async sync(connect: Connect, request: SyncRequest, options: SyncOptions = {}): Promise<SyncResult> {
    const startedAt = Date.now();
    if (request.only !== undefined && (await this.#isOutside(request, request.only, options.signal))) return nothingDone(request.remoteDir);
    const sum: Sum = { files: 0, bytes: 0, confirmed: false };
    let lookOnly = false;
    for (let attempt = 0; ; attempt++) {
      let talk: SyncTalk | undefined;
      try {
        const run = await this.#compare(connect, request, options, (opened) => (talk = opened));
        const result = await this.#carryOut(run, request, options, sum, lookOnly);
        return { ...result, files: sum.files, bytes: sum.bytes, ms: Date.now() - startedAt };
      } catch (error) {
        talk?.quit();
        const failure = told(error, request.remoteDir, talk?.handedOver === true);
        // With everything handed over, only another look tells how it ended.
        const looks: boolean = talk?.handedOver === true && attempt === this.limits.retryMs.length;
        const wait = this.limits.retryMs[attempt] ?? (looks ? LOOK_MS : undefined);
        if (!isLost(error) || wait === undefined) throw failure;
        lookOnly = looks;
        options.onPhase?.('reconnecting');
        await pause(wait, options.signal);
        await this.#reachable(connect, failure, options.signal);
      }
    }
  }

  /** Whether nothing of these paths is the sync's business, so that the machine need not be asked. */
  async #isOutside(request: SyncRequest, only: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
    const { entries, ignore } = await this.local.list(request.root, signal, { ...(request.ignore && { ignore: request.ignore }), only });
    const above = foldersAbove(only);
    if (entries.some(({ path }) => !above.has(path))) return false;
    const rules = new IgnoreRules(ignore?.files);
    return (
      request.deletes !== true || (ignore !== undefined && only.every((path) => rules.ignores(path, false) || rules.ignores(path, true)))
    );
  }

  /** Where nobody answers any more, the first loss tells more than the failed call. */
  async #reachable(connect: Connect, lost: unknown, signal: AbortSignal | undefined): Promise<void> {
    try {
      await connect(signal);
    } catch (error) {
      throw isCancelled(error) ? error : lost;
    }
  }

  async #carryOut(
    run: Run,
    request: SyncRequest,
    options: SyncOptions,
    sum: Sum,
    lookOnly: boolean,
  ): Promise<Omit<SyncResult, 'files' | 'bytes' | 'ms'>> {
    const { talk, there, listing } = run;
    const difference = await this.#settle(run, request, options, SENT_UNASKED_BYTES);
    const deletes = request.deletes === true;
    if (deletes && difference.extra.length > 0 && !sum.confirmed) {
      await confirmed(options, { path: there.path, exists: there.exists, difference, listing });
      sum.confirmed = true;
    }
    if (difference.blocked.length > 0 && (!deletes || request.only !== undefined)) throw blockedFailure(difference.blocked, there.entries);
    const started = await this.#beginnings(run, request, difference, options.signal);
    await turn();
    const delivery = deliver(listing, there.entries, difference, { deletes, staged: there.staged, started });
    const result = {
      keptBytes: delivery.keptBytes,
      totalFiles: listing.files,
      touched: difference.touched.length,
      touchedAll: true,
      deleted: deletes ? difference.extra.length : 0,
      extra: deletes ? 0 : difference.extra.length,
      newerThere: difference.newerThere,
      path: there.path,
      skipped: listing.skipped,
      ...(listing.ignore && { ignore: listing.ignore }),
    };
    const nothing = delivery.items.length + delivery.reuse.length + delivery.goneFiles.length + delivery.goneFolders.length === 0;
    if (nothing && there.exists) {
      talk.quit(true);
      return result;
    }
    if (lookOnly) throw endedFailure(request.remoteDir, false, undefined);
    options.onPhase?.('sending');
    await turn();
    const none = { files: 0, totalFiles: delivery.files, bytes: 0, totalBytes: delivery.bytes };
    const progress = throttled<UploadProgress>(none, options.onProgress);
    const before = { ...sum };
    const tar = this.local.tar(
      request.root,
      { entries: delivery.items },
      {
        onProgress: (done) => {
          sum.files = before.files + done.files;
          sum.bytes = before.bytes + done.bytes;
          progress.report(done);
        },
      },
    );
    const { unset } = await talk.deliver(delivery, tar, options.signal);
    progress.flush();
    return { ...result, touchedAll: !unset };
  }

  /** Reads both sides at the same time. */
  async #compare(connect: Connect, request: SyncRequest, options: SyncOptions, onOpen?: (talk: SyncTalk) => void): Promise<Run> {
    const { only, ignore } = request;
    const dest = only !== undefined && ['.', '~', '~/'].includes(request.remoteDir) ? '.' : destination(request.remoteDir);
    throwIfCancelled(options.signal);
    options.onPhase?.('comparing');
    const listing = this.local.list(request.root, options.signal, { ...(ignore && { ignore }), ...(only && { only }) });
    listing.catch(() => undefined);
    const session = await connect(options.signal);
    const talk = await SyncTalk.open(
      session,
      dest,
      { pruned: ignore === undefined ? [] : [GIT_FOLDER], ...(only && { only }) },
      this.limits,
    );
    onOpen?.(talk);
    try {
      const [found, there] = await Promise.all([listing, talk.listed(options.signal)]);
      if (only === undefined && found.files === 0 && (found.entries.length === 0 || request.deletes === true))
        throw emptyFailure(request.root);
      await turn();
      const rules = found.ignore === undefined ? undefined : new IgnoreRules(found.ignore.files);
      const difference = compare(found, there.entries, {
        contents: request.contents === true,
        ...(only && { only }),
        ...(rules && { ignores: (path, directory) => rules.ignores(path, directory) }),
      });
      return { session, talk, there, listing: found, difference };
    } catch (error) {
      talk.quit();
      throw error;
    }
  }

  /** @param unasked bytes that may be sent without comparing contents */
  async #settle(run: Run, request: SyncRequest, options: SyncOptions, unasked: number): Promise<Difference> {
    const { suspects } = run.difference;
    const bytes = suspects.reduce((all, { size }) => all + size, 0);
    const ask = suspects.length > 0 && (request.contents === true || bytes > unasked);
    const equal = ask ? await this.#equal(run, request.root, run.there.path, suspects, options.signal) : () => false;
    return settle(run.difference, run.there.entries, equal);
  }

  async #equal(
    run: Run,
    root: string,
    folder: string,
    files: readonly { readonly path: string; readonly size: number; readonly length?: number }[],
    signal: AbortSignal | undefined,
  ): Promise<(entry: { readonly path: string }) => boolean> {
    const bytes = files.reduce((all, { size }) => all + size, 0);
    const [here, there] = await Promise.all([
      this.local.hash(root, files, signal),
      remoteHashes(
        run.session,
        folder,
        files.map(({ path }) => path),
        bytes,
        signal,
      ),
    ]);
    const same = new Set(files.flatMap(({ path }, index) => (here[index] !== undefined && here[index] === there[index] ? [path] : [])));
    return ({ path }) => same.has(path);
  }

  /** Large files of which an interrupted run has brought the beginning, and whose beginning is still the same here. */
  async #beginnings(run: Run, request: SyncRequest, difference: Difference, signal: AbortSignal | undefined): Promise<readonly Started[]> {
    const { staged, stagedIn } = run.there;
    const wanted = (entry: LocalEntry): readonly { path: string; size: number; length: number }[] => {
      const there = staged.get(entry.path);
      if (entry.kind !== 'file' || there?.kind !== 'file' || there.size < BEGINNING_BYTES || there.size > entry.size) return [];
      if (there.size === entry.size && there.mtime === entry.mtime && there.mode === entry.mode) return [];
      return [{ path: entry.path, size: there.size, length: there.size }];
    };
    const found = [...difference.added, ...difference.changed].flatMap(wanted);
    if (found.length === 0) return [];
    const same = await this.#equal(run, request.root, stagedIn, found, signal);
    return found.filter(same).map(({ path, size }) => ({ path, bytes: size }));
  }
}

/** Of all attempts. */
interface Sum {
  files: number;
  bytes: number;
  confirmed: boolean;
}

const nothingDone = (path: string): SyncResult => ({
  files: 0,
  bytes: 0,
  keptBytes: 0,
  totalFiles: 0,
  touched: 0,
  touchedAll: true,
  deleted: 0,
  extra: 0,
  newerThere: [],
  ms: 0,
  path,
  skipped: [],
});

interface Run {
  readonly session: RemoteSession;
  readonly talk: SyncTalk;
  readonly there: Destination;
  readonly listing: FolderListing;
  readonly difference: Difference;
}

async function confirmed(options: SyncOptions, plan: SyncPlan): Promise<void> {
  if (options.confirm !== undefined && !(await options.confirm(plan))) throw new CancelledError();
}

const isLost = (error: unknown): boolean => error instanceof SkylabError && error.code === 'ConnectionLost';

/** The failure with what it means for the destination. */
function told(error: unknown, dest: string, handedOver: boolean): unknown {
  if (isLost(error)) return endedFailure(dest, handedOver, error);
  return error instanceof SkylabError && isLocal(error) ? localFailure(error, dest) : error;
}

/** Failures that happen here while the archive is made. */
const isLocal = (error: SkylabError): boolean => ['FileChanged', 'FileUnreadable', 'FolderGone'].includes(error.code ?? '');

function blockedFailure(paths: readonly string[], there: RemoteEntries): SkylabError {
  const path = paths[0] ?? '';
  const folder = there.get(path)?.kind === 'directory';
  const what = folder ? 'is a folder on the machine and something else here' : 'is a folder here and something else on the machine';
  return new SkylabError(`${printableName(path)} ${what}, so nothing was changed there.`, {
    code: 'SyncBlocked',
    next: folder ? 'Rename one of them, or let the sync delete what is not here.' : 'Sync the whole folder, which replaces it.',
  });
}
