import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { RemoteProcess } from '../../core/remote/session';
import type { ContextKey } from '../ids';
import { busy } from '../notifications';

/** Follows logs in output channels, one for each source, until stopped or the connection ends. */
export class LogFollower implements vscode.Disposable {
  readonly #running = new Map<string, RemoteProcess>();
  readonly #channels = new Map<string, vscode.OutputChannel>();
  readonly #changed = new vscode.EventEmitter<void>();
  /** Something began or ended to be followed. */
  readonly onDidChange = this.#changed.event;

  /** @param contextKey tells menus that something is followed */
  constructor(private readonly contextKey: ContextKey) {}

  /** @param name of the channel */
  isFollowed(name: string): boolean {
    return this.#running.has(name);
  }

  /** @param name of the channel @param anew what is followed in it is ended, since other lines are asked for */
  async follow(name: string, open: (signal: AbortSignal) => Promise<RemoteProcess>, anew = false): Promise<void> {
    const channel = this.#channels.get(name) ?? vscode.window.createOutputChannel(name, 'log');
    this.#channels.set(name, channel);
    const before = this.#running.get(name);
    if (before && !anew) {
      channel.show(true);
      return;
    }
    const process = await busy(l10n.t('Opening the logs of {0}', name), open);
    channel.clear();
    channel.show(true);
    this.#set(name, process);
    before?.kill();
    let ended = false;
    const isShown = (): boolean => ended || this.#running.get(name) === process;
    // Compose clears lines before it writes them, even where it was told that nobody sees colors.
    const write = (input: Readable): void => {
      createInterface({ input }).on('line', (line) => {
        if (isShown()) channel.appendLine(stripVTControlCharacters(line));
      });
    };
    write(process.stdout);
    write(process.stderr);
    const end = (why: string): void => {
      if (!isShown()) return;
      ended = true;
      this.#set(name, undefined);
      channel.appendLine(`\n— ${why} —`);
    };
    process.exit.then(
      () => end(l10n.t('the log ended')),
      () => end(l10n.t('stopped following')),
    );
  }

  /** Ends what is followed in a channel. */
  stop(name: string): void {
    this.#running.get(name)?.kill();
  }

  stopAll(): void {
    for (const process of this.#running.values()) process.kill();
  }

  dispose(): void {
    this.stopAll();
    for (const channel of this.#channels.values()) channel.dispose();
    this.#changed.dispose();
  }

  #set(name: string, process: RemoteProcess | undefined): void {
    if (process) this.#running.set(name, process);
    else this.#running.delete(name);
    void vscode.commands.executeCommand('setContext', this.contextKey, this.#running.size > 0);
    this.#changed.fire();
  }
}
