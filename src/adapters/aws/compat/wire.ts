import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EndpointAccount } from '../../../core/cloud/model';
import { SkylabError } from '../../../core/errors';
import { errorCodeOf, repaired } from './answers';
import { formBody, signV2, type V2Keys } from './signV2';

/** The parts of the SDK's request that are looked at or changed on its way out. */
interface WireRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface WireResponse {
  statusCode: number;
  body: unknown;
}

/** False for accounts that are spoken to as EC2 itself is. */
export function needsAdapting({ flavor, signature }: EndpointAccount): boolean {
  return signature !== undefined || (flavor !== undefined && flavor !== 'moto');
}

/** Where the SDK is to think that it sends to: its signature is made for the path of this. */
export function signedEndpoint({ endpoint, signedPath, signature }: EndpointAccount): string {
  if (signedPath === undefined || signature === 'v2' || signature === 'v2sha1') return endpoint;
  return new URL(signedPath === '' ? '/' : signedPath, endpoint).href;
}

/** The paths that OpenNebula may make version 2 for, the likeliest first: that of its `ssl_server` setting, which may lack a slash, or `/`. */
export function signedPathsV2({ endpoint, signature, signedPath }: EndpointAccount): readonly string[] {
  const path = new URL(endpoint).pathname;
  if (signature === 'v2' || signature === 'v2sha1') return [signedPath ?? path];
  return [...new Set([path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`, '/', ''])];
}

/**
 * Puts the habits of compatible clouds between the SDK and the wire: signature version 2, a path that a proxy cuts off,
 * and the repair of answers (see `repaired`).
 * @param keys read at each request that is signed anew
 */
export function adaptClient(client: EC2Client, account: EndpointAccount, keys: () => Promise<V2Keys>): void {
  let signature = account.signature ?? 'auto';
  const path = new URL(account.endpoint).pathname;
  client.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as WireRequest;
      const exchange = async (outgoing: WireRequest) => {
        const result = await next({ ...args, request: outgoing });
        return { result, response: await readAnswer(result.response as WireResponse) };
      };
      const asV2 = async (hash: 'sha256' | 'sha1') => withV2(request, path, account.signedPath ?? path, await keys(), hash);
      if (signature === 'v2') return (await exchange(await asV2('sha256'))).result;
      if (signature === 'v2sha1') return (await exchange(await asV2('sha1'))).result;
      const first = await exchange({ ...request, path });
      if (signature === 'v4' || !isUnknownSignature(first.response)) return first.result;
      const second = await exchange(await asV2('sha256'));
      if (second.response.status < 400) signature = 'v2';
      return second.response.status === 401 ? first.result : second.result;
    },
    // As close to the wire as can be: after the SDK's own signature, before anything reads the answer.
    { step: 'deserialize', priority: 'low', name: 'skylabCompatibleClouds' },
  );
}

function isUnknownSignature({ status, text }: { readonly status: number; readonly text: string }): boolean {
  return status === 401 && errorCodeOf(text) === 'AuthFailure';
}

/** Reads the body to its end and puts the repaired one in its place. */
async function readAnswer(response: WireResponse): Promise<{ status: number; text: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  const answer = repaired({ status: response.statusCode, text: Buffer.concat(chunks).toString('utf8') });
  response.statusCode = answer.status;
  response.body = Buffer.from(answer.text, 'utf8');
  return answer;
}

/** @param path where it goes @param signedPath what the signature is made for */
function withV2(request: WireRequest, path: string, signedPath: string, keys: V2Keys, hash: 'sha256' | 'sha1'): WireRequest {
  const params = new Map(new URLSearchParams(typeof request.body === 'string' ? request.body : ''));
  const host = hostOf(request);
  const body = formBody(signV2({ method: 'POST', host, path: signedPath, params }, keys, hash, new Date()));
  const kept = Object.entries(request.headers).filter(([name]) => !/^(authorization|x-amz-.*|content-length)$/i.test(name));
  return { ...request, path, body, headers: { ...Object.fromEntries(kept), 'content-length': String(Buffer.byteLength(body)) } };
}

/** As in the Host header: without the protocol's own port. */
export function hostOf({ protocol, hostname, port }: Pick<WireRequest, 'protocol' | 'hostname' | 'port'>): string {
  const usual = protocol.startsWith('https') ? 443 : 80;
  return port === undefined || port === usual ? hostname : `${hostname}:${port}`;
}

/**
 * An agent that believes a CA file's certificates besides the usual ones; undefined where there is none.
 * @throws SkylabError `BadCaFile`
 */
export async function agentFor(caFile: string | undefined): Promise<Agent | undefined> {
  if (caFile === undefined) return undefined;
  let pem: string;
  try {
    pem = await readFile(caFile, 'utf8');
  } catch (error) {
    throw new SkylabError(`The certificate file ${caFile} cannot be read.`, {
      next: 'Edit the account and choose it again.',
      code: 'BadCaFile',
      cause: error,
    });
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new SkylabError(`${caFile} holds no certificate in PEM form.`, {
      next: 'Ask whoever runs the cloud for its certificate as a .pem file.',
      code: 'BadCaFile',
    });
  return new Agent({ ca: [...rootCertificates, pem], keepAlive: true });
}
