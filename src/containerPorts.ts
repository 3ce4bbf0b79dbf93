import path from 'node:path';
import type { AwsProviders } from './adapters/aws/providers';
import type { KeyCode } from './adapters/ssh/keyCode';
import type { Accounts } from './core/cloud/accounts';
import type { MachineCache } from './core/cloud/machineCache';
import type { LocalSender } from './core/cloud/launching/ports';
import type { PriceList } from './core/cloud/money/priceBook';
import type { NamePorts } from './core/cloud/names/ports';
import type { OffersSource } from './core/cloud/offers/ports';
import type { CloudProviders, ProfileSource, PublicAddress } from './core/cloud/ports';
import type { Schema } from './core/cloud/specs/schema';
import type { PasswordHasher } from './core/deploy/ports';
import type { Log } from './core/log';
import type { Recipes } from './core/recipes/recipes';
import type { IdentityFiles, KnownHosts, SshDialer } from './core/ssh/ports';
import type { Uploader } from './core/transfer/upload';
import type { Settings } from './ui/settings';

/** Makes a value when it is first asked for, once; a failed attempt is not kept. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** @param aws makes the AWS clients when first asked for */
export function lazyProviders(aws: () => Promise<AwsProviders>): CloudProviders {
  let made: CloudProviders | undefined;
  return {
    for: async (account) => (made = await aws()).for(account),
    // What was never loaded keeps nothing.
    forget: (accountId) => made?.forget(accountId),
  };
}

export function lazyMachineCache(folder: string, log: Log): MachineCache {
  const load = once(async () => new (await import('./adapters/files/machineCache')).FileMachineCache(folder, log));
  return { read: async (...given) => (await load()).read(...given), write: async (...given) => (await load()).write(...given) };
}

export function lazyNames(aws: () => Promise<AwsProviders>): NamePorts {
  const zones = once(async () => new (await import('./adapters/aws/zones')).AwsZones(await aws()));
  const lookup = once(async () => new (await import('./adapters/net/dnsLookup')).NodeDnsLookup());
  const questions = once(async () => (await import('./ui/names/questions')).nameQuestions);
  return {
    zones: async (account) => (await zones()).for(account),
    lookup: {
      nameServers: async (...given) => (await lookup()).nameServers(...given),
      addresses: async (...given) => (await lookup()).addresses(...given),
    },
    questions: {
      createZone: async (...given) => (await questions()).createZone(...given),
      takeOver: async (...given) => (await questions()).takeOver(...given),
      tellNameServers: (...told) => void questions().then((ask) => ask.tellNameServers(...told)),
    },
  };
}

export function lazyPriceList(accounts: Accounts, aws: () => Promise<AwsProviders>): PriceList {
  const load = once(async () => new (await import('./adapters/aws/prices')).AwsPriceList(() => accounts.list(), await aws()));
  return { ask: async (...given) => (await load()).ask(...given) };
}

export function lazySender(homeDir: string, uploader: () => Promise<Uploader>): LocalSender {
  const load = once(async () => new (await import('./adapters/files/localSender')).DiskSender(homeDir, uploader));
  return { send: async (...given) => (await load()).send(...given) };
}

export function lazyOffers(aws: () => Promise<AwsProviders>, log: Log): OffersSource {
  const load = once(
    async () => new (await import('./adapters/aws/offers')).AwsOffers(async (account) => (await aws()).client(account), log),
  );
  return { read: async (...given) => (await load()).read(...given) };
}

export function lazyProfiles(homeDir: string): ProfileSource {
  const load = once(async () => new (await import('./adapters/aws/profiles')).AwsProfiles(homeDir));
  return { list: async () => (await load()).list(), botoKeys: async () => (await load()).botoKeys() };
}

export function lazyPublicAddress(settings: Settings): PublicAddress {
  const load = once(async () => {
    const { CHECK_ADDRESS_URL, HttpPublicAddress } = await import('./adapters/aws/publicAddress');
    return new HttpPublicAddress(() => [settings.publicAddressUrl ?? CHECK_ADDRESS_URL]);
  });
  return { find: async (...given) => (await load()).find(...given) };
}

export function lazyIdentities(homeDir: string): IdentityFiles {
  const load = once(async () => new (await import('./adapters/files/identityFiles')).FileIdentityFiles(homeDir));
  return {
    create: async (...given) => (await load()).create(...given),
    keep: async (...given) => (await load()).keep(...given),
    remove: async (...given) => (await load()).remove(...given),
    find: async (...given) => (await load()).find(...given),
    listPublic: async () => (await load()).listPublic(),
    publicKeyOf: async (...given) => (await load()).publicKeyOf(...given),
  };
}

export function lazyKnownHosts(homeDir: string): KnownHosts {
  const load = once(async () => new (await import('./adapters/files/knownHosts')).FileKnownHosts(homeDir));
  return {
    lookup: async (...given) => (await load()).lookup(...given),
    trust: async (...given) => (await load()).trust(...given),
    forget: async (...given) => (await load()).forget(...given),
    replace: async (...given) => (await load()).replace(...given),
  };
}

export function lazyDialer(homeDir: string, log: Log, keyCode: () => Promise<KeyCode>): SshDialer {
  const load = once(async () => {
    const [{ Ssh2Dialer }, { agentSocket }] = await Promise.all([import('./adapters/ssh/dialer'), import('./adapters/ssh/agent')]);
    const socket = agentSocket(process.env, process.platform);
    return new Ssh2Dialer({ homeDir, ...(socket !== undefined && { agentSocket: socket }) }, log, await keyCode());
  });
  return {
    dial: async (...given) => (await load()).dial(...given),
    hostCertificates: async (...given) => (await load()).hostCertificates(...given),
  };
}

export function lazyHasher(load: () => Promise<PasswordHasher>): PasswordHasher {
  return {
    hash: async (...given) => (await load()).hash(...given),
    verify: async (...given) => (await load()).verify(...given),
  };
}

/** @param extension the folder of the extension itself; @param storage where clones are kept */
export async function makeRecipes(extension: string, storage: string, log: Log): Promise<Recipes> {
  const [{ Recipes }, { DiskRecipeFolders }, { InstalledGit }, { randomBytes }, { readFile }] = await Promise.all([
    import('./core/recipes/recipes'),
    import('./adapters/files/recipeFolders'),
    import('./adapters/files/recipeGit'),
    import('node:crypto'),
    import('node:fs/promises'),
  ]);
  const schema = async () => JSON.parse(await readFile(path.join(extension, 'schemas', 'recipe.schema.json'), 'utf8')) as Schema;
  const random = (bytes: number) => randomBytes(bytes).toString('hex');
  const ports = { folders: new DiskRecipeFolders(), git: new InstalledGit(), random, log };
  const fetched = path.join(storage, 'recipes');
  return new Recipes(ports, schema, path.join(extension, 'recipes'), fetched);
}
