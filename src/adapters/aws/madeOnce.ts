import { setTimeout as sleep } from 'node:timers/promises';
import { isCancelled } from '../../core/errors';

/** A command as far as its way to the cloud goes. */
interface Sendable {
  readonly middlewareStack: {
    addRelativeTo(
      middleware: <A, O>(next: (args: A) => Promise<O>) => (args: A) => Promise<O>,
      options: { readonly relation: 'after'; readonly toMiddleware: string; readonly name: string },
    ): void;
  };
}

/** Looks for something that was made a moment ago: a list may lag behind. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 700;

/** Leaves the SDK's attempts: what it wants to make is there. */
class Made<T> extends Error {
  constructor(readonly what: T) {
    super('It is there already.');
  }
}

/**
 * Sends a request that makes something and has no client token. The SDK asks again when an answer does not arrive, and EC2 would make a
 * second one: before each further attempt it is looked whether the first one was made after all.
 * @param send sends this very command
 * @param find by the tag that the request gives to what it makes
 * @throws as the SDK does
 */
export async function makeOnce<T>(command: Sendable, send: () => Promise<T>, find: () => Promise<T | undefined>): Promise<T> {
  const sent = { unanswered: false };
  const look = async (): Promise<T | undefined> => {
    for (let n = 1; ; n++) {
      const found = await find();
      if (found !== undefined || n === LOOKS) return found;
      await sleep(LOOK_AGAIN_MS);
    }
  };
  command.middlewareStack.addRelativeTo(
    (next) => async (args) => {
      if (sent.unanswered) {
        const made = await look();
        if (made !== undefined) throw new Made(made);
      }
      try {
        return await next(args);
      } catch (error) {
        sent.unanswered ||= mayBeDone(error);
        throw error;
      }
    },
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'skylabMakeOnce' },
  );
  try {
    return await send();
  } catch (error) {
    if (error instanceof Made) return (error as Made<T>).what;
    // The last answer was lost, too.
    const made = sent.unanswered && !isCancelled(error) ? await look().catch(() => undefined) : undefined;
    if (made !== undefined) return made;
    throw error;
  }
}

/** An answer that says no has made nothing; one that never came, or a failure on the other side, tells nothing. */
function mayBeDone(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown = typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  const refused = error.name === 'RequestLimitExceeded' || error.name === 'Throttling';
  return !refused && (typeof status !== 'number' || status >= 500);
}
