import type { RemoteCommand } from '../remote/command';

/** Where cloud-init and everything it starts print. */
const LOG = '/var/log/cloud-init-output.log';
/** Our own exit code for "there is no cloud-init here" (EX_UNAVAILABLE of sysexits). */
const NO_CLOUD_INIT = 69;

/** How first-boot set-up ended. */
export type FirstBootOutcome =
  { readonly kind: 'done' } | { readonly kind: 'warnings' } | { readonly kind: 'failed' } | { readonly kind: 'noCloudInit' };

/**
 * Waits until cloud-init has finished; prints its log from the start while it grows.
 * Exit codes: cloud-init's "CLI status" page (1 error, 2 recoverable errors). A set-up that ended well is seen in its result file
 * without starting cloud-init itself. `tail` ends with the shell, so nothing is left running on the machine.
 * @param from `now` when the log so far was seen on the console
 */
export function awaitCloudInit(from: 'start' | 'now'): RemoteCommand<FirstBootOutcome> {
  const script = `
command -v cloud-init >/dev/null 2>&1 || exit ${NO_CLOUD_INIT}
grep -q '"errors": \\[\\]' /run/cloud-init/result.json 2>/dev/null && exit 0
follow="tail -s 0.2 --pid=$$ -n ${from === 'start' ? '+1' : '0'} -F ${LOG}"
if [ "$(id -u)" = 0 ]; then $follow; else sudo -n $follow; fi 2>/dev/null &
cloud-init status --wait >/dev/null 2>&1
`.trim();
  return {
    argv: ['sh', '-c', script],
    okCodes: [0, 1, 2, NO_CLOUD_INIT],
    parse: (_, code) => {
      if (code === NO_CLOUD_INIT) return { kind: 'noCloudInit' };
      if (code === 1) return { kind: 'failed' };
      return code === 2 ? { kind: 'warnings' } : { kind: 'done' };
    },
    what: 'wait for the first-boot set-up',
  };
}

/** Reads the lines that say why the set-up failed. */
export function cloudInitFailure(): RemoteCommand<readonly string[]> {
  return {
    argv: ['tail', '-c', '16384', LOG],
    sudo: true,
    parse: (log) => failingLines(log.split(/\r\n|\n|\r/)),
    what: 'read the set-up log',
  };
}

/**
 * What was printed right before cloud-init first says that a module failed: the failing command's own words. Where it does not say so,
 * the last lines. What comes later is no help: cloud-init goes on, and prints key fingerprints at the end.
 */
export function failingLines(log: readonly string[]): readonly string[] {
  const lines = log.map((line) => line.trim()).filter((line) => line !== '');
  const failure = lines.findIndex((line) =>
    /\[(?:WARNING|ERROR|CRITICAL)\]: (?:Failed to (?:run|install)|Running module|\d+ failed)/.test(line),
  );
  const end = failure === -1 ? lines.length : failure;
  const before = lines.slice(Math.max(0, end - 4), end).filter((line) => !/^Cloud-init v\. /.test(line));
  return before.length > 0 || failure === -1 ? before : lines.slice(failure, failure + 1);
}

export interface BootProgress {
  readonly detail: string;
  /** 0 to 1 where the number of packages is known. */
  readonly fraction?: number;
}

/** Reads the set-up's log as it grows and says what the machine is doing, in words for a person. */
export class FirstBootLog {
  #rest = '';
  #total = 0;
  #installed = 0;
  readonly #tail: string[] = [];

  /** @param text the next piece of the log. @returns complete lines, and the progress when it changed */
  feed(text: string): { readonly lines: readonly string[]; readonly progress?: BootProgress } {
    const parts = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = parts.pop() ?? '';
    let progress: BootProgress | undefined;
    for (const line of parts) {
      progress = this.#read(line) ?? progress;
      if (line.trim() !== '') this.#tail.push(line);
    }
    this.#tail.splice(0, Math.max(0, this.#tail.length - 200));
    return progress === undefined ? { lines: parts } : { lines: parts, progress };
  }

  /** The last lines that are not empty, 200 at most. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  #read(line: string): BootProgress | undefined {
    const apt = /^\d+ upgraded, (\d+) newly installed/.exec(line);
    if (apt !== null) {
      this.#total = Number(apt[1]);
      this.#installed = 0;
      return undefined;
    }
    const setUp = /^Setting up ([^ :]+)(?::\w+)? \(/.exec(line);
    if (setUp?.[1] !== undefined) return this.#package(setUp[1], ++this.#installed, this.#total);
    const unpacked = /^Unpacking ([^ :]+)(?::\w+)? \(/.exec(line);
    if (unpacked?.[1] !== undefined) return { detail: `unpacking ${unpacked[1]}` };
    // dnf and yum: "  Installing       : docker-25.0.3-1.x86_64      3/12"
    const dnf = /^\s*Installing\s*: (\S+?)-\d\S*\s+(\d+)\/(\d+)/.exec(line);
    if (dnf?.[1] !== undefined) return this.#package(dnf[1], Number(dnf[2]), Number(dnf[3]));
    if (/^(?:Get|Hit|Ign):\d+ /.test(line)) return { detail: 'reading package lists' };
    const collecting = /^Collecting ([^\s<>=!~[;]+)/.exec(line);
    if (collecting?.[1] !== undefined) return { detail: `installing ${collecting[1]} (Python)` };
    if (/^Cloud-init v\. .* running 'modules:final'/.test(line)) return { detail: 'running the last set-up scripts' };
    return undefined;
  }

  #package(name: string, done: number, total: number): BootProgress {
    if (total === 0) return { detail: `installing ${name}` };
    const at = Math.min(done, total);
    return { detail: `installing ${name} (${at}/${total})`, fraction: at / total };
  }
}

/** Tells what is new on a console that is read again and again, and that forgets its beginning. */
export class ConsoleFollower {
  #seen = '';

  /** @param console the whole text as the cloud gives it now. @returns what cloud-init printed since the last call, without the kernel's prefixes */
  read(console: string): string {
    const fresh = this.#fresh(console);
    this.#seen = console;
    return fresh
      .split(/\r\n|\n|\r/)
      .flatMap((line) => /^\[\s*[\d.]+\] cloud-init\[\d+\]: (.*)$/.exec(line)?.[1] ?? [])
      .map((line) => `${line}\n`)
      .join('');
  }

  #fresh(console: string): string {
    // Whole lines only: the last one may still grow.
    const end = this.#seen.lastIndexOf('\n') + 1;
    const before = this.#seen.slice(0, end);
    if (console.startsWith(before)) return console.slice(end);
    const mark = before.slice(-500);
    const at = mark === '' ? -1 : console.lastIndexOf(mark);
    return at === -1 ? console : console.slice(at + mark.length);
  }
}
