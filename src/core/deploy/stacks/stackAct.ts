import type { Machine } from '../../cloud/model';
import type { Reach } from '../../docker/engine';
import { ENGINE_SCRIPT, noDocker, parseReach } from '../../docker/engine';
import { pause, SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import type { RemoteCommand } from '../../remote/command';
import type { RemoteSession, RunOptions } from '../../remote/session';
import type { GateLimits } from '../gate';
import { GATE_LIMITS } from '../gate';
import { withHeartbeat } from '../heartbeat';
import { RemoteLock } from '../remoteLock';
import type { StackPlace, StackService } from '../stackHost';
import { ailing, compose, describe, explainDocker, lastLines, psCommand } from '../stackHost';
import type { Standing } from '../standUp';
import { enableUnit, startUnit } from '../unitCommands';
import { entriesOf } from './envEntries';
import { maskSecrets, secretValues } from './mask';

const MINUTE = 60_000;
/** Milliseconds that images may take to come. */
const PULL_MS = 60 * MINUTE;
const UP_MS = 15 * MINUTE;

/** What a stack's machine says before an act on the stack. */
export interface StackFacts {
  /** Absolute path of the stack's folder. */
  readonly folder: string;
  readonly docker: Reach;
  /** Commands can be run as root. */
  readonly root: boolean;
  readonly systemd: boolean;
  readonly curl: boolean;
  /** Absolute path of the release that serves; empty where there is none. */
  readonly current: string;
  /** The unit that starts the stack at boot; empty where there is none. */
  readonly unit: string;
}

const FACTS = String.raw`
stack=$1
cd || exit
${ENGINE_SCRIPT}
say() { printf '%s\t%s\n' "$1" "$2"; }
say folder "$(pwd -P)/skylab/$stack"
if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then say root yes; fi
[ -d /run/systemd/system ] && say systemd yes
command -v curl >/dev/null && say curl yes
release=$(cd "skylab/$stack/current" 2>/dev/null && pwd -P) || exit 0
say current "$release"
say unit "$(sed -n 's/^ *"unit": *"\([A-Za-z0-9@._-]*\)".*/\1/p' "$release/.skylab-release.json" 2>/dev/null)"
exit 0
`;

/** Asks for all that acts on a stack need, in one round trip. */
function stackFacts(stack: string): RemoteCommand<StackFacts> {
  return { argv: ['sh', '-c', FACTS, 'skylab', stack], parse: parseStackFacts, what: `look at ${stack}` };
}

/** Reads `key TAB value` lines. */
export function parseStackFacts(stdout: string): StackFacts {
  const values = new Map(stdout.split('\n').map((line) => [line.split('\t')[0] ?? '', line.slice(line.indexOf('\t') + 1)]));
  return {
    folder: values.get('folder') ?? '',
    docker: parseReach(values.get('docker') ?? '').reach,
    root: values.get('root') === 'yes',
    systemd: values.get('systemd') === 'yes',
    curl: values.get('curl') === 'yes',
    current: values.get('current') ?? '',
    unit: values.get('unit') ?? '',
  };
}

export interface StackActTools {
  readonly session: (signal: AbortSignal) => Promise<RemoteSession>;
  /** Who acts, shown to others while the lock is held. */
  readonly owner: string;
  /** How patient the gate is, where it differs from GATE_LIMITS. */
  readonly limits?: Partial<GateLimits>;
  /** Called when the stack is gone from the machine. */
  readonly forget: () => Promise<void>;
}

/** What the steps of one act on one stack share. */
export class StackAct implements Standing {
  /** The release that is started or was started last; its path is absolute. */
  release = '';
  restartsBefore: ReadonlyMap<string, number> = new Map();
  #facts: StackFacts | undefined;
  #secrets: readonly string[] = [];
  #lock: RemoteLock | undefined;

  constructor(
    readonly machine: Machine,
    readonly name: string,
    readonly tools: StackActTools,
  ) {}

  get facts(): StackFacts {
    if (!this.#facts) throw new Error('the machine was not asked yet');
    return this.#facts;
  }

  get place(): StackPlace {
    return { stack: this.name, folder: this.facts.folder, sudo: this.facts.docker === 'sudo' };
  }

  /** The unit, where there is one and a systemd that runs it. */
  get unit(): string | undefined {
    return this.facts.unit !== '' && this.facts.systemd && this.facts.root ? this.facts.unit : undefined;
  }

  get limits(): GateLimits {
    return { ...GATE_LIMITS, ...this.tools.limits };
  }

  safe(text: string): string {
    return maskSecrets(text, this.#secrets);
  }

  /** Hides the secrets of an environment in whatever is shown from now on. @param env the text of a release's `.env` */
  hide(env: string): void {
    this.#secrets = [...this.#secrets, ...secretValues(entriesOf(env))];
  }

  /** @throws SkylabError `NoRelease` where nothing can be started */
  get current(): string {
    if (this.facts.current !== '') return this.facts.current;
    throw new SkylabError(`${this.name} has no release on ${this.machine.name} any more.`, {
      next: 'Deploy the folder again.',
      code: 'NoRelease',
    });
  }

  async remote<T>(command: RemoteCommand<T>, io: Pick<StepIo, 'signal'>, options: Omit<RunOptions, 'signal'> = {}): Promise<T> {
    return (await this.tools.session(io.signal)).run(command, { timeoutMs: UP_MS, signal: io.signal, ...options });
  }

  /** Takes the lock and looks around with it held: what is asked before may have changed by then. */
  async take(io: StepIo): Promise<void> {
    const session = await this.tools.session(io.signal);
    const { lock, looked } = await RemoteLock.takeAndLook(session, this.name, this.tools.owner, stackFacts(this.name), {
      signal: io.signal,
    });
    this.#lock = lock;
    this.#facts = looked;
  }

  async free(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /** Runs a long `docker compose` command of a release, with a line every few seconds. */
  async compose(io: StepIo, what: string, release: string, ...words: string[]): Promise<void> {
    const command = { ...compose(this.place, release, '--progress', 'plain', ...words), what };
    try {
      await withHeartbeat(io, what, (onOutput) => this.remote(command, io, { timeoutMs: PULL_MS, onOutput }));
    } catch (error) {
      throw explainDocker(error, this.machine.name);
    }
  }

  /**
   * Brings a release up, or some of its services, and waits until they are well.
   * @throws SkylabError `StackFailed` with the reason; the services' last lines go to the log
   */
  async up(io: StepIo, release: string, ...words: string[]): Promise<void> {
    let failure: Error | undefined;
    try {
      await this.compose(io, 'starting', release, 'up', '--detach', '--wait', ...words);
    } catch (error) {
      if (!(error instanceof SkylabError) || error.code === 'ConnectionLost') throw error;
      failure = error;
    }
    // "running" is true for a moment even of what ends at once
    await pause(1000, io.signal);
    const services = await this.remote(psCommand(this.place), io);
    const ill = ailing(services);
    if (ill.length > 0) throw await this.#illness(io, release, ill, failure);
    // --wait takes an init container that has done its work for a failure (docker/compose#10596)
    if (failure !== undefined && services.length === 0) throw failure;
  }

  /** Starts the unit at boot again, and now so that its state tells the truth. */
  async enable(io: StepIo): Promise<void> {
    if (this.unit === undefined) return;
    await this.remote(enableUnit(this.unit), io);
    await this.remote(startUnit(this.unit), io);
  }

  async #illness(io: StepIo, release: string, ill: readonly StackService[], cause: unknown): Promise<SkylabError> {
    let last = '';
    for (const one of ill) {
      const lines = await this.remote(lastLines(this.place, release, one.service, 20), io);
      io.log(`${describe(one)}. Its last lines:\n${lines}`);
      last = lines.trim().split('\n').at(-1) ?? last;
    }
    const why = last === '' ? '' : ` (${last.slice(0, 300)})`;
    return new SkylabError(`${this.name} is not well: ${ill.map(describe).join('; ')}${why}.`, {
      next: 'The log has the last lines.',
      code: 'StackFailed',
      remedies: [{ kind: 'showLog' }],
      cause,
    });
  }
}

/** Connects, looks around and takes the stack's lock, which is freed whatever happens after. */
export const connect: Step<StackAct> = {
  name: 'connect',
  title: 'Connect',
  async run(act, io) {
    await act.take(io);
    const { docker } = act.facts;
    if (docker === 'silent') throw noDocker(docker, act.machine.name);
  },
  undo: (act) => act.free(),
};

/** Frees the lock. */
export const done: Step<StackAct> = { name: 'release', title: 'Done', run: (act) => act.free() };
