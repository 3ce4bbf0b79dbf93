import type { Duplex, Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Client, ClientChannel } from 'ssh2';
import { CancelledError, SkylabError, pause, throwIfCancelled } from '../../core/errors';
import type { RemoteCommand } from '../../core/remote/command';
import { commandLine } from '../../core/remote/command';
import type { RemoteFiles } from '../../core/remote/files';
import type { RemoteListener, RemoteProcess, RemoteSession, RunOptions, StreamAddress } from '../../core/remote/session';
import { Secret } from '../../core/secret';
import { ChannelSlots } from './channelSlots';
import { openStream } from './forwards';
import { ForwardedStreams } from './forwardsIn';
import { SharedFiles } from './sharedFiles';

const defaultTimeoutMs = 60_000;
/** Characters of standard output that a command may print; a follower (no time limit) keeps the newest. */
const maxOutput = 64 * 1024 * 1024;
const maxErrorTail = 64 * 1024;
/** How long a command gets to end by itself after SIGTERM. */
const patienceMs = 2000;
/** How often a server may refuse a command that would be the only one. */
const maxRefusals = 4;

interface Running {
  readonly channel: ClientChannel;
  readonly ended: Promise<Exit>;
}

type Exit = { readonly code: number } | { readonly signal: string };

/** A connection of ssh2's. Commands run side by side, as many as the server's MaxSessions lets. */
export class Ssh2Session implements RemoteSession {
  readonly #slots = new ChannelSlots();
  readonly #listeners = new Set<() => void>();
  readonly #files = new SharedFiles(this, () => this.client, this.#slots);
  #forwarded: ForwardedStreams | undefined;
  readonly loginKey?: string;
  #closed = false;

