import { SkylabError, throwIfCancelled } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { RemoteProcess, RemoteSession } from '../remote/session';

/** Exit code of the lock script when somebody else has the lock. */
const TAKEN = 75;
/** Milliseconds to wait for the answer, which comes at once where the machine is well. */
const ANSWER_MS = 30_000;

const SCRIPT = `umask 077
mkdir -p "skylab/$1" && chmod 700 "skylab/$1" && cd "skylab/$1" || exit 1
exec 9>>lock || exit 1
if ! flock -n 9; then cat lock.owner 2>/dev/null; exit ${TAKEN}; fi
printf '%s, since %s (process %s)\\n' "$2" "$(date '+%Y-%m-%d %H:%M %Z')" "$$" >lock.owner
echo held
cat >/dev/null
rm -f lock.owner`;

/** The process that holds a stack's lock until its standard input ends; a lost connection ends that too. */
export function lockCommand(stack: string, owner: string): RemoteCommand {
  return { argv: ['sh', '-c', SCRIPT, 'skylab-lock', stack, owner], what: 'take the deployment lock' };
}

/** A stack's lock on a machine. It frees itself when the connection or this computer dies. */
export class RemoteLock {
  private constructor(private readonly process: RemoteProcess) {}

  /** @throws SkylabError `Locked`, naming the owner, when another deployment of the stack runs */
  static async take(session: RemoteSession, stack: string, owner: string, signal?: AbortSignal): Promise<RemoteLock> {
    const process = await session.start(lockCommand(stack, owner), signal ? { signal } : {});
    let output = '';
    let errors = '';
    process.stderr.on('data', (chunk: Buffer | string) => (errors += String(chunk)));
    const held = new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => reject(new SkylabError('The machine does not answer when asked for the deployment lock.')), ANSWER_MS);
      process.stdout.on('data', (chunk: Buffer | string) => {
        output += String(chunk);
        if (output.startsWith('held\n')) resolve(true);
      });
      void process.exit.then(() => resolve(false), reject).finally(() => clearTimeout(timer));
    });
    try {
      if (await held) return new RemoteLock(process);
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
    this.process.stdin.end();
    // a connection that is gone has freed the lock already
    await this.process.exit.catch(() => undefined);
  }
}
