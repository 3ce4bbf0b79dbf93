import { Socket } from 'node:net';
import type { CipherAlgorithm, ClientErrorExtensions, ServerHostKeyAlgorithm } from 'ssh2';
import { Client } from 'ssh2';
import { CancelledError, SkylabError, throwIfCancelled } from '../../core/errors';
import type { Log } from '../../core/log';
import type { RemoteSession } from '../../core/remote/session';
import { typeOfBlob } from '../../core/ssh/hostKeys';
import type { SshTarget } from '../../core/ssh/model';
import type { DialOptions, SshDialer } from '../../core/ssh/ports';
import { gatherWrites } from './gatherWrites';
import type { LoginPlaces, UnlockedKeys } from './logins';
import { Logins } from './logins';
import { Ssh2Session } from './session';

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
  readonly #unlocked: UnlockedKeys = new Map();

  constructor(
    private readonly places: LoginPlaces,
    private readonly log: Log,
  ) {}

  async dial(target: SshTarget, options: DialOptions): Promise<RemoteSession> {
    throwIfCancelled(options.signal);
    const deadline = new Deadline(options.timeoutMs ?? defaultTimeoutMs);
    const socket = new Socket();
    try {
      await connect(socket, target, deadline, options.signal);
      gatherWrites(socket);
      const client = await this.#login(socket, target, deadline, options);
      return new Ssh2Session(client, target.user, target.alias);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      deadline.stop();
    }
  }

  #login(socket: Socket, target: SshTarget, deadline: Deadline, options: DialOptions): Promise<Client> {
    const client = new Client();
    const logins = new Logins(target, this.places, options.questions, this.#unlocked, (question) => deadline.pausedFor(question));
    let refused: Error | undefined;
    let trusted = false;
    return new Promise<Client>((resolve, reject) => {
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
        resolve(client);
      });
      client.on('error', (error) => {
        // an agent that fails, or one bad signature, only ends that one way to log in
        if (isPassing(error)) this.log.debug(`SSH to ${target.alias}: ${error.message}`);
        else fail(refused ?? explain(error, target, logins, trusted));
      });
      client.once('close', () => fail(refused ?? explain(new Error('The connection was closed.'), target, logins, trusted)));
      client.connect({
        sock: socket,
        username: target.user,
        readyTimeout: 0,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: keepalivesMissed,
        algorithms: { cipher: ciphers, serverHostKey: hostKeyOrder(options.knownKeyTypes ?? []), compress: ['none'] },
        hostVerifier: (blob: Buffer, answer: (accepted: boolean) => void) => {
          const type = typeOfBlob(blob) ?? 'unknown';
          deadline
            .pausedFor(() => options.verify({ type, blob: blob.toString('base64') }))
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
        authHandler: (left: readonly string[] | null, _partial, next) => {
          logins.next(left ?? undefined).then(
            (way) => (next as (way: unknown) => void)(way ?? false),
            (error: unknown) => fail(error instanceof Error ? error : new Error(String(error))),
          );
        },
      });
    });
  }
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
