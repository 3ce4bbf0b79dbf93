import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CipherAlgorithm, ClientErrorExtensions, ServerHostKeyAlgorithm } from 'ssh2';
import { Client } from 'ssh2';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import type { Log } from '../../core/log';
import type { RemoteSession } from '../../core/remote/session';
import { typeOfBlob } from '../../core/ssh/hostKeys';
import type { SshTarget } from '../../core/ssh/model';
import type { DialOptions, SshDialer } from '../../core/ssh/ports';
import { JumpRefused } from '../../core/ssh/ports';
import { AgentClient } from './agent';
import { gatherWrites } from './gatherWrites';
import { readHostCertificates } from './hostCertificates';
import type { KeyCode } from './keyCode';
import { DirectKeyCode } from './keyCode';
import type { LoginParts, LoginPlaces } from './logins';
import { Logins } from './logins';
import { Ssh2Session } from './session';
import { teachCertificates } from './signers';

/** Fastest first: AES-GCM runs on the processor's own instructions. */
const ciphers: CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-gcm',
  'aes256-gcm',
  'aes128-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
];
const hostKeyAlgorithms: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
const keepaliveMs = 15_000;
const keepalivesMissed = 3;
const defaultTimeoutMs = 20_000;

/** Opens connections with ssh2. Keeps keys that a passphrase has opened for as long as it lives. */
export class Ssh2Dialer implements SshDialer {
  readonly #parts: LoginParts;

  /** @param code opens private keys; on this thread unless given */
  constructor(
    places: LoginPlaces,
    private readonly log: Log,
    code: KeyCode = new DirectKeyCode(),
  ) {
    this.#parts = { homeDir: places.homeDir, agent: new AgentClient(places.agentSocket), code, unlocked: new Map() };
  }

  async dial(target: SshTarget, options: DialOptions): Promise<RemoteSession> {
    const { client, key, way } = await this.#open(target, options);
    const session = new Ssh2Session(client, target.user, target.alias, key);
    if (way !== undefined) session.onClose(() => way.close());
    return session;
  }

  async hostCertificates(target: SshTarget, options: DialOptions): Promise<readonly Buffer[]> {
    const { signal, timeoutMs = defaultTimeoutMs } = options;
    const ways: RemoteSession[] = [];
    try {
      const open = async (): Promise<Duplex> => {
        const deadline = new Deadline(timeoutMs);
        try {
          const [known] = ways;
          const { stream, way } = await this.#reach(target, options, deadline, known);
          if (way !== undefined && known === undefined) ways.push(way);
          return stream;
        } finally {
          deadline.stop();
        }
      };
      return await readHostCertificates(open, timeoutMs, signal);
    } finally {
      for (const way of ways) way.close();
    }
  }

