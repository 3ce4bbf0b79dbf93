import { isCancelled, sentenceOf, SkylabError } from '../../errors';
import type { StepIo } from '../../operations/step';
import { capabilitiesOf } from '../capabilities';
import type { LaunchPorts } from '../launch';
import type { Account, Instance, KeyPair, SecurityGroup } from '../model';
import { releaseAddress, removeGroup } from '../removal';
import type { ElasticAddress } from '../resources/ports';
import { TAG } from '../tags';

/** What stays behind when machines are terminated, and can go along with them. */
export interface Leftovers {
  /** Made by Skylab, and used by no other machine. */
  readonly keyPairs: readonly LeftKeyPair[];
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[];
  /** They cost something as long as they are not given back. */
  readonly addresses: readonly LeftAddress[];
}

interface LeftKeyPair {
  readonly name: string;
  /** The private key on this computer, where Skylab made it. */
  readonly identityFile?: string;
}

interface LeftAddress {
  readonly address: ElasticAddress;
  /** A launch got it for its machine; others may be meant to stay. */
  readonly made: boolean;
}

/** What of it is to go along. */
export interface TakeAlong {
  readonly keyPair: boolean;
  readonly securityGroup: boolean;
  /** None unless given; `made` stands for those that a launch got. */
  readonly addresses?: 'made' | 'others' | 'all';
}

/** What an account has of which something may be left over. */
interface Around {
  /** Those that still exist. */
  readonly instances: readonly Instance[];
  readonly keyPairs: readonly KeyPair[];
  readonly groups: readonly SecurityGroup[];
  readonly addresses: readonly ElasticAddress[];
}

type LeftoverPorts = Pick<LaunchPorts, 'providers' | 'resources' | 'identities'>;

export const takesAny = ({ keyPair, securityGroup, addresses }: TakeAlong): boolean => keyPair || securityGroup || addresses !== undefined;

export const hasAny = ({ keyPairs, securityGroups, addresses }: Leftovers): boolean =>
  keyPairs.length + securityGroups.length + addresses.length > 0;

/** Asks the cloud while the machines are still there: of those that are gone it no longer tells. @throws SkylabError */
export async function lookAround(account: Account, ports: LeftoverPorts): Promise<Around> {
  const cloud = await ports.providers.for(account);
  const living = async (): Promise<readonly Instance[]> => {
    const found: Instance[] = [];
    for await (const page of cloud.listInstances()) found.push(...page.filter(({ state }) => state !== 'terminated'));
    return found;
  };
  const listAddresses = async () => (capabilitiesOf(account).addresses ? (await ports.resources(account)).listAddresses() : []);
  const [instances, keyPairs, groups, addresses] = await Promise.all([
    living(),
    cloud.listKeyPairs(),
    cloud.listSecurityGroups(),
    // Who may not list addresses has none to give back.
    listAddresses().catch((): readonly ElasticAddress[] => []),
  ]);
  return { instances, keyPairs, groups, addresses };
}

/** What nobody needs any more once these machines are gone. */
export async function leftoversOf(
  gone: readonly Instance[],
  around: Around,
  { identities }: Pick<LeftoverPorts, 'identities'>,
): Promise<Leftovers> {
  const ids = new Set(gone.map(({ id }) => id));
  const others = around.instances.filter(({ id }) => !ids.has(id));
  const keyNames = new Set(
    gone.filter(({ keyName }) => keyName !== undefined && !others.some((o) => o.keyName === keyName)).map((i) => i.keyName),
  );
  /** Where the cloud makes the key pairs they bear no tags: the machine tells that its launch had one made. */
  const madeFor = new Set(gone.filter(({ tags }) => tags[TAG.key] === 'new').map(({ keyName }) => keyName));
  const pairs = around.keyPairs.filter(({ name, tags }) => keyNames.has(name) && (tags?.[TAG.launch] !== undefined || madeFor.has(name)));
  const groups = around.groups.filter(
    ({ id, tags }) => tags[TAG.launch] !== undefined && gone.some((one) => isIn(one, id)) && !others.some((other) => isIn(other, id)),
  );
  const addresses = around.addresses.filter(
    ({ instanceId, managed }) => instanceId !== undefined && ids.has(instanceId) && managed !== true,
  );
  return {
    keyPairs: await Promise.all(
      pairs.map(async ({ name, tags }): Promise<LeftKeyPair> => {
        const identityFile = tags?.[TAG.key] === 'new' || madeFor.has(name) ? await identities.find(name) : undefined;
        return { name, ...(identityFile === undefined ? {} : { identityFile }) };
      }),
    ),
    securityGroups: groups.map(({ id, name }) => ({ id, name })),
    addresses: addresses.map((address) => ({ address, made: address.tags[TAG.launch] !== undefined })),
  };
}

/** What of the leftovers is to go. */
export function taken(leftovers: Leftovers, { keyPair, securityGroup, addresses }: TakeAlong): Leftovers {
  return {
    keyPairs: keyPair ? leftovers.keyPairs : [],
    securityGroups: securityGroup ? leftovers.securityGroups : [],
    addresses: addresses === undefined ? [] : leftovers.addresses.filter(({ made }) => addresses !== (made ? 'others' : 'made')),
  };
}

/**
 * Removes them, once their machines are gone. What does not work out is no reason to leave the rest.
 * @returns a sentence for each thing that stays
 */
export async function removeLeftovers(
  account: Account,
  { keyPairs, securityGroups, addresses }: Leftovers,
  ports: LeftoverPorts,
  io: Pick<StepIo, 'signal' | 'report' | 'log'>,
): Promise<readonly string[]> {
  const cloud = await ports.providers.for(account);
  const failures: string[] = [];
  const go = async (what: string, act: () => Promise<void>): Promise<void> => {
    io.report(what);
    try {
      await act();
      io.log(`${what} is gone`);
    } catch (error) {
      if (isCancelled(error)) throw error;
      failures.push(sentenceOf(error));
    }
  };
  // What costs money comes first.
  for (const { address } of addresses)
    await go(`the elastic address ${address.publicIp}`, async () => releaseAddress(await ports.resources(account), address));
  for (const { id, name } of securityGroups) await go(`the security group ${name}`, () => removeGroup(cloud, id, io.signal));
  for (const { name, identityFile } of keyPairs)
    await go(`the key pair ${name}`, async () => {
      await cloud.deleteKeyPair(name);
      if (identityFile !== undefined) await ports.identities.remove(identityFile);
    });
  return failures;
}

/** @param what is gone, at the start of a sentence @param failures sentences */
export function partlyLeft(what: string, failures: readonly string[]): SkylabError {
  return new SkylabError(`${what} is gone, but not all that would go along: ${failures.join(' ')}`, {
    next: 'What is left stands under Resources, marked as unused.',
    code: 'PartlyLeft',
  });
}

const isIn = ({ securityGroups }: Instance, groupId: string): boolean => securityGroups.some(({ id }) => id === groupId);
