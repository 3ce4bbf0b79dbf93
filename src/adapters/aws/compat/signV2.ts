import { createHmac } from 'node:crypto';

/** What a version 2 signature is made over. */
export interface V2Request {
  readonly method: 'GET' | 'POST';
  /** With the port, where it is not the protocol's own. */
  readonly host: string;
  /** As the server believes to be asked; may be empty. */
  readonly path: string;
  /** All of them, without those of the signature. */
  readonly params: ReadonlyMap<string, string>;
}

export interface V2Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The parameters with those that sign them. Source: AWS General Reference, "Signature Version 2 signing process"
 * (parameters sorted by their bytes, RFC 3986 escapes, HMAC in base64).
 * @param at when it is signed
 */
export function signV2(request: V2Request, keys: V2Keys, hash: 'sha256' | 'sha1', at: Date): ReadonlyMap<string, string> {
  const params = new Map(request.params);
  params.set('AWSAccessKeyId', keys.accessKeyId);
  params.set('SignatureVersion', '2');
  params.set('SignatureMethod', hash === 'sha256' ? 'HmacSHA256' : 'HmacSHA1');
  params.set('Timestamp', at.toISOString().replace(/\.\d+Z$/, 'Z'));
  if (keys.sessionToken !== undefined) params.set('SecurityToken', keys.sessionToken);
  params.set('Signature', v2Signature({ ...request, params }, keys.secretAccessKey, hash));
  return params;
}

/** The signature over a request that has all parameters but this. */
export function v2Signature({ method, host, path, params }: V2Request, secret: string, hash: 'sha256' | 'sha1'): string {
  const text = [method, host.toLowerCase(), path, canonicalQuery(params)].join('\n');
  return createHmac(hash, secret).update(text, 'utf8').digest('base64');
}

function canonicalQuery(params: ReadonlyMap<string, string>): string {
  return [...params]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join('&');
}

/** RFC 3986: all but the unreserved characters, in upper case hexadecimal digits. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The parameters as the body of a form. */
export function formBody(params: ReadonlyMap<string, string>): string {
  return [...params].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');
}
