import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isCancelled } from '../../../core/errors';

/** An answer that is read by hand, not by the SDK. */
export interface Seen {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly server: string;
}

export interface Outgoing {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Iterable<Buffer> | AsyncIterable<Buffer>;
  readonly agent: Agent | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without anything coming or going. */
  readonly idleMs: number;
}

/**
 * One POST, its body sent as it is read.
 * @throws node's error, with code `ETIMEDOUT` when nothing moved for `idleMs`; an AbortError
 */
export async function post(url: string, { headers, body, agent, signal, idleMs }: Outgoing): Promise<Seen> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = send(url, { method: 'POST', headers, ...(agent && { agent }), ...(signal && { signal }) });
  request.setTimeout(idleMs, () => request.destroy(Object.assign(new Error('no answer came in time'), { code: 'ETIMEDOUT' })));
  const answer = new Promise<Seen>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
          contentType: response.headers['content-type'] ?? '',
          server: String(response.headers.server ?? ''),
        }),
      );
    });
  });
  const sent = pipeline(Readable.from(body), request).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    return await answer;
  } catch (error) {
    // What went wrong while reading the body says more than the connection that ended for it.
    const failure = await sent;
    if (failure instanceof Error && !isCancelled(error)) throw failure;
    throw error;
  }
}
