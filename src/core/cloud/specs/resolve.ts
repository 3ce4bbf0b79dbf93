import { checkSpec, companionName, parseSpec, type LaunchSpec, type SpecProblems } from '../../../shared/launchSpec';
import { SkylabError } from '../../errors';
import type { LaunchOptions } from '../launch';
import type { Account, Image } from '../model';
import type { SpecPath } from './schema';
import { fromFileSpec, type FileSpec } from './specFile';

/** A part of a spec file that this account cannot give. */
interface Misfit {
  readonly path: SpecPath;
  readonly message: string;
}

/** A spec file that fits no launch; `misfits` say where. */
export class SpecMisfits extends SkylabError {
  constructor(
    readonly misfits: readonly Misfit[],
    name: string,
  ) {
    super(`${name} cannot be launched as it stands: ${misfits.map(({ message }) => message).join(' ')}`, {
      next: 'Correct the marked lines, or open it in the form.',
      code: 'SpecMisfits',
    });
  }
}

/** The account that a spec file names. @returns undefined where it names none @throws SpecMisfits where Skylab has none of that name */
export function accountOf(file: FileSpec, accounts: readonly Account[]): Account | undefined {
  if (file.account === undefined) return accounts.length === 1 ? accounts[0] : undefined;
  const named = accounts.find(({ name }) => name === file.account) ?? accounts.find(({ id }) => id === file.account);
  if (named !== undefined) return named;
  throw new SpecMisfits([{ path: ['account'], message: `Skylab has no account named ${file.account}.` }], file.name);
}

/** What became of the file's names in this account, for the summary before the launch. */
export interface Resolved {
  readonly spec: LaunchSpec;
  readonly image: Image | undefined;
  /** Sentences about what differs from the file, such as a group whose name was taken. */
  readonly remarks: readonly string[];
}

/**
 * The file's launch in an account: images, groups and keys by name become those of the account.
 * @param options what the account has
 * @param find looks up an image that is not among them, by its id
 * @throws SpecMisfits
 */
export async function resolveSpec(
  file: FileSpec,
  account: Account,
  options: LaunchOptions,
  find: (imageId: string) => Promise<Image | undefined>,
  homeDir: string,
): Promise<Resolved> {
  const misfits: Misfit[] = [];
  const remarks: string[] = [];
  const image = await imageOf(file, options, find, account, misfits);
  const groupId = (name: string): string => {
    const fitting = options.securityGroups.filter((group) => group.id === name || group.name === name);
    if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0].id;
    const why =
      fitting.length === 0
        ? `${account.name} has no security group ${name}.`
        : `${account.name} has several groups named ${name}: give its id.`;
    misfits.push({ path: ['securityGroup'], message: why });
    return name;
  };
  const plain = fromFileSpec(file, {
    accountId: account.id,
    imageId: image?.id ?? (typeof file.image === 'string' ? file.image : ''),
    ...(image === undefined ? {} : { minDiskGiB: image.minDiskGiB }),
    groupId,
    homeDir,
  });
  const spec = { ...plain, keyPair: keyPairHere(plain, options, remarks), securityGroup: groupHere(plain, options, remarks) };
  const known = {
    ...(image === undefined ? {} : { images: [image] }),
    instanceTypes: options.instanceTypes,
    keyPairs: options.keyPairs,
    securityGroups: options.securityGroups,
  };
  for (const [field, message] of Object.entries(checkSpec(spec, known))) misfits.push({ path: pathOf(field), message });
  const unique = misfits.filter(({ message }, i) => misfits.findIndex((other) => other.message === message) === i);
  if (unique.length > 0) throw new SpecMisfits(unique, file.name);
  return { spec: parseSpec(spec, known), image, remarks };
}

async function imageOf(
  { image }: FileSpec,
  { images }: LaunchOptions,
  find: (imageId: string) => Promise<Image | undefined>,
  account: Account,
  misfits: Misfit[],
): Promise<Image | undefined> {
  if (typeof image === 'string') {
    const found = images.find(({ id }) => id === image) ?? (await find(image));
    if (found === undefined)
      misfits.push({ path: ['image'], message: `${account.region} has no image ${image}: ids differ from region to region.` });
    return found;
  }
  // Only among the known publishers' and one's own: anybody may give an image any name.
  const pattern = new RegExp(`^${image.name.split('*').map(escape).join('.*')}$`, 'i');
  const fitting = images.filter(
    (one) => pattern.test(one.name) && (image.architecture === undefined || one.architecture === image.architecture),
  );
  const [newest] = [...fitting].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  if (newest === undefined)
    misfits.push({ path: ['image'], message: `None of Skylab's images and your own in ${account.region} is called ${image.name}.` });
  return newest;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A key pair made by an earlier run of the same file is used again where its private key is. */
function keyPairHere({ keyPair, name }: LaunchSpec, { keyPairs }: LaunchOptions, remarks: string[]): LaunchSpec['keyPair'] {
  const there = keyPairs.find((pair) => pair.name === keyPair.name);
  if (keyPair.kind === 'existing') return there?.identityFile === undefined ? keyPair : { ...keyPair, identityFile: there.identityFile };
  if (there === undefined) return keyPair;
  if (keyPair.kind === 'new' && there.identityFile !== undefined) {
    remarks.push(`The key pair ${there.name} is there already and is used again.`);
    return { kind: 'existing', name: there.name, identityFile: there.identityFile };
  }
  const free = companionName(
    name,
    keyPairs.map((pair) => pair.name),
  );
  remarks.push(`The key pair is called ${free}, since ${there.name} is there already.`);
  return { ...keyPair, name: free };
}

function groupHere({ securityGroup, name }: LaunchSpec, { securityGroups }: LaunchOptions, remarks: string[]): LaunchSpec['securityGroup'] {
  if (securityGroup.kind === 'existing' || !securityGroups.some((group) => group.name === securityGroup.name)) return securityGroup;
  const free = companionName(
    name,
    securityGroups.map((group) => group.name),
  );
  remarks.push(`The group is called ${free}, since ${securityGroup.name} is there already.`);
  return { ...securityGroup, name: free };
}

/** Where a field of the form stands in a file. */
const FILE_FIELDS: Readonly<Record<string, SpecPath>> = {
  accountId: ['account'],
  imageId: ['image'],
  'keyPair.name': ['keyPair'],
  'keyPair.identityFile': ['keyPair'],
  'keyPair.publicKeyFile': ['keyPair', 'import'],
  'securityGroup.id': ['securityGroup', 'existing'],
  'securityGroup.name': ['securityGroup', 'new'],
};

function pathOf(field: string): SpecPath {
  return FILE_FIELDS[field] ?? field.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** What is wrong with a file's values whatever the account: the form's own checks. */
export function valueMisfits(file: FileSpec): readonly Misfit[] {
  const image = typeof file.image === 'string' ? file.image : 'ami-0';
  const spec = fromFileSpec(file, { accountId: 'any', imageId: image, groupId: (name) => name, homeDir: '~' });
  const problems: SpecProblems = checkSpec(spec);
  return Object.entries(problems).map(([field, message]) => ({ path: pathOf(field), message }));
}
