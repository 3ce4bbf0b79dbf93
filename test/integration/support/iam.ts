import { createHash, createHmac } from 'node:crypto';
import type { PracticeCloud } from '../../practice-cloud/cloud';

const VERSION = '2010-05-08';

/**
 * Asks the practice cloud's IAM, for which Skylab has no client. Signed as "Signature Version 4" sets out.
 * @throws Error with the answer's text when the cloud refuses
 */
export async function iam(
  cloud: Pick<PracticeCloud, 'endpoint' | 'credentials'>,
  action: string,
  fields: Readonly<Record<string, string>>,
) {
  const body = new URLSearchParams({ Action: action, Version: VERSION, ...fields }).toString();
  const { host } = new URL(cloud.endpoint);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [stamp.slice(0, 8), 'us-east-1', 'iam', 'aws4_request'];
  const type = 'application/x-www-form-urlencoded';
  const signed = 'content-type;host;x-amz-date';
  const canonical = ['POST', '/', '', `content-type:${type}`, `host:${host}`, `x-amz-date:${stamp}`, '', signed, sha256(body)].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${cloud.credentials.secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', stamp, scope.join('/'), sha256(canonical)].join('\n')).toString('hex');
  const credential = `${cloud.credentials.accessKeyId}/${scope.join('/')}`;
  const response = await fetch(cloud.endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': type,
      'x-amz-date': stamp,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
    },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${action}: ${text}`);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
