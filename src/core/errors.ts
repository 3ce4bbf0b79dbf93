import { inspect } from 'node:util';

/** What an error's caller may want to offer as a button beside the sentence. The UI maps each to a command. */
export type Remedy =
  | { kind: 'showLog' }
  | { kind: 'signIn'; profile: string }
  | { kind: 'editAccount'; accountId: string }
  | { kind: 'allowMyAddress'; accountId: string; instanceId: string }
  | { kind: 'diagnose'; accountId: string; instanceId: string }
  | { kind: 'openFile'; path: string; line?: number }
  | { kind: 'hostKey'; change: HostKeyChange }
  | { kind: 'retry' };

/** A host key that is not the trusted one. */
export interface HostKeyChange {
  /** What the person calls the machine. */
  readonly name: string;
  /** The name under which its keys are kept. */
  readonly hostKeyAlias: string;
  readonly offered: { readonly type: string; readonly blob: string };
  readonly trusted: readonly { readonly type: string; readonly blob: string }[];
}

export interface SkylabErrorOptions {
  /** What the person can do next: a full sentence. */
  next?: string;
  /** Stable name for tests and callers, such as `HostKeyChanged`. */
  code?: string;
  cause?: unknown;
  remedies?: readonly Remedy[];
}

/** An error for a person: `message` says in one sentence what happened to what; `next` says what to do. Never holds a secret. */
export class SkylabError extends Error {
  readonly next: string | undefined;
  readonly code: string | undefined;
  readonly remedies: readonly Remedy[];

  constructor(message: string, options: SkylabErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SkylabError';
    this.next = options.next;
    this.code = options.code;
    this.remedies = options.remedies ?? [];
  }

  /** The sentence and the next step, as shown in a notification. */
  get sentence(): string {
    return this.next === undefined ? this.message : `${this.message} ${this.next}`;
  }
}

/** The person cancelled: never shown as an error. */
export class CancelledError extends Error {
  constructor() {
    super('Cancelled');
    this.name = 'CancelledError';
  }
}

/** True for our own cancellation and for the AbortError that node and the SDKs throw. */
export function isCancelled(error: unknown): boolean {
  return error instanceof CancelledError || (error instanceof Error && error.name === 'AbortError');
}

/** @throws CancelledError when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError();
}

/** The sentence for a person, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof SkylabError) return error.sentence;
  return error instanceof Error ? error.message : inspect(error);
}

/** The error and its causes, one line each, for the log. */
export function causeChain(error: unknown): string {
  const lines: string[] = [];
  for (let e: unknown = error; e !== undefined && lines.length < 10; e = e instanceof Error ? e.cause : undefined) {
    lines.push(e instanceof Error ? `${e.name}: ${e.message}` : inspect(e));
  }
  return lines.join('\n  caused by ');
}

/** Resolves after the time, rejects with CancelledError as soon as the signal fires. @param ms milliseconds */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(new CancelledError());
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
