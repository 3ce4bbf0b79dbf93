import { createHash, createHmac } from 'node:crypto';

export interface Seen {
  readonly method: string;
  /** As the server behind any proxy sees it. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Query and body together; the uploaded file is not among them. */
  readonly params: ReadonlyMap<string, string>;
}

export interface AuthOptions {
  /** User name to the stored hash of the password. */
  readonly users: ReadonlyMap<string, string>;
  /** `:ssl_server`, else `http://host:port/`; version 2 signatures are checked against it and not against the request. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Servers up to 4.14.0 know version 2 only. */
  readonly v4: boolean;
}

/** @returns the user who signed, or undefined for 401 */
export function authenticate(seen: Seen, options: AuthOptions): string | undefined {
  if (seen.params.has('AWSAccessKeyId')) return checkV2(seen, options);
  return options.v4 && (seen.headers['authorization'] ?? '').startsWith('AWS4-HMAC-SHA256') ? checkV4(seen, options) : undefined;
}

/** The Timestamp is never looked at; a missing SignatureMethod means SHA-1. */
function checkV2({ method, params }: Seen, { users, host, port, path }: AuthOptions): string | undefined {
  const user = params.get('AWSAccessKeyId') ?? '';
  const secret = users.get(user);
  if (secret === undefined || params.get('SignatureVersion') !== '2') return undefined;
  const hash = params.get('SignatureMethod') === 'HmacSHA256' ? 'sha256' : 'sha1';
  const query = [...params]
    .filter(([key]) => key !== 'Signature' && key !== 'file' && !key.startsWith('econe_'))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, value]) => `${escaped(key)}=${escaped(value)}`)
    .join('&');
  const right = [`${host}:${port}`, host].map((name) =>
    createHmac(hash, secret).update(`${method}\n${name}\n${path}\n${query}`).digest('base64'),
  );
  return right.includes(params.get('Signature') ?? '') ? user : undefined;
}

/** Path and Host as this server sees them; the header with the body's hash is believed; dates are not compared with the clock. */
function checkV4(seen: Seen, { users }: AuthOptions): string | undefined {
  const header = seen.headers['authorization'] ?? '';
  const field = (name: string) => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1] ?? '';
  const [user = '', date = '', region = '', service = ''] = field('Credential').split('/');
  const secret = users.get(user);
  const names = field('SignedHeaders').split(';');
  if (secret === undefined) return undefined;
  const canonical = [
    seen.method,
    seen.path,
    [...new URLSearchParams(seen.query)]
      .map(([k, v]) => `${escaped(k)}=${escaped(v)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(seen.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    seen.headers['x-amz-content-sha256'] ?? '',
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', seen.headers['x-amz-date'] ?? '', scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  );
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex') === field('Signature') ? user : undefined;
}

/** RFC 3986, with upper case hexadecimal digits. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
