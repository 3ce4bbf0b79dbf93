import { createHash } from 'node:crypto';
import type { EndpointProbe } from '../../../core/cloud/endpoints';
import type { CloudFlavor, EndpointAccount } from '../../../core/cloud/model';
import type { AccessKeys, CloudProvider } from '../../../core/cloud/ports';
import { SkylabError, throwIfCancelled } from '../../../core/errors';
import { Secret } from '../../../core/secret';
import { explainAwsError } from '../errors';
import { errorCodeOf } from './answers';
import { post, type Seen } from './exchange';
import { agentFor, signedPathsV2 } from './wire';

const TIMEOUT_MS = 10_000;

/** Makes a provider of an account that is not kept yet, with these keys. */
type Open = (account: EndpointAccount, keys: AccessKeys) => Promise<{ readonly provider: CloudProvider; readonly close: () => void }>;

/** Looks at an endpoint before an account of it is kept. */
export class HttpEndpointProbe implements EndpointProbe {
  constructor(private readonly open: Open) {}

  async look(endpoint: string, caFile?: string, signal?: AbortSignal): Promise<CloudFlavor> {
    const account: EndpointAccount = { kind: 'endpoint', id: '', name: endpoint, endpoint, region: '' };
    let seen: Seen;
    try {
      seen = await ask(endpoint, caFile, signal);
    } catch (error) {
      throw explainAwsError(error, { account, doing: 'see what answers there' });
    }
    const flavor = flavorOf(seen);
    if (flavor !== undefined) return flavor;
    throw new SkylabError(`No EC2 interface answers at ${endpoint}: it says ${seen.status} to a request of EC2's.`, {
      next: 'Check the address, its port and its path. OpenNebula listens on port 4567 unless a proxy stands before it.',
      code: 'NoCloudThere',
    });
  }

  async signIn(account: EndpointAccount, keys: AccessKeys, signal?: AbortSignal): Promise<{ account: EndpointAccount; keys: AccessKeys }> {
    let refusal: unknown;
    for (const way of waysOf(account))
      for (const secretAccessKey of secretsOf(account, keys)) {
        throwIfCancelled(signal);
        const tried = { account: { ...account, ...way }, keys: { ...keys, secretAccessKey } };
        const { provider, close } = await this.open(tried.account, tried.keys);
        try {
          await provider.check(signal);
          return tried;
        } catch (error) {
          if (!(error instanceof SkylabError) || error.code !== 'BadKey') throw error;
          refusal ??= error;
        } finally {
          close();
        }
      }
    throw refused(account, refusal);
  }
}

function refused(account: EndpointAccount, cause: unknown): SkylabError {
  if (account.flavor !== 'opennebula')
    return new SkylabError(`${account.endpoint} does not accept the access key.`, {
      next: 'Check that key ID and secret belong together, and that the address is the one that whoever runs the cloud gives out.',
      code: 'BadKey',
      cause,
    });
  return new SkylabError(`The OpenNebula at ${account.endpoint} does not accept this user and password.`, {
    next: 'Check both, and that the address is the one that whoever runs the cloud gives out: signatures are made for it. Users of other drivers than core and public cannot use the EC2 interface.',
    code: 'BadKey',
    cause,
  });
}

type Way = Pick<EndpointAccount, 'signature'> & { readonly signedPath?: string };

/**
 * Ways of signing, the likeliest first. Behind a proxy that cuts a path off, version 4 has to be made for `/` (which holds where the proxy
 * keeps the Host header).
 */
function waysOf(account: EndpointAccount): readonly Way[] {
  const { endpoint, signature = 'auto' } = account;
  const path = new URL(endpoint).pathname;
  const ways: Way[] = [
    { signature: 'v4' },
    ...(path === '/' ? [] : [{ signature: 'v4' as const, signedPath: '/' }]),
    ...signedPathsV2({ ...account, signature: 'auto' }).map((signedPath) => ({
      signature: 'v2' as const,
      ...(signedPath !== path && { signedPath }),
    })),
    { signature: 'v2sha1' },
  ];
  return signature === 'auto' ? ways : ways.filter((way) => way.signature === signature);
}

/** What may stand for the secret: OpenNebula's is the password's SHA-1 up to 5.8 and SHA-256 from 5.10, as hexadecimal digits. */
function secretsOf({ flavor }: EndpointAccount, { secretAccessKey }: AccessKeys): readonly Secret[] {
  if (flavor !== 'opennebula') return [secretAccessKey];
  const typed = secretAccessKey.reveal();
  const hashed = ['sha256', 'sha1'].map((hash) => new Secret(createHash(hash).update(typed, 'utf8').digest('hex')));
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(typed) ? [secretAccessKey, ...hashed] : [...hashed, secretAccessKey];
}

/**
 * What answered. econe-server refuses before it looks at the action, as a web page whose content is XML (econe-server.rb);
 * a simulator answers without a key.
 */
function flavorOf({ status, text, contentType, server }: Seen): CloudFlavor | undefined {
  if (/werkzeug|moto/i.test(server) && status < 500) return 'moto';
  if (status === 401 && errorCodeOf(text) === 'AuthFailure' && contentType.startsWith('text/html')) return 'opennebula';
  if (errorCodeOf(text) !== undefined) return 'ec2';
  if (/<DescribeRegionsResponse[\s>]/.test(text)) return /<regionName>opennebula</.test(text) ? 'opennebula' : 'ec2';
  return undefined;
}

async function ask(endpoint: string, caFile: string | undefined, signal: AbortSignal | undefined): Promise<Seen> {
  const agent = await agentFor(caFile);
  const body = Buffer.from('Action=DescribeRegions&Version=2016-11-15');
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'content-length': body.length };
  try {
    return await post(endpoint, { headers, body: [body], agent, signal, idleMs: TIMEOUT_MS });
  } finally {
    agent?.destroy();
  }
}
