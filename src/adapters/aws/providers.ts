import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Account } from '../../core/cloud/model';
import type { CloudProvider, CloudProviders, KeyVault } from '../../core/cloud/ports';
import { SkylabError } from '../../core/errors';
import { AwsProvider } from './provider';

/** Milliseconds and attempts of each request; a refused or throttled one is tried anew with growing pauses. */
const LIMITS = { connectionTimeout: 5_000, requestTimeout: 30_000, maxAttempts: 5 };

/** One EC2 client per account, made when first asked for and kept until its settings change. */
export class AwsProviders implements CloudProviders {
  readonly #made = new Map<string, { readonly account: Account; readonly provider: CloudProvider; readonly client: EC2Client }>();

  constructor(private readonly vault: KeyVault) {}

  /** @throws SkylabError `NoCredentials` at the first request when the account's keys are not in the vault */
  for(account: Account): Promise<CloudProvider> {
    const made = this.#made.get(account.id);
    if (made !== undefined && sameAccount(made.account, account)) return Promise.resolve(made.provider);
    this.forget(account.id);
    const client = new EC2Client({
      region: account.region,
      maxAttempts: LIMITS.maxAttempts,
      retryMode: 'adaptive',
      requestHandler: {
        connectionTimeout: LIMITS.connectionTimeout,
        requestTimeout: LIMITS.requestTimeout,
        throwOnRequestTimeout: true,
      },
      ...this.#where(account),
    });
    const provider = new AwsProvider(account, client);
    this.#made.set(account.id, { account, provider, client });
    return Promise.resolve(provider);
  }

  forget(accountId: string): void {
    this.#made.get(accountId)?.client.destroy();
    this.#made.delete(accountId);
  }

  #where(account: Account): Pick<EC2ClientConfig, 'credentials' | 'endpoint' | 'profile'> {
    switch (account.kind) {
      case 'profile':
        return { profile: account.profile, credentials: defaultProvider({ profile: account.profile }) };
      case 'keys':
        return { credentials: () => this.#keys(account) };
      case 'endpoint':
        return { endpoint: account.endpoint, credentials: () => this.#keys(account) };
    }
  }

  async #keys(account: Account) {
    const keys = await this.vault.get(account.id);
    if (keys === undefined)
      throw new SkylabError(`The access key of ${account.name} is not on this computer.`, {
        next: 'Edit the account and type it again.',
        code: 'NoCredentials',
        remedies: [{ kind: 'editAccount', accountId: account.id }],
      });
    return {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey.reveal(),
      ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken.reveal() }),
    };
  }
}

function sameAccount(a: Account, b: Account): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
