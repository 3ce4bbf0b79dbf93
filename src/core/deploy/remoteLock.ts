import { SkylabError, throwIfCancelled } from '../errors';
import type { RemoteCommand } from '../remote/command';
import { commandLine } from '../remote/command';
import type { RemoteProcess, RemoteSession } from '../remote/session';

/** Exit code of the lock script when somebody else has the lock. */
const TAKEN = 75;
/** Milliseconds to wait for the answer, which comes at once where the machine is well. */
const ANSWER_MS = 30_000;
/** Milliseconds between two signs of life from here. */
const BEAT_MS = 20_000;
/** Seconds without one after which the machine frees the lock: a connection may die without the machine noticing. */
const SILENCE_S = 90;
/** Stands on a line of its own behind what looking around printed. */
const LOOKED = '.looked';

/** Children close the lock's descriptor, so that it is this process alone that holds it. */
const SCRIPT = `umask 077
base=\${6:-skylab}
mkdir -p "$base/$1" && chmod 700 "$base/$1" && cd "$base/$1" || exit 1
exec 9>>lock || exit 1
tries=0
until flock -n 9; do
  mine=
  [ -n "$3" ] && [ "$(sed -n 1p lock.token 2>/dev/null)" = "$3" ] && mine=$(sed -n 2p lock.token)
  if [ -z "$mine" ] || [ "$tries" -ge 20 ]; then cat lock.owner 2>/dev/null; exit ${TAKEN}; fi
  kill "$mine" 2>/dev/null
  tries=$((tries + 1))
  sleep 0.1
done
printf '%s, since %s (process %s)\\n' "$2" "$(date '+%Y-%m-%d %H:%M %Z')" "$$" >lock.owner
printf '%s\\n%s\\n' "$3" "$$" >lock.token
echo held
if [ -n "$5" ]; then (exec 9>&-; cd; sh -c "$5") </dev/null; printf '\\n%s %s\\n' '${LOOKED}' "$?"; fi
while [ -n "$(exec 9>&-; exec timeout "$4" head -n 1)" ]; do :; done
rm -f lock.owner lock.token`;

/**
 * The process that holds a stack's lock until its standard input ends or falls silent; a lost connection ends that too.
 * @param token whoever knows it may take the lock over: the same deployment after a lost connection
 * @param silence seconds without a line of input after which the lock is freed
 * @param look a command line to run once the lock is held, in the login folder
 */
export function lockCommand(stack: string, owner: string, token = '', silence = SILENCE_S, look = ''): RemoteCommand {
  return { argv: ['sh', '-c', SCRIPT, 'skylab-lock', stack, owner, token, String(silence), look], what: 'take the deployment lock' };
}

/** The same for everyone who logs in to the machine, not for one login alone. */
function commonLockCommand(name: string, owner: string, token?: string): RemoteCommand {
  const { argv, ...rest } = lockCommand(name, owner, token);
  return { ...rest, argv: [...argv, '/run/skylab/locks'], sudo: true };
}

interface LockOptions {
  readonly signal?: AbortSignal;
  readonly token?: string;
}

/** A stack's lock on a machine. It frees itself when the connection or this computer dies. */
export class RemoteLock {
  readonly #beat: NodeJS.Timeout;
  #held = true;

  private constructor(private readonly process: RemoteProcess) {
    this.#beat = setInterval(() => process.stdin.write('.\n'), BEAT_MS);
    this.#beat.unref();
    const ended = () => this.#ended();
    process.exit.then(ended, ended);
  }

  /** False once the machine has freed it: the connection is gone, or was silent for too long. */
  get held(): boolean {
    return this.#held;
  }

  /** @throws SkylabError `Locked`, naming the owner, when another deployment of the stack runs */
  static async take(session: RemoteSession, stack: string, owner: string, signal?: AbortSignal): Promise<RemoteLock> {
    return (await RemoteLock.#take(session, stack, owner, signal ? { signal } : {}, '')).lock;
  }

  /** A lock that everyone who logs in shares. @throws SkylabError `Locked`, naming the owner */
  static async takeCommon(session: RemoteSession, name: string, owner: string, options: LockOptions = {}): Promise<RemoteLock> {
    return (await RemoteLock.#hold(session, name, commonLockCommand(name, owner, options.token), options, '')).lock;
  }

  /** Takes the lock and looks around with it held, in one round trip. @throws SkylabError `Locked`; what the look throws */
  static async takeAndLook<T>(
    session: RemoteSession,
    stack: string,
    owner: string,
    look: RemoteCommand<T>,
    options: LockOptions = {},
  ): Promise<{ readonly lock: RemoteLock; readonly looked: T }> {
    const { lock, text } = await RemoteLock.#take(session, stack, owner, options, commandLine(look, session.user === 'root'));
    // without a parser T is the string that the contract of a command promises
    return { lock, looked: look.parse === undefined ? (text as T) : look.parse(text, 0) };
  }

  static #take(
    session: RemoteSession,
    stack: string,
    owner: string,
    options: LockOptions,
    look: string,
  ): Promise<{ lock: RemoteLock; text: string }> {
    return RemoteLock.#hold(session, stack, lockCommand(stack, owner, options.token, SILENCE_S, look), options, look);
  }

  static async #hold(
    session: RemoteSession,
    stack: string,
    command: RemoteCommand,
    { signal }: LockOptions,
    look: string,
  ): Promise<{ lock: RemoteLock; text: string }> {
    const process = await session.start(command, signal ? { signal } : {});
    let output = '';
    let errors = '';
    // writing to a connection that is gone is told by the exit
    process.stdin.on('error', () => undefined);
    process.stderr.on('data', (chunk: Buffer | string) => (errors += String(chunk)));
    const held = new Promise<string | undefined>((resolve, reject) => {
      const timer = setTimeout(() => reject(new SkylabError('The machine does not answer when asked for the deployment lock.')), ANSWER_MS);
      const chunks: Buffer[] = [];
      process.stdout.on('data', (chunk: Buffer | string) => {
        chunks.push(Buffer.from(chunk));
        output = Buffer.concat(chunks).toString('utf8');
        if (!output.startsWith('held\n')) return;
        const end = look === '' ? 5 : output.search(/\n\.looked \d+\n$/);
        if (end >= 0) resolve(output.slice(5, Math.max(5, end)));
      });
      void process.exit.then(() => resolve(undefined), reject).finally(() => clearTimeout(timer));
    });
    try {
      const text = await held;
      if (text !== undefined) return { lock: new RemoteLock(process), text };
    } catch (error) {
      process.kill();
      throwIfCancelled(signal);
      throw error;
    }
    throwIfCancelled(signal);
    if ((await process.exit) === TAKEN) {
      throw new SkylabError(`${stack} is being deployed to this machine already, by ${output.trim() || 'somebody else'}.`, {
        next: 'Wait until that has ended and deploy again.',
        code: 'Locked',
      });
    }
    throw new SkylabError(
      `The deployment lock of ${stack} cannot be taken: ${errors.trim().split('\n').at(-1) ?? 'no reason was given'}.`,
      {
        next: 'Check that the home folder on the machine can be written and has space.',
        code: 'LockFailed',
      },
    );
  }

  /** Frees the lock; calling it again does nothing. */
  async release(): Promise<void> {
    this.#ended();
    this.process.stdin.end();
    // a connection that is gone has freed the lock already
    await this.process.exit.catch(() => undefined);
  }

  #ended(): void {
    this.#held = false;
    clearInterval(this.#beat);
  }
}
