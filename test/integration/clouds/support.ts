import { randomUUID } from 'node:crypto';
import { AwsProviders } from '../../../src/adapters/aws/providers';
import { HttpEndpointProbe } from '../../../src/adapters/aws/compat/probe';
import type { EndpointAccount } from '../../../src/core/cloud/model';
import type { AccessKeys, CloudProvider } from '../../../src/core/cloud/ports';
import { Secret } from '../../../src/core/secret';
import { startQuirkServer, type QuirkOptions, type QuirkServer } from '../../quirk-server/server';
import { MapVault } from '../../unit/core/cloud/support';

/** A person's side of a private cloud: the server, and an account found out about as the editor does. */
export interface PrivateCloud {
  readonly server: QuirkServer;
  readonly account: EndpointAccount;
  readonly keys: AccessKeys;
  readonly providers: AwsProviders;
  readonly provider: CloudProvider;
  stop(): Promise<void>;
}

export const keysOf = (accessKeyId: string, secret: string): AccessKeys => ({ accessKeyId, secretAccessKey: new Secret(secret) });

export async function openPrivateCloud(options: Partial<QuirkOptions> = {}): Promise<PrivateCloud> {
  const server = await startQuirkServer(options);
  const vault = new MapVault();
  const providers = new AwsProviders(vault);
  const probe = new HttpEndpointProbe((account, keys) => providers.open(account, keys));
  const flavor = await probe.look(server.endpoint);
  const id = randomUUID();
  const bare: EndpointAccount = { kind: 'endpoint', id, name: 'lab', endpoint: server.endpoint, region: 'opennebula', flavor };
  const { account, keys } = await probe.signIn(bare, keysOf('ada', 'correct horse'));
  await vault.set(id, keys);
  return {
    server,
    account,
    keys,
    providers,
    provider: await providers.for(account),
    stop: async () => {
      providers.forget(id);
      await server.stop();
    },
  };
}

/** Asks until the answer is there. */
export async function until<T>(look: () => Promise<T | undefined>, ms = 5_000): Promise<T> {
  for (const end = Date.now() + ms; ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('It did not come to be.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
