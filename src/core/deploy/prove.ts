import { randomBytes } from 'node:crypto';
import { CancelledError, SkylabError, isCancelled, pause } from '../errors';
import { isAway } from './comeBack';
import type { RemoteCommand } from '../remote/command';
import { Secret } from '../secret';

/** One answer of the site. */
export interface SiteAnswer {
  /** HTTP status after redirects within the site; 0 where no answer came. */
  readonly status: number;
  /** The end of the body, or the reason why there is none. */
  readonly body: string;
}

export interface Credentials {
  readonly user: string;
  readonly password: Secret;
}

/** Asks the site once, with or without an account. */
export type Ask = (credentials: Credentials | undefined) => Promise<SiteAnswer>;

/** What was seen; a kept password cannot be tried, so `right` may be missing. */
export interface Proof {
  readonly without: number;
  readonly wrong?: number;
  readonly right?: number;
}

/** Asks from the machine itself. The account goes in by standard input, as a curl configuration. Source: curl(1), --config */
export function askCommand(url: string, credentials: Credentials | undefined): RemoteCommand<SiteAnswer> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const ports = [...new Set(['80', '443', port || (protocol === 'http:' ? '80' : '443')])];
  const resolve = ports.flatMap((number) => ['--resolve', `${host}:${number}:127.0.0.1`]);
  const script = `curl --silent --show-error --insecure --location --max-redirs 5 --max-time 15 --config - --write-out '\\n%{http_code}' "$@" 2>&1 | tail -c 2000`;
  const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&');
  const config = credentials ? `user = "${escaped(credentials.user)}:${escaped(credentials.password.reveal())}"\n` : '';
  return {
    argv: ['sh', '-c', script, 'ask', ...resolve, url],
    stdin: credentials ? new Secret(config) : '',
    parse: parseAnswer,
    what: `ask ${url}`,
  };
}

export function parseAnswer(stdout: string): SiteAnswer {
  const [, body = '', status = '0'] = /^([\s\S]*?)\n?(\d{3})\s*$/.exec(stdout) ?? [undefined, stdout];
  return { status: Number(status), body: body.trim() };
}

const opens = (status: number): boolean => status >= 200 && status < 400;

/** A word for an answer in a sentence. */
function answerText({ status, body }: SiteAnswer): string {
  if (status === 0) return `no answer (${body.split('\n').at(-1) ?? 'no reason given'})`;
  const plain = body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? String(status) : `${status}: ${plain.slice(0, 200)}`;
}

export interface ProveOptions {
  /** Milliseconds. */
  readonly waitMs: number;
  readonly url: string;
  readonly signal?: AbortSignal;
  readonly report: (detail: string) => void;
  /** Leaves out the wrong password: the same files were proved before, and Caddy takes a second over each that it tries. */
  readonly brief?: boolean;
}

/**
 * Proves what the site does: 401 without the password, 401 with a wrong one, open with the right one; without protection, that it answers.
 * Asks again while the site comes up (certificate, notebook server), up to the deadline.
 * @param waitMs milliseconds
 * @throws SkylabError `SiteUnproved` saying what came instead; `SiteOpen` when it lets people in without the password
 */
export async function proveSite(ask: Ask, account: { user: string; password?: Secret } | undefined, options: ProveOptions): Promise<Proof> {
  const { url, report } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const deadline = Date.now() + options.waitMs;
  const until = async (what: string, credentials: Credentials | undefined, good: (status: number) => boolean): Promise<number> => {
    for (let wait = 300; ; wait = Math.min(wait * 1.5, 3000)) {
      report(what);
      const answer = await attempt(ask, credentials, signal);
      if (good(answer.status)) return answer.status;
      if (Date.now() + wait > deadline)
        throw unproved(url, what, answer, account !== undefined && credentials === undefined && opens(answer.status));
      report(`${what}: ${answer.status === 0 ? 'no answer yet' : answer.status}`);
      await pause(wait, signal);
    }
  };
  if (!account) return { without: await until('asking for the site', undefined, opens) };
  const refused = (status: number) => status === 401;
  const without = await until('asking without the password', undefined, refused);
  const { user, password } = account;
  const wrongPassword = new Secret(randomBytes(9).toString('base64url'));
  // side by side: the site takes a second of one core over each
  const asked = Promise.all([
    options.brief === true ? undefined : until('asking with a wrong password', { user, password: wrongPassword }, refused),
    password === undefined ? undefined : until('asking with the password', { user, password }, opens),
  ]);
  const [wrong, right] = await asked.finally(() => stop.abort());
  return { without, ...(wrong === undefined ? {} : { wrong }), ...(right === undefined ? {} : { right }) };
}

async function attempt(ask: Ask, credentials: Credentials | undefined, signal: AbortSignal | undefined): Promise<SiteAnswer> {
  try {
    return await ask(credentials);
  } catch (error) {
    if (signal?.aborted || isCancelled(error)) throw new CancelledError();
    if (error instanceof SkylabError && (isAway(error) || error.code === 'StackFailed')) throw error;
    return { status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}

function unproved(url: string, what: string, answer: SiteAnswer, open: boolean): SkylabError {
  if (open) {
    return new SkylabError(`${url} lets people in without the password (it answered ${answer.status}).`, {
      next: 'Check where basic_auth stands in the Caddyfile.',
      code: 'SiteOpen',
    });
  }
  return new SkylabError(`${url} did not answer as it should, ${what}: ${answerText(answer)}.`, { code: 'SiteUnproved' });
}

/** "401 without the password, 401 with a wrong one, 200 with it". */
export function proofText(proof: Proof): string {
  if (proof.without !== 401) return `${proof.without} without a password: it is not protected`;
  const wrong = proof.wrong === undefined ? '' : `, ${proof.wrong} with a wrong one`;
  const right = proof.right === undefined ? '' : `, ${proof.right} with it`;
  return `${proof.without} without the password${wrong}${right}`;
}
