import { SkylabError } from '../../errors';
import type { RemoteSession } from '../../remote/session';
import { duration } from '../waiting';

/** Lines of a failed command's output that its sentence quotes. */
const QUOTED = 4;

/**
 * Runs a set-up as root over SSH, on machines that do not run user data (see setUpScript); what it prints is told line by line.
 * @throws SkylabError `FirstBootFailed` with its last lines
 */
export async function setUpOverSsh(
  session: RemoteSession,
  name: string,
  script: string,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number; readonly onLine: (line: string) => void },
): Promise<void> {
  const said = new Lines(options.onLine);
  let code: number;
  try {
    code = await session.run(
      { argv: ['sh', '-s'], stdin: script, sudo: true, okCodes: EVERY_CODE, parse: (_, exit) => exit, what: 'set the machine up' },
      { signal: options.signal, timeoutMs: Math.max(1, options.timeoutMs), onOutput: (text) => said.feed(text) },
    );
  } catch (error) {
    if (!(error instanceof SkylabError && error.code === 'RemoteCommandTimeout')) throw error;
    throw new SkylabError(`Set-up of ${name} was not done within ${duration(options.timeoutMs)}.`, {
      code: 'FirstBootTimeout',
      cause: error,
    });
  }
  said.end();
  if (code === 0) return;
  const last = said.last();
  throw new SkylabError(`Set-up of ${name} failed with code ${code}${last === '' ? '.' : `: ${last}`}`, {
    next: 'The log has all that it said.',
    code: 'FirstBootFailed',
    remedies: [{ kind: 'showLog' }],
  });
}

export const EVERY_CODE = Array.from({ length: 256 }, (_, code) => code);

/** Puts together lines of what comes in pieces, and keeps the last. */
export class Lines {
  #rest = '';
  readonly #kept: string[] = [];

  constructor(private readonly tell: (line: string) => void) {}

  feed(text: string): void {
    const parts = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = parts.pop() ?? '';
    for (const line of parts) this.#line(line);
  }

  end(): void {
    this.#line(this.#rest);
    this.#rest = '';
  }

  /** The last ones, for a sentence. */
  last(): string {
    return this.#kept.slice(-QUOTED).join(' / ');
  }

  #line(line: string): void {
    if (line.trim() === '') return;
    this.#kept.push(line.trim());
    if (this.#kept.length > 200) this.#kept.shift();
    this.tell(line);
  }
}
