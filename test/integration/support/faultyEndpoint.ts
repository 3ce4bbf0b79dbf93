import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What happens to one request on its way to the cloud; `undefined` lets it through. */
export type Fate =
  | undefined
  /** Refused as EC2 refuses too many requests. */
  | 'throttled'
  /** Refused as EC2 refuses what the person may not do. */
  | 'refused'
  /** Answered with an error of the server's. */
  | 'error'
  /** The cloud does it, and the answer never arrives. */
  | 'answerLost'
  /** The cloud does it, and the answer comes after this many milliseconds. */
  | { readonly lateMs: number };

/** An HTTP way to a cloud on which requests can go wrong, counted by EC2 action. */
export interface FaultyEndpoint {
  readonly endpoint: string;
  /** How often each action was asked for. */
  readonly counts: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface FaultyOptions {
  /** @param nth counts from 1 for each action */
  fate?(action: string, nth: number): Fate;
  /** Called before the cloud gets the request. */
  before?(action: string, nth: number): void;
  /** Called after the cloud has done it, before the answer goes back. */
  after?(action: string, nth: number): void;
}

export async function startFaultyEndpoint(target: string, options: FaultyOptions): Promise<FaultyEndpoint> {
  const counts = new Map<string, number>();
  const waiting = new Set<NodeJS.Timeout>();
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await buffer(req);
    const action = new URLSearchParams(body.toString()).get('Action') ?? '';
    const nth = (counts.get(action) ?? 0) + 1;
    counts.set(action, nth);
    const fate = options.fate?.(action, nth);
    if (fate === 'throttled' || fate === 'error' || fate === 'refused') {
      refuse(res, fate);
      return;
    }
    options.before?.(action, nth);
    const answer = await forward(target, req, body);
    options.after?.(action, nth);
    if (fate === 'answerLost') {
      req.socket.resetAndDestroy();
      return;
    }
    const send = (): void => {
      res.writeHead(answer.status, answer.headers);
      res.end(answer.body);
    };
    if (fate === undefined) send();
    else waiting.add(setTimeout(send, fate.lateMs));
  };
  // a client that has gone is what these tests are about
  const server = createServer((req, res) => void serve(req, res).catch(() => req.socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    counts,
    stop: async () => {
      for (const timer of waiting) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const REFUSALS = {
  throttled: [503, 'RequestLimitExceeded', 'Request limit exceeded.'],
  error: [500, 'InternalError', 'An internal error has occurred'],
  refused: [403, 'UnauthorizedOperation', 'You are not authorized to perform this operation.'],
} as const;

function refuse(res: ServerResponse, fate: keyof typeof REFUSALS): void {
  const [status, code, message] = REFUSALS[fate];
  res.writeHead(status, { 'content-type': 'text/xml' });
  res.end(`<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`);
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** The host header stays: it is signed. */
function forward(target: string, req: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const on = request(new URL(req.url ?? '/', target), { method: req.method ?? 'POST', headers: req.headers }, (res) => {
      buffer(res).then(
        (answer) =>
          resolve({ status: res.statusCode ?? 500, headers: { 'content-type': res.headers['content-type'] ?? 'text/xml' }, body: answer }),
        reject,
      );
    });
    on.once('error', reject);
    on.end(body);
  });
}
