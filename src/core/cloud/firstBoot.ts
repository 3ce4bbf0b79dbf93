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
 */
export function awaitCloudInit(): RemoteCommand<FirstBootOutcome> {
  const script = `
command -v cloud-init >/dev/null 2>&1 || exit ${NO_CLOUD_INIT}
grep -q '"errors": \\[\\]' /run/cloud-init/result.json 2>/dev/null && exit 0
follow="tail -s 0.2 --pid=$$ -n +1 -F ${LOG}"
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

/** What cloud-init says of its errors, and the end of the log. */
export function cloudInitFailure(): RemoteCommand {
  const script = `cloud-init status --long 2>/dev/null | sed -n '/^errors:/,$p'; tail -n 12 ${LOG}`;
  return { argv: ['sh', '-c', script], sudo: true, okCodes: [0, 1], what: 'read the set-up log' };
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
    this.#tail.splice(0, Math.max(0, this.#tail.length - 20));
    return progress === undefined ? { lines: parts } : { lines: parts, progress };
  }

  /** The last lines that are not empty. */
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
    const unpacked = /^(?:Unpacking|Selecting previously unselected package) ([^ :]+?)(?::\w+)?(?: |\.|$)/.exec(line);
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
