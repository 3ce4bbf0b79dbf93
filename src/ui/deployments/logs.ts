import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { MachineKey } from '../../core/cloud/model';
import type { RemoteProcess } from '../../core/remote/session';
import type { ContextKey } from '../ids';
import { busy } from '../notifications';

/** Follows logs in output channels, one for each stack or container, until stopped or the connection ends. */
export class LogFollower implements vscode.Disposable {
  readonly #running = new Map<string, RemoteProcess>();
  readonly #channels = new Map<string, vscode.OutputChannel>();
  readonly #changed = new vscode.EventEmitter<MachineKey>();
  /** Fires with the machine whose logs began or ended to be followed. */
  readonly onDidChange = this.#changed.event;

  isFollowed(key: MachineKey, name: string): boolean {
    return this.#running.has(id(key, name));
  }

  /**
   * @param name of the stack or container on its machine @param title of the channel
   * @param restart whether a running one is ended for this one, which shows other lines
   */
  async follow(
    at: { readonly key: MachineKey; readonly name: string; readonly title: string },
    open: (signal: AbortSignal) => Promise<RemoteProcess>,
    restart: boolean,
  ): Promise<void> {
    const channel = this.#channels.get(at.title) ?? vscode.window.createOutputChannel(at.title, 'log');
    this.#channels.set(at.title, channel);
    const running = this.#running.get(id(at.key, at.name));
    if (running && !restart) {
      channel.show(true);
      return;
    }
    const process = await busy(l10n.t('Opening the logs of {0}', at.title), open);
    running?.kill();
    channel.clear();
    channel.show(true);
    this.#set(at, process);
    const isShown = (): boolean => (this.#running.get(id(at.key, at.name)) ?? process) === process;
    // Compose clears lines before it writes them, even where it was told that nobody sees colors.
    const write = (input: Readable): void => {
      createInterface({ input }).on('line', (line) => {
        if (isShown()) channel.appendLine(stripVTControlCharacters(line));
      });
    };
    write(process.stdout);
    write(process.stderr);
    const ended = (why: string): void => {
      if (!isShown()) return;
      this.#set(at, undefined);
      channel.appendLine(`\n— ${why} —`);
    };
    process.exit.then(
      () => ended(l10n.t('the log ended')),
      () => ended(l10n.t('stopped following')),
    );
  }

  /** Stops following one, or all. */
  stop(key?: MachineKey, name?: string): void {
    for (const [known, process] of this.#running) if (key === undefined || name === undefined || known === id(key, name)) process.kill();
  }

  dispose(): void {
    this.stop();
    for (const channel of this.#channels.values()) channel.dispose();
    this.#changed.dispose();
  }

  #set({ key, name }: { readonly key: MachineKey; readonly name: string }, process: RemoteProcess | undefined): void {
    if (process) this.#running.set(id(key, name), process);
    else this.#running.delete(id(key, name));
    void vscode.commands.executeCommand('setContext', 'skylab.followingLogs' satisfies ContextKey, this.#running.size > 0);
    this.#changed.fire(key);
  }
}

const id = (key: MachineKey, name: string): string => `${key}\n${name}`;