  async #open(
    target: SshTarget,
    options: DialOptions,
  ): Promise<{ client: Client; key: string | undefined; way: RemoteSession | undefined }> {
    throwIfCancelled(options.signal);
    const deadline = new Deadline(options.timeoutMs ?? defaultTimeoutMs);
    let reached: Reached | undefined;
    try {
      reached = await this.#reach(target, options, deadline);
      gatherWrites(reached.stream);
      const { client, logins } = await this.#login(reached.stream, target, deadline, options);
      return { client, key: logins.key, way: reached.way };
    } catch (error) {
      reached?.stream.destroy();
      reached?.way?.close();
      throw error;
    } finally {
      deadline.stop();
    }
  }

  /** A stream to the machine: straight, or through the machine on the way, which is dialed first with a time limit of its own. */
  async #reach(target: SshTarget, options: DialOptions, deadline: Deadline, known?: RemoteSession): Promise<Reached> {
    const { jump } = target;
    if (jump === undefined) {
      const socket = new Socket();
      try {
        await connect(socket, target, deadline, options.signal);
        return { stream: socket, way: undefined };
      } catch (error) {
        socket.destroy();
        throw error;
      }
    }
    const way = known ?? (await deadline.pausedFor(() => this.#dialJump(jump, options)));
    try {
      const { signal, timeoutMs = defaultTimeoutMs } = options;
      const stream = await way.connect(
        { host: target.hostName, port: target.port },
        { timeoutMs, ...(signal !== undefined && { signal }) },
      );
      return { stream, way };
    } catch (error) {
      if (way !== known) way.close();
      if (!(error instanceof SkylabError) || error.code !== 'NothingListens') throw error;
      throw new SkylabError(error.message, {
        code: 'Unreachable',
        next: 'Check that it is running; if it has just started, try again in a moment.',
        cause: error,
      });
    }
  }

  async #dialJump(jump: SshTarget, options: DialOptions): Promise<RemoteSession> {
    const { verify, questions, signal, timeoutMs, jumpKeyTypes } = options;
    const knownKeyTypes = (await jumpKeyTypes?.(jump)) ?? [];
    try {
      return await this.dial(jump, {
        verify,
        questions,
        knownKeyTypes,
        ...(jumpKeyTypes !== undefined && { jumpKeyTypes }),
        ...(signal !== undefined && { signal }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      });
    } catch (error) {
      throw error instanceof SkylabError && error.code === 'AuthFailed' ? new JumpRefused(jump, error) : error;
    }
  }

  #login(stream: Duplex, target: SshTarget, deadline: Deadline, options: DialOptions): Promise<{ client: Client; logins: Logins }> {
    const client = new Client();
    const logins = new Logins(target, this.#parts, options, (question) => deadline.pausedFor(question));
    let refused: Error | undefined;
    let trusted = false;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        options.signal?.removeEventListener('abort', onAbort);
        reject(error);
        client.destroy();
      };
      const onAbort = (): void => fail(new CancelledError());
      options.signal?.addEventListener('abort', onAbort, { once: true });
      deadline.onOver = () => fail(silent(target));
      client.once('ready', () => {
        options.signal?.removeEventListener('abort', onAbort);
        logins.succeeded();
        resolve({ client, logins });
      });
      client.on('error', (error) => {
        // an agent that fails, or one bad signature, only ends that one way to log in
        if (isPassing(error)) this.log.debug(`SSH to ${target.alias}: ${error.message}`);
        else fail(refused ?? explain(error, target, logins, trusted));
      });
      client.once('close', () => fail(refused ?? explain(new Error('The connection was closed.'), target, logins, trusted)));
      client.connect({
        sock: stream,
        username: target.user,
        readyTimeout: 0,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: keepalivesMissed,
        algorithms: { cipher: ciphers, serverHostKey: hostKeyOrder(options.knownKeyTypes ?? []), compress: ['none'] },
        hostVerifier: (blob: Buffer, answer: (accepted: boolean) => void) => {
          const type = typeOfBlob(blob) ?? 'unknown';
          deadline
            .pausedFor(() => options.verify({ type, blob: blob.toString('base64') }, target))
            .then(
              (verdict) => {
                trusted = verdict.accept;
                if (!verdict.accept) refused = verdict.reason;
                answer(verdict.accept);
              },
              (error: unknown) => {
                refused = error instanceof Error ? error : new Error(String(error));
                answer(false);
              },
            );
        },
        authHandler: (left: readonly string[] | null, partial, next) => {
          logins.next(left ?? undefined, partial).then(
            (way) => (next as (way: unknown) => void)(way ?? false),
            (error: unknown) => fail(error instanceof Error ? error : new Error(String(error))),
          );
        },
      });
      teachCertificates(client);
    });
  }
}

/** A stream to a machine, and the connection that it runs through. */
interface Reached {
  readonly stream: Duplex;
  readonly way: RemoteSession | undefined;
}

/** The machine's own key types first where some are trusted already, so that it offers one that can be compared. */
function hostKeyOrder(known: readonly string[]): ServerHostKeyAlgorithm[] {
  const rank = (algorithm: string): number => (known.includes(algorithm.replace(/^rsa-sha2-\d+$/, 'ssh-rsa')) ? 0 : 1);
  return [...hostKeyAlgorithms].sort((a, b) => rank(a) - rank(b));
}

