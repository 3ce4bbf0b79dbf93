import type { Agent } from 'node:https';
import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Account, EndpointAccount } from '../../core/cloud/model';
import type { AccessKeys, CloudProvider, CloudProviders, KeyVault } from '../../core/cloud/ports';
import type { CloudResources } from '../../core/cloud/resources/ports';
import { SkylabError } from '../../core/errors';
import { OpenNebulaProvider } from './compat/openNebula';
import type { V2Keys } from './compat/signV2';
import { adaptClient, agentFor, needsAdapting, signedEndpoint } from './compat/wire';
import { profileEndpoint } from './profiles';
import { AwsProvider } from './provider';

/** Milliseconds and attempts of each request; a refused or throttled one is tried anew with growing pauses. */
const LIMITS = { connectionTimeout: 5_000, requestTimeout: 30_000, maxAttempts: 5 };

type Where = Pick<EC2ClientConfig, 'credentials' | 'endpoint' | 'profile'>;

interface Made {
  readonly account: Account;
  readonly provider: CloudProvider;
  readonly client: EC2Client;
}

/** One EC2 client per account, made when first asked for and kept until its settings change. */
export class AwsProviders implements CloudProviders {
  readonly #made = new Map<string, Made>();
  /** Machines by disk, by account: see OpenNebulaResources. */
  readonly #attachedTo = new Map<string, Map<string, string>>();

  constructor(private readonly vault: KeyVault) {}

  /** @throws SkylabError `NoCredentials` at the first request when the account's keys are not in the vault */
  async for(account: Account): Promise<CloudProvider> {
    return (await this.#get(account)).provider;
  }

  /** The client behind an account's provider, for other parts of the same cloud; not to be kept: settings may change. */
  async client(account: Account): Promise<EC2Client> {
    return (await this.#get(account)).client;
  }

  /** What the account has besides machines. */
  async resources(account: Account): Promise<CloudResources> {
    const client = () => this.client(account);
    if (account.kind !== 'endpoint' || account.flavor !== 'opennebula')
      return new (await import('./resources')).AwsResources(account, client);
    const attachedTo = this.#attachedTo.get(account.id) ?? new Map<string, string>();
    this.#attachedTo.set(account.id, attachedTo);
    return new (await import('./compat/resources')).OpenNebulaResources(account, client, attachedTo);
  }

  /** Credentials and endpoint of an account, for clients of its other services. */
  settings(account: Account): Promise<Pick<EC2ClientConfig, 'credentials' | 'endpoint' | 'profile'>> {
    return this.#where(account);
  }

  async #get(account: Account): Promise<Made> {
    const kept = this.#kept(account);
    if (kept !== undefined) return kept;
    const where = await this.#where(account);
    const httpsAgent = account.kind === 'endpoint' ? await agentFor(account.caFile) : undefined;
    // Another caller may have made it meanwhile.
    const made = this.#kept(account);
    if (made !== undefined) return made;
    this.forget(account.id);
    const fresh: Made = { account, ...this.#make(account, where, httpsAgent, () => this.keys(account)) };
    this.#made.set(account.id, fresh);
    return fresh;
  }

  /** A client of its own for an account that is not kept yet, with these keys; to be closed after use. */
  async open(account: EndpointAccount, keys: AccessKeys): Promise<{ readonly provider: CloudProvider; readonly close: () => void }> {
    const given = () => Promise.resolve(revealed(keys));
    const httpsAgent = await agentFor(account.caFile);
    const { provider, client } = this.#make(account, { endpoint: signedEndpoint(account), credentials: given }, httpsAgent, given);
    return { provider, close: () => client.destroy() };
  }

  #make(account: Account, where: Where, httpsAgent: Agent | undefined, keys: () => Promise<V2Keys>): Pick<Made, 'provider' | 'client'> {
    const isOpenNebula = account.kind === 'endpoint' && account.flavor === 'opennebula';
    const client = new EC2Client({
      region: account.region,
      // Most of OpenNebula's actions would be done twice: they take no token, and may fail after their work is done.
      maxAttempts: isOpenNebula ? 1 : LIMITS.maxAttempts,
      retryMode: 'adaptive',
      requestHandler: {
        connectionTimeout: LIMITS.connectionTimeout,
        requestTimeout: LIMITS.requestTimeout,
        throwOnRequestTimeout: true,
        ...(httpsAgent === undefined ? {} : { httpsAgent }),
      },
      ...where,
    });
    // It goes through every answer for a log that nobody keeps: a sixth of the time of a long listing.
    client.middlewareStack.remove('loggerMiddleware');
    if (account.kind === 'endpoint' && needsAdapting(account)) adaptClient(client, account, keys);
    const provider = isOpenNebula ? new OpenNebulaProvider(account, client) : new AwsProvider(account, client);
    return { provider, client };
  }

  #kept(account: Account): Made | undefined {
    const made = this.#made.get(account.id);
    return made !== undefined && sameAccount(made.account, account) ? made : undefined;
  }

  forget(accountId: string): void {
    this.#made.get(accountId)?.client.destroy();
    this.#made.delete(accountId);
  }

  async #where(account: Account): Promise<Where> {
    switch (account.kind) {
      case 'profile': {
        const endpoint = await profileEndpoint(account.profile);
        return {
          profile: account.profile,
          credentials: defaultProvider({ profile: account.profile }),
          ...(endpoint === undefined ? {} : { endpoint }),
        };
      }
      case 'keys':
        return { credentials: () => this.keys(account) };
      case 'endpoint':
        return { endpoint: signedEndpoint(account), credentials: () => this.keys(account) };
    }
  }

  /** The access key of an account whose keys are kept here. @throws SkylabError `NoCredentials` */
  async keys(account: Account): Promise<V2Keys> {
    const keys = await this.vault.get(account.id);
    if (keys === undefined)
      throw new SkylabError(`The access key of ${account.name} is not on this computer.`, {
        next: 'Edit the account and type it again.',
        code: 'NoCredentials',
        remedies: [{ kind: 'editAccount', accountId: account.id }],
      });
    return revealed(keys);
  }
}

function revealed({ accessKeyId, secretAccessKey, sessionToken }: AccessKeys): V2Keys {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  };
}

function sameAccount(a: Account, b: Account): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