  constructor(
    private readonly client: Client,
    readonly user: string,
    private readonly machine: string,
    loginKey?: string,
  ) {
    if (loginKey !== undefined) this.loginKey = loginKey;
    client.removeAllListeners('error').removeAllListeners('close');
    // one listener for each channel that waits for the end
    client.setMaxListeners(0);
    // the reason is told by the close that follows
    client.on('error', () => undefined);
    client.once('close', () => this.#onClosed());
  }

  async run<T = string>(command: RemoteCommand<T>, options: RunOptions = {}): Promise<T> {
    const { signal, timeoutMs = defaultTimeoutMs, onOutput } = options;
    const { channel, ended } = await this.#open(command, signal);
    const follows = timeoutMs === Number.POSITIVE_INFINITY;
    let stdout = '';
    let stderr = '';
    const kept = { whole: true };
    collect(channel, (text) => {
      stdout += text;
      if (stdout.length > maxOutput) {
        stdout = stdout.slice(-maxErrorTail);
        kept.whole = follows;
        if (!follows) terminate(channel);
      }
      onOutput?.(text, 'stdout');
    });
    collect(channel.stderr, (text) => {
      stderr = (stderr + text).slice(-maxErrorTail);
      onOutput?.(text, 'stderr');
    });
    const stdin = command.stdin instanceof Secret ? command.stdin.reveal() : command.stdin;
    channel.end(stdin);
    const exit = await this.#within(channel, ended, signal, timeoutMs, command);
    if (!kept.whole) throw this.#failure(command, 'printed more than can be kept', stderr);
    if ('signal' in exit) throw this.#failure(command, `was ended by signal ${exit.signal}`, stderr);
    if (!(command.okCodes ?? [0]).includes(exit.code))
      throw this.#failure(command, `failed with exit code ${exit.code}`, stderr || stdout.slice(-maxErrorTail));
    if (command.parse !== undefined) return command.parse(stdout, exit.code);
    // without a parser T is the string that the contract promises
    return stdout.replace(/\n$/, '') as T;
  }

  async start(command: RemoteCommand<unknown>, options: { signal?: AbortSignal } = {}): Promise<RemoteProcess> {
    const { channel, ended } = await this.#open(command, options.signal);
    const stdin = inputOf(channel);
    if (command.stdin !== undefined) stdin.end(command.stdin instanceof Secret ? command.stdin.reveal() : command.stdin);
    const running = ended.then((exit) => {
      if ('code' in exit) return exit.code;
      throw this.#failure(command, `was ended by signal ${exit.signal}`, '');
    });
    const exit = this.#within(channel, running, options.signal, Number.POSITIVE_INFINITY, command);
    // whoever drives the streams may look at the exit later, or never
    exit.catch(() => undefined);
    return { stdin, stdout: channel, stderr: channel.stderr, exit, kill: () => terminate(channel) };
  }

  connect(to: StreamAddress, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<Duplex> {
    return openStream(this.client, this.machine, to, options);
  }

  files(signal?: AbortSignal): Promise<RemoteFiles> {
    return this.#files.get(this.machine, signal);
  }

  listen(at: StreamAddress, accept: (stream: Duplex) => void): Promise<RemoteListener> {
    this.#forwarded ??= new ForwardedStreams(this.client, this.machine);
    return this.#forwarded.listen(at, accept);
  }

  onClose(listener: () => void): void {
    if (this.#closed) queueMicrotask(listener);
    else this.#listeners.add(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.client.end();
    // a machine that is gone does not answer the goodbye
    const timer = setTimeout(() => this.client.destroy(), patienceMs);
    this.client.once('close', () => clearTimeout(timer));
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #onClosed(): void {
    this.#closed = true;
    this.#slots.close();
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  async #open(command: RemoteCommand<unknown>, signal: AbortSignal | undefined): Promise<Running> {
    throwIfCancelled(signal);
    const line = commandLine(command, this.user === 'root');
    for (let refusals = 0; ;) {
      await this.#slots.take(signal);
      if (this.#closed) {
        this.#slots.give();
        throw this.#lost(command);
      }
      const { alone } = this.#slots;
      try {
        const running = await this.#exec(line, command);
        running.channel.once('close', () => this.#slots.give());
        throwIfAborted(running.channel, signal);
        return running;
      } catch (error) {
        if (error instanceof CancelledError) throw error;
        this.#slots.refused();
        if (this.#isClosed() || !(error instanceof Error) || !('reason' in error)) throw this.#lost(command, error);
        // the server has fewer sessions for us than OpenSSH's default: wait until one of ours ends
        if (!alone) continue;
        // it may still be clearing away the one before
        if (++refusals > maxRefusals) {
          throw new SkylabError(`${this.machine} opens no session for ${what(command)}: ${error.message}.`, {
            code: 'RemoteCommandFailed',
            next: 'Check MaxSessions in the sshd configuration of the machine.',
            cause: error,
          });
        }
        await pause(100 * refusals, signal);
      }
    }
  }

  #exec(line: string, command: RemoteCommand<unknown>): Promise<Running> {
    return new Promise<Running>((resolve, reject) => {
      const onClose = (): void => reject(new Error('The connection was closed.'));
      this.client.once('close', onClose);
      try {
        this.client.exec(line, (error, channel) => {
          this.client.removeListener('close', onClose);
          if (error) {
            reject(error);
            return;
          }
          // listened to at once: a short command's exit may stand in the packet that says it began
          const ended = this.#exitOf(channel, command);
          ended.catch(() => undefined);
          resolve({ channel, ended });
        });
      } catch (error) {
        this.client.removeListener('close', onClose);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Resolves when the command has ended and its output was delivered; rejects when the channel closed without saying how. */
  #exitOf(channel: ClientChannel, command: RemoteCommand<unknown>): Promise<Exit> {
    return new Promise<Exit>((resolve, reject) => {
      let exit: Exit | undefined;
      const settle = (): void => {
        if (exit === undefined) reject(this.#lost(command));
        else resolve(exit);
      };
      channel.once('exit', (code: number | null, signal?: string) => {
        exit = code === null ? { signal: signal ?? 'unknown' } : { code };
        drainUnread(channel);
      });
      this.onClose(() => drainUnread(channel));
      channel.once('close', () => {
        if (channel.stderr.readableEnded) settle();
        else channel.stderr.once('end', settle);
      });
    });
  }

  async #within<R>(
    channel: ClientChannel,
    running: Promise<R>,
    signal: AbortSignal | undefined,
    timeoutMs: number,
    command: RemoteCommand<unknown>,
  ): Promise<R> {
    if (signal === undefined && timeoutMs === Number.POSITIVE_INFINITY) return running;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const stopped = new Promise<never>((_, reject) => {
      const stop = (error: Error): void => {
        terminate(channel);
        reject(error);
      };
      onAbort = () => stop(new CancelledError());
      signal?.addEventListener('abort', onAbort, { once: true });
      if (Number.isFinite(timeoutMs)) {
        timer = setTimeout(() => {
          stop(
            new SkylabError(
              `${capital(what(command))} on ${this.machine} took longer than ${Math.round(timeoutMs / 1000)} s and was ended.`,
              {
                code: 'RemoteCommandTimeout',
                next: 'Try again; the machine may be overloaded.',
              },
            ),
          );
        }, timeoutMs);
      }
      if (signal?.aborted) onAbort();
    });
    try {
      return await Promise.race([running, stopped]);
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    }
  }

  #failure(command: RemoteCommand<unknown>, how: string, output: string): SkylabError {
    const tail = output.trim().split('\n').slice(-10).join('\n');
    if (command.sudo === true && /^sudo: .*(password|terminal|not in the sudoers|not allowed)/m.test(output)) {
      return new SkylabError(`${this.user} may not act as root on ${this.machine} without a password: ${tail}`, {
        code: 'SudoRefused',
        next: `Let ${this.user} use sudo without a password, or connect as a user who may.`,
      });
    }
    return new SkylabError(`${capital(what(command))} on ${this.machine} ${how}${tail === '' ? '.' : `: ${tail}`}`, {
      code: 'RemoteCommandFailed',
    });
  }

  #lost(command: RemoteCommand<unknown>, cause?: unknown): SkylabError {
    return new SkylabError(`The connection to ${this.machine} was lost during ${what(command)}.`, {
      code: 'ConnectionLost',
      next: 'Check that the machine is running and this computer online, then try again.',
      cause,
    });
  }
}

function throwIfAborted(channel: ClientChannel, signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  channel.resume();
  channel.stderr.resume();
  terminate(channel);
  throw new CancelledError();
}

/** The command as a person calls it; its program's name where it has no other. */
function what(command: RemoteCommand<unknown>): string {
  return command.what === undefined ? `the command ${command.argv[0] ?? ''}` : `the step “${command.what}”`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Hands out text in whole characters, wherever the packets cut them. */
function collect(stream: Readable, take: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  stream.on('data', (piece: Buffer) => {
    const text = decoder.write(piece);
    if (text !== '') take(text);
  });
  stream.once('end', () => {
    const rest = decoder.end();
    if (rest !== '') take(rest);
  });
}

/** A channel closes only once its output was read: what nobody reads is thrown away when the command has ended. */
function drainUnread(channel: ClientChannel): void {
  setImmediate(() => {
    for (const stream of [channel, channel.stderr]) {
      if (stream.readableFlowing === null && stream.listenerCount('readable') === 0) stream.resume();
    }
  });
}

/** Asks the command to end, and lets go of it after a while. Servers before OpenSSH 7.9 ignore signals; closing then ends its output. */
function terminate(channel: ClientChannel): void {
  sendSignal(channel, 'TERM');
  const timer = setTimeout(() => {
    sendSignal(channel, 'KILL');
    channel.close();
  }, patienceMs);
  timer.unref();
  channel.once('close', () => clearTimeout(timer));
  channel.resume();
  channel.stderr.resume();
}

/** What ssh2's own `signal` does, which it leaves out once the command's input has ended, although the protocol allows it (RFC 4254, 6.9). */
function sendSignal(channel: ClientChannel, name: 'TERM' | 'KILL'): void {
  const { outgoing, _client } = channel as unknown as {
    outgoing: { id: number; state: string };
    _client: { _protocol: { signal(channel: number, name: string): void } };
  };
  if (outgoing.state === 'open' || outgoing.state === 'eof') _client._protocol.signal(outgoing.id, name);
}

/** The command's standard input. Unlike the channel's own side it fails when the command ends or the connection drops, instead of never calling back. */
function inputOf(channel: ClientChannel): Writable {
  let gone = false;
  const input = new Writable({
    highWaterMark: 1024 * 1024,
    write: (piece: Buffer, _encoding, done) => {
      if (gone) done(endedError());
      else channel.write(piece, (error) => done(error));
    },
    final: (done) => {
      channel.end();
      done();
    },
  });
  const onGone = (): void => {
    gone = true;
    if (!input.writableFinished) input.destroy(endedError());
  };
  // the exit tells what happened; a broken pipe alone ends nobody
  input.on('error', () => undefined);
  channel.once('close', onGone);
  channel.once('exit', onGone);
  return input;
}

function endedError(): Error {
  return Object.assign(new Error('The remote command has ended and reads no more.'), { code: 'EPIPE' });
}
