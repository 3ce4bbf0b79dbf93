import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import * as vscode from 'vscode';
import { l10n } from 'vscode';
import type { RemoteProcess } from '../../core/remote/session';
import type { ContextKey } from '../ids';
import { busy } from '../notifications';

/** Follows logs in output channels, one for each source, until stopped or the connection ends. */
export class LogFollower {
  readonly #running = new Map<string, RemoteProcess>();
  readonly #channels = new Map<string, vscode.OutputChannel>();

  /** @param contextKey tells menus that something is followed */
  constructor(private readonly contextKey: ContextKey) {}

  async follow(name: string, open: (signal: AbortSignal) => Promise<RemoteProcess>): Promise<void> {
    const channel = this.#channels.get(name) ?? vscode.window.createOutputChannel(name, 'log');
    this.#channels.set(name, channel);
    if (this.#running.has(name)) {
      channel.show(true);
      return;
    }
    const process = await busy(l10n.t('Opening the logs of {0}', name), open);
    channel.clear();
    channel.show(true);
    this.#set(name, process);
    // Compose clears lines before it writes them, even where it was told that nobody sees colors.
    const write = (input: Readable): void => {
      createInterface({ input }).on('line', (line) => channel.appendLine(stripVTControlCharacters(line)));
    };
    write(process.stdout);
    write(process.stderr);
    const ended = (why: string): void => {
      if (this.#running.get(name) === process) this.#set(name, undefined);
      channel.appendLine(`\n— ${why} —`);
    };
    process.exit.then(
      () => ended(l10n.t('the log ended')),
      () => ended(l10n.t('stopped following')),
    );
  }

  stopAll(): void {
    for (const process of this.#running.values()) process.kill();
    for (const name of [...this.#running.keys()]) this.#set(name, undefined);
  }

  #set(name: string, process: RemoteProcess | undefined): void {
    if (process) this.#running.set(name, process);
    else this.#running.delete(name);
    void vscode.commands.executeCommand('setContext', this.contextKey, this.#running.size > 0);
  }
}