function isPassing(error: Error & ClientErrorExtensions): boolean {
  if (error.level === 'agent') return true;
  return error.level === 'client-authentication' && error.message.startsWith('Error while signing');
}

function connect(socket: Socket, target: SshTarget, deadline: Deadline, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const settle = (act: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      act();
    };
    const onAbort = (): void => settle(() => reject(new CancelledError()));
    const onError = (error: NodeJS.ErrnoException): void => settle(() => reject(unreachable(error, target)));
    signal?.addEventListener('abort', onAbort, { once: true });
    deadline.onOver = () => settle(() => reject(silent(target)));
    socket.once('error', onError);
    socket.once('connect', () => settle(resolve));
    socket.setNoDelay(true);
    socket.connect({ host: target.hostName, port: target.port });
  });
}

const place = (target: SshTarget): string => `${target.alias} (${target.hostName}, port ${target.port})`;

function silent(target: SshTarget): SkylabError {
  return new SkylabError(`${place(target)} does not answer.`, {
    code: 'Unreachable',
    next: `Check that it is running and that its security group allows port ${target.port} from your address.`,
  });
}

function unreachable(error: NodeJS.ErrnoException, target: SshTarget): SkylabError {
  const options = (next: string) => ({ code: 'Unreachable', next, cause: error });
  // with several addresses node wraps the errors of each
  const code = error.code ?? (error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException | undefined)?.code : undefined);
  switch (code) {
    case 'ECONNREFUSED':
      return new SkylabError(
        `${place(target)} refused the connection: SSH does not run there.`,
        options('If it has just started, try again in a moment.'),
      );
    case 'ETIMEDOUT':
      return silent(target);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new SkylabError(
        `The address of ${target.alias} cannot be found: ${target.hostName}.`,
        options('Check the name, and that this computer is online.'),
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new SkylabError(
        `There is no way to ${place(target)} from this computer's network.`,
        options('Check that this computer is online.'),
      );
    default:
      return new SkylabError(`${place(target)} cannot be reached: ${error.message}.`, options('Try again in a moment.'));
  }
}

/** @param trusted the host key had been accepted when the error came */
function explain(error: Error & Partial<ClientErrorExtensions>, target: SshTarget, logins: Logins, trusted: boolean): Error {
  if (logins.declined) return new CancelledError();
  const failed = error.level === 'client-authentication' || /authentication failures/i.test(error.message);
  if (failed && trusted) {
    const tried = logins.tried.length === 0 ? 'there was no key to try' : `tried: ${logins.tried.join(', ')}`;
    return new SkylabError(`${target.alias} did not let ${target.user} in; ${tried}.`, {
      code: 'AuthFailed',
      next: 'Choose the private key that belongs to this machine, and check the user name.',
      cause: error,
    });
  }
  if (/no matching/i.test(error.message)) {
    return new SkylabError(`${place(target)} offers only encryption that is no longer safe: ${error.message}.`, {
      code: 'NoCommonAlgorithm',
      next: 'Update OpenSSH on the machine.',
      cause: error,
    });
  }
  return new SkylabError(`${place(target)} closed the connection before the login was done: ${error.message}`, {
    code: 'Unreachable',
    next: 'If it has just started, try again in a moment.',
    cause: error,
  });
}

/** A time limit that stands still while a person is asked. */
class Deadline {
  onOver: () => void = () => undefined;
  #left: number;
  #since = Date.now();
  #paused = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#left = ms;
    this.#run();
  }

  async pausedFor<T>(question: () => Promise<T>): Promise<T> {
    if (this.#paused++ === 0) {
      clearTimeout(this.#timer);
      this.#left -= Date.now() - this.#since;
    }
    try {
      return await question();
    } finally {
      if (--this.#paused === 0) this.#run();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#paused = Number.POSITIVE_INFINITY;
  }

  #run(): void {
    this.#since = Date.now();
    if (Number.isFinite(this.#left)) this.#timer = setTimeout(() => this.onOver(), Math.max(this.#left, 0));
  }
}
