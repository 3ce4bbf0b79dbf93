import * as vscode from 'vscode';
import type { MachineKey } from '../../core/cloud/model';
import { causeChain, sentenceOf, SkylabError } from '../../core/errors';
import type { SyncPair } from '../../core/transfer/transfers';
import type { WatchState } from '../model/transferRow';
import type { Ui } from '../ui';

/** Milliseconds that changes are collected before they are sent. */
const COLLECT_MS = 300;
/** Milliseconds before a machine that did not answer is tried again, at first and at most. */
const RETRY_MS = { first: 2000, most: 30_000 } as const;

/** Codes of failures that may pass by themselves. */
const PASSING = ['ConnectionLost', 'Unreachable', 'NotRunning', 'RemoteCommandTimeout', 'UploadStalled', 'FileChanged', 'RemoteBusy'];

/** Sends what is saved in the folders of watched pairs; what could not be sent waits for the machine. */
export class Watchers implements vscode.Disposable {
  readonly #watchers = new Map<string, Watcher>();
  readonly #changed = new vscode.EventEmitter<string>();
  /** Fires with the id of a pair whose state has changed. */
  readonly onDidChange = this.#changed.event;

  constructor(private readonly ui: Ui) {}

  stateOf(pairId: string): WatchState | undefined {
    return this.#watchers.get(pairId)?.state;
  }

  /** Watches the pairs whose folders are open in this window; another window watches the others. */
  startOpen(): void {
    for (const pair of this.ui.services.transfers.pairs()) {
      if (pair.watching && vscode.workspace.getWorkspaceFolder(vscode.Uri.file(pair.root)) !== undefined) this.start(pair);
    }
  }

  start(pair: SyncPair): void {
    if (this.#watchers.has(pair.id) || !vscode.workspace.isTrusted) return;
    this.#watchers.set(pair.id, new Watcher(this.ui, pair, () => this.#changed.fire(pair.id)));
    this.#changed.fire(pair.id);
  }

  stop(pairId: string): void {
    this.#watchers.get(pairId)?.dispose();
    this.#watchers.delete(pairId);
    this.#changed.fire(pairId);
  }

  dispose(): void {
    for (const watcher of this.#watchers.values()) watcher.dispose();
    this.#watchers.clear();
    this.#changed.dispose();
  }
}

class Watcher implements vscode.Disposable {
  state: WatchState = { kind: 'watching' };
  readonly #abort = new AbortController();
  readonly #watcher: vscode.FileSystemWatcher;
  #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #retryMs: number = RETRY_MS.first;

  constructor(
    private readonly ui: Ui,
    private readonly pair: SyncPair,
    private readonly onChange: () => void,
  ) {
    const root = vscode.Uri.file(pair.root);
    this.#watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(root, '**/*'));
    const take = (uri: vscode.Uri): void => {
      const path = uri.path.slice(root.path.length + 1);
      if (!uri.path.startsWith(`${root.path}/`) || path.split('/').includes('.git')) return;
      this.#pending.add(path);
      this.#later(COLLECT_MS);
    };
    this.#watcher.onDidChange(take);
    this.#watcher.onDidCreate(take);
    this.#watcher.onDidDelete(take);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watcher.dispose();
    this.#abort.abort();
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(), ms);
  }

  /** One at a time; what changes meanwhile goes with the next. */
  async #send(): Promise<void> {
    if (this.#sending || this.#pending.size === 0) return;
    this.#sending = true;
    const only = [...this.#pending];
    this.#pending = new Set();
    this.#set({ kind: 'sending', files: only.length });
    try {
      await this.#sync(only);
      this.#retryMs = RETRY_MS.first;
      this.#set({ kind: 'sent', at: Date.now() });
    } catch (error) {
      this.#failed(error, only);
    } finally {
      this.#sending = false;
      if (this.#pending.size > 0 && this.state.kind === 'sent') this.#later(COLLECT_MS);
    }
  }

  async #sync(only: readonly string[]): Promise<void> {
    const { services, settings } = this.ui;
    // The person may have changed what deletes mean since watching began.
    const pair = services.transfers.pair(this.pair.id) ?? this.pair;
    const machine = services.machines.get(pair.machineKey as MachineKey);
    if (machine === undefined) throw new SkylabError(`${pair.machineName} is not among the machines.`, { code: 'Unreachable' });
    const request = {
      root: pair.root,
      remoteDir: pair.remoteDir,
      deletes: pair.deletes,
      ignore: { gitignore: settings.useGitignore },
      only,
    };
    const syncer = await services.syncer();
    await syncer.sync((signal) => services.access.session(machine, signal), request, { signal: this.#abort.signal });
  }

  #failed(error: unknown, only: readonly string[]): void {
    if (this.#abort.signal.aborted) return;
    this.ui.log.warn(`Syncing on save: ${causeChain(error)}`);
    for (const path of only) this.#pending.add(path);
    const passing = error instanceof SkylabError && PASSING.includes(error.code ?? '');
    if (!passing) {
      // Not tried again until something is saved: it would fail in the same way.
      this.#set({ kind: 'failed', sentence: sentenceOf(error) });
      return;
    }
    this.#set({ kind: 'reconnecting', files: this.#pending.size });
    this.#later(this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS.most, this.#retryMs * 2);
  }

  #set(state: WatchState): void {
    this.state = state;
    this.onChange();
  }
}
