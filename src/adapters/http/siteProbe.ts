import { lookup } from 'node:dns/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { SiteProbe } from '../../core/deploy/ports';
import { CancelledError, SkylabError } from '../../core/errors';
import type { Secret } from '../../core/secret';

/** Milliseconds for one answer. */
const ANSWER_MS = 15_000;
const LOOKUP_MS = 4_000;
const MAX_REDIRECTS = 5;
/** Bytes of a body that are kept: enough to say what went wrong. */
const MAX_BODY = 8 * 1024;

interface Credentials {
  readonly user: string;
  readonly password: Secret;
}

interface Answer {
  readonly status: number;
  readonly certificate: 'none' | 'trusted' | 'untrusted';
  readonly issuer?: string;
  readonly body: string;
  readonly location?: string;
}

/**
 * Asks a site as a browser would, over a connection to a given address: the URL's host goes in as SNI and Host header. Certificates are
 * judged, not required: that a site signs its own is told to the person, not taken for a failure.
 */
export class HttpSiteProbe implements SiteProbe {
  async probe(
    url: string,
    address: string,
    credentials?: Credentials,
    signal?: AbortSignal,
  ): Promise<{ status: number; certificate: 'none' | 'trusted' | 'untrusted'; issuer?: string; body: string }> {
    let next = new URL(url);
    const { hostname } = next;
    for (let redirects = 0; ; redirects++) {
      const answer = await ask(next, address, credentials, signal);
      const { location, ...rest } = answer;
      if (location === undefined || answer.status < 300 || answer.status > 399) return rest;
      const target = URL.canParse(location, next.href) ? new URL(location, next) : undefined;
      // the account is for this site alone, and an answer that leads elsewhere is an answer
      if (target?.hostname !== hostname || redirects === MAX_REDIRECTS) return rest;
      next = target;
    }
  }

  async resolve(name: string): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => resolve([]), LOOKUP_MS);
    });
    try {
      const found = lookup(name, { all: true }).then((addresses) => [...new Set(addresses.map(({ address }) => address))]);
      return await Promise.race([found, late]);
    } catch {
      // a name that does not resolve is an answer, whatever the resolver calls it
      return [];
    } finally {
      clearTimeout(timer);
    }
  }
}

function requestOptions(url: URL, address: string, credentials: Credentials | undefined, signal: AbortSignal | undefined): RequestOptions {
  const secure = url.protocol === 'https:';
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const account = credentials && `${credentials.user}:${credentials.password.reveal()}`;
  return {
    host: address,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: {
      Host: url.host,
      Accept: 'text/html, */*',
      'User-Agent': 'Skylab',
      Connection: 'close',
      ...(account === undefined ? {} : { Authorization: `Basic ${Buffer.from(account).toString('base64')}` }),
    },
    timeout: ANSWER_MS,
    // no connection and no TLS session of an earlier answer: a resumed session shows no certificate
    agent: false,
    ...(signal ? { signal } : {}),
    ...(secure ? { rejectUnauthorized: false, ...(isIP(name) ? {} : { servername: name }) } : {}),
  };
}

function certificateOf(message: IncomingMessage): Pick<Answer, 'certificate' | 'issuer'> {
  if (!('getPeerCertificate' in message.socket)) return { certificate: 'none' };
  const socket = message.socket as TLSSocket;
  // an empty object, against its type, where the server gave none
  const { issuer: named } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  const issuer = [named?.O, named?.CN].flat().find((name) => name !== undefined && name !== '');
  return { certificate: socket.authorized ? 'trusted' : 'untrusted', ...(issuer === undefined ? {} : { issuer }) };
}

function ask(url: URL, address: string, credentials: Credentials | undefined, signal: AbortSignal | undefined): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal?.aborted ? new CancelledError() : unreachable(url, address, error));
    const outgoing = request(requestOptions(url, address, credentials, signal), (message) => {
      const verdict = certificateOf(message);
      const { location } = message.headers;
      let body = Buffer.alloc(0);
      const done = () =>
        resolve({
          status: message.statusCode ?? 0,
          ...verdict,
          body: body.toString('utf8'),
          ...(location === undefined ? {} : { location }),
        });
      message.on('data', (chunk: Buffer) => {
        body = Buffer.concat([body, chunk]).subarray(0, MAX_BODY);
        if (body.length < MAX_BODY) return;
        done();
        message.destroy();
      });
      message.on('end', done);
      message.on('error', fail);
    });
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    outgoing.on('error', fail);
    outgoing.end();
  });
}

/** Why no answer came, with what to do where that is known. */
function unreachable(url: URL, address: string, error: Error): SkylabError {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const code = 'code' in error ? String(error.code) : '';
  const where = `${url.host} cannot be reached at ${address} on port ${port} from this computer`;
  if (code === 'ECONNREFUSED') {
    return new SkylabError(`${where}: the connection is refused.`, {
      next: 'Check that the stack publishes the port.',
      code: 'SiteRefused',
      cause: error,
    });
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return new SkylabError(`${where}: no answer comes.`, {
      next: `Check that the machine’s security group lets port ${port} in from your address.`,
      code: 'SiteTimeout',
      cause: error,
    });
  }
  return new SkylabError(`${where}: ${error.message}.`, { code: 'SiteUnreachable', cause: error });
}
