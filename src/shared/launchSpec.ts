import type { LaunchMore, RuleSpec } from './launchMore';
import { checkMore, checkMoreGroups, type KnownNetworks, type Note } from './launchMoreCheck';
import { parseMore } from './launchMoreParse';
import { fields, isRecord, list, text, type Fields } from './reading';
import { checkRules, parseRules } from './rules';

/** What a person asks for in the launch form. Shared by the form (checks while typing) and the host (which parses it again). */
export interface LaunchSpec extends LaunchMore {
  readonly accountId: string;
  readonly name: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly keyPair:
    | { readonly kind: 'existing'; readonly name: string; readonly identityFile?: string }
    | { readonly kind: 'new'; readonly name: string }
    | { readonly kind: 'import'; readonly name: string; readonly publicKeyFile: string };
  readonly securityGroup:
    /** `more`: further groups; `rules` are added to the first one where it lacks them, after the person saw the difference. */
    | { readonly kind: 'existing'; readonly id: string; readonly more?: readonly string[]; readonly rules?: readonly RuleSpec[] }
    | {
        readonly kind: 'new';
        readonly name: string;
        readonly ssh: boolean;
        readonly http: boolean;
        readonly https: boolean;
        readonly rules?: readonly RuleSpec[];
        readonly more?: readonly string[];
      };
  readonly diskGiB: number;
  /** A script (`#!`) or cloud-config; empty for none. At most 16 KiB. */
  readonly userData: string;
  /** 1 to 50. */
  readonly count: number;
}

/** Field names as in LaunchSpec, nested ones with a dot; the value is a sentence to show beside the field. */
export type SpecProblems = Readonly<Record<string, string>>;

/** What the account's cloud offers, as far as it is known: more is checked where more is known. */
export interface KnownChoices extends KnownNetworks {
  readonly images?: readonly { readonly id: string; readonly architecture: string; readonly minDiskGiB: number }[];
  readonly instanceTypes?: readonly { readonly name: string; readonly architectures: readonly string[] }[];
  readonly keyPairs?: readonly { readonly name: string }[];
  readonly securityGroups?: readonly { readonly id: string; readonly name: string }[];
}

/** UTF-16 units in a Name tag; EC2 takes 256, one is kept in reserve as the console does. */
const MAX_NAME_LENGTH = 255;
export const MAX_COUNT = 50;
/** Bytes before base64, as EC2 counts. */
export const MAX_USER_DATA_BYTES = 16 * 1024;
/** GiB; the largest gp3 volume that every region offers. */
const MAX_DISK_GIB = 16 * 1024;

/** The problem with the machine's name as a sentence. Anything printable goes: the ssh alias is derived from it. */
export function nameProblem(name: string, count = 1): string | undefined {
  if (name.trim() === '') return 'Type a name for the machine.';
  if (name !== name.trim()) return 'The name starts or ends with a space.';
  if (/\p{Cc}/u.test(name)) return 'The name holds a line break or another control character.';
  const limit = count > 1 ? MAX_NAME_LENGTH - `-${count}`.length : MAX_NAME_LENGTH;
  if (name.length > limit) return `The name has ${name.length} characters; at most ${limit} fit.`;
  return undefined;
}

/** "5", or "3 to 5" where fewer are enough. */
export function countWords({ count, minCount }: Pick<LaunchSpec, 'count' | 'minCount'>): string {
  return minCount === undefined || !(minCount < count) ? String(count) : `${minCount} to ${count}`;
}

/** The name of each machine of a launch: the name itself, or `name-1` to `name-n`. */
export function machineNames(name: string, count: number): readonly string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
}

/**
 * A name for a new key pair or security group that goes with a machine's name: `skylab-` and what is left of the name
 * after everything but ASCII letters, digits, `.`, `_` and `-` became a dash. Free of the taken names.
 */
export function companionName(machineName: string, taken: readonly string[] = []): string {
  const core = machineName
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
    .toLowerCase();
  const base = `skylab-${core === '' ? 'machine' : core}`;
  let candidate = base;
  for (let n = 2; taken.includes(candidate); n++) candidate = `${base}-${n}`;
  return candidate;
}

/** The problem with the name of a new or imported key pair, which is also a file name on this computer. */
export function keyPairNameProblem(name: string, taken: readonly { readonly name: string }[] = []): string | undefined {
  if (name === '') return 'Type a name for the key pair.';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    return 'Use letters, digits, dots, dashes and underscores, starting with a letter or digit.';
  if (name.length > 100) return `The key pair's name has ${name.length} characters; at most 100 fit.`;
  if (taken.some((pair) => pair.name === name)) return `This account has a key pair named ${name} already: choose it, or another name.`;
  return undefined;
}

/** The problem with the name of a new security group (the characters that EC2 allows in a VPC). */
export function groupNameProblem(name: string, taken: readonly { readonly name: string }[] = []): string | undefined {
  if (name === '') return 'Type a name for the security group.';
  if (name.length > 255) return `The group's name has ${name.length} characters; at most 255 fit.`;
  if (name.toLowerCase().startsWith('sg-')) return 'A group name cannot start with sg-.';
  if (!/^[A-Za-z0-9 ._:/()#,@[\]+=&;{}!$*-]+$/.test(name)) return 'Use ASCII letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*';
  if (taken.some((group) => group.name === name)) return `A security group named ${name} exists already: choose it, or another name.`;
  return undefined;
}

/** @param minGiB the smallest root disk that the image allows */
export function diskProblem(diskGiB: number, minGiB = 1): string | undefined {
  if (!Number.isInteger(diskGiB) || diskGiB < 1) return 'Give the disk size in whole GiB.';
  if (diskGiB < minGiB) return `This image needs a disk of at least ${minGiB} GiB.`;
  if (diskGiB > MAX_DISK_GIB) return `A disk has at most ${MAX_DISK_GIB} GiB.`;
  return undefined;
}

function countProblem(count: number): string | undefined {
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) return `Launch 1 to ${MAX_COUNT} machines at once.`;
  return undefined;
}

/** The first lines by which cloud-init knows what it was given; anything else it ignores without a word. */
const USER_DATA_HEADS = [
  '#!',
  '#cloud-config',
  '#cloud-boothook',
  '#include',
  '#part-handler',
  '## template: jinja',
  'Content-Type:',
  'MIME-Version:',
  'From ',
];

/** UTF-8 bytes of the set-up script. */
export function userDataBytes(userData: string): number {
  return new TextEncoder().encode(userData).length;
}

/** The problem with a set-up script. Source of the heads: cloud-init's "User data formats". */
export function userDataProblem(userData: string): string | undefined {
  if (userData.trim() === '') return undefined;
  const bytes = userDataBytes(userData);
  if (bytes > MAX_USER_DATA_BYTES) return `The set-up script has ${bytes} bytes; at most ${MAX_USER_DATA_BYTES} fit.`;
  if (userData.includes('\0')) return 'The set-up script holds a zero character: it is not text.';
  if (!USER_DATA_HEADS.some((head) => userData.startsWith(head)))
    return 'Start with #! and an interpreter (such as #!/bin/sh), or with #cloud-config: the machine ignores anything else.';
  if (/^#![^\n]*\r\n/.test(userData)) return 'The script has Windows line ends, with which its first line names no program.';
  return undefined;
}

/** Why the type cannot run the image, where both are known. */
export function instanceTypeProblem(instanceType: string, imageId: string, known: KnownChoices = {}): string | undefined {
  if (instanceType === '') return 'Choose a size.';
  if (!/^[\w.-]{1,64}$/.test(instanceType)) return 'That is not the name of an instance type.';
  const type = known.instanceTypes?.find((t) => t.name === instanceType);
  if (known.instanceTypes !== undefined && known.instanceTypes.length > 0 && type === undefined)
    return `This account's region does not offer ${instanceType}.`;
  const image = known.images?.find((i) => i.id === imageId);
  if (type !== undefined && image !== undefined && !type.architectures.includes(image.architecture))
    return `${instanceType} runs ${type.architectures.join(' and ')} images, and the chosen image is for ${image.architecture}.`;
  return undefined;
}

/**
 * Checks a spec, field by field. An image that is not among the known ones is no problem, since the search finds others.
 * @param now milliseconds since the epoch
 * @returns no entries when the spec can be launched as far as can be known without asking the cloud
 */
export function checkSpec(spec: unknown, known: KnownChoices = {}, now = Date.now()): SpecProblems {
  if (!isRecord(spec)) return { name: 'The launch form sent nothing that can be read.' };
  const problems: Record<string, string> = {};
  // The first problem of a field is the one to repair first.
  const note: Note = (field, problem) => {
    if (problem !== undefined) problems[field] ??= problem;
  };
  const count = typeof spec['count'] === 'number' ? spec['count'] : NaN;
  note('accountId', text(spec['accountId']) === '' ? 'Choose an account.' : undefined);
  note('count', countProblem(count));
  note('name', nameProblem(text(spec['name']), count));
  const imageId = text(spec['imageId']);
  note('imageId', imageId === '' ? 'Choose an image.' : /^[\w.:/-]{1,128}$/.test(imageId) ? undefined : 'That is not the id of an image.');
  note('instanceType', instanceTypeProblem(text(spec['instanceType']), imageId, known));
  const disk = typeof spec['diskGiB'] === 'number' ? spec['diskGiB'] : NaN;
  note('diskGiB', diskProblem(disk, known.images?.find((i) => i.id === imageId)?.minDiskGiB));
  note('userData', typeof spec['userData'] === 'string' ? userDataProblem(spec['userData']) : 'The set-up script is not text.');
  checkKeyPair(spec['keyPair'], known, note);
  checkGroup(spec['securityGroup'], known, note);
  checkMore(spec, known, note, now);
  return problems;
}

function checkKeyPair(value: unknown, known: KnownChoices, note: Note): void {
  const key = fields(value);
  const name = text(key['name']);
  switch (key['kind']) {
    case 'existing':
      if (name === '') note('keyPair.name', 'Choose a key pair.');
      else if (known.keyPairs !== undefined && !known.keyPairs.some((pair) => pair.name === name))
        note('keyPair.name', `This account has no key pair named ${name}.`);
      if (key['identityFile'] !== undefined && text(key['identityFile']) === '')
        note('keyPair.identityFile', 'Choose the private key file, or leave it out.');
      return;
    case 'new':
      note('keyPair.name', keyPairNameProblem(name, known.keyPairs));
      return;
    case 'import':
      note('keyPair.name', keyPairNameProblem(name, known.keyPairs));
      note('keyPair.publicKeyFile', text(key['publicKeyFile']) === '' ? 'Choose the public key to import.' : undefined);
      return;
    default:
      note('keyPair', 'Choose a key pair.');
  }
}

function checkGroup(value: unknown, known: KnownChoices, note: Note): void {
  const group = fields(value);
  checkRules(group['rules'], 'securityGroup.rules', note);
  checkMoreGroups(group, note);
  switch (group['kind']) {
    case 'existing': {
      const id = text(group['id']);
      if (id === '') note('securityGroup.id', 'Choose a security group.');
      else if (known.securityGroups !== undefined && !known.securityGroups.some((g) => g.id === id))
        note('securityGroup.id', `This account has no security group ${id}.`);
      return;
    }
    case 'new':
      note('securityGroup.name', groupNameProblem(text(group['name']), known.securityGroups));
      for (const port of ['ssh', 'http', 'https']) if (typeof group[port] !== 'boolean') note(`securityGroup.${port}`, 'Say yes or no.');
      return;
    default:
      note('securityGroup', 'Choose a security group.');
  }
}

/** A spec that was refused; `problems` belong beside the fields. */
export class SpecRefused extends Error {
  constructor(readonly problems: SpecProblems) {
    super(Object.values(problems).join(' '));
    this.name = 'SpecRefused';
  }
}

/**
 * Makes a LaunchSpec of what came from outside (a webview, a file), dropping fields that do not belong.
 * @throws SpecRefused with the problems by field
 */
export function parseSpec(value: unknown, known: KnownChoices = {}): LaunchSpec {
  const problems = checkSpec(value, known);
  if (Object.keys(problems).length > 0 || !isRecord(value)) throw new SpecRefused(problems);
  return {
    accountId: text(value['accountId']),
    name: text(value['name']),
    imageId: text(value['imageId']),
    instanceType: text(value['instanceType']),
    keyPair: keyPairOf(fields(value['keyPair'])),
    securityGroup: groupOf(fields(value['securityGroup'])),
    diskGiB: Number(value['diskGiB']),
    userData: text(value['userData']).trim() === '' ? '' : text(value['userData']),
    count: Number(value['count']),
    ...parseMore(value),
  };
}

function keyPairOf(key: Fields): LaunchSpec['keyPair'] {
  const name = text(key['name']);
  if (key['kind'] === 'new') return { kind: 'new', name };
  if (key['kind'] === 'import') return { kind: 'import', name, publicKeyFile: text(key['publicKeyFile']) };
  const identityFile = text(key['identityFile']);
  return identityFile === '' ? { kind: 'existing', name } : { kind: 'existing', name, identityFile };
}

function groupOf(group: Fields): LaunchSpec['securityGroup'] {
  const rules = parseRules(group['rules']);
  const more = list(group['more']).map(text);
  const further = { ...(rules === undefined ? {} : { rules }), ...(more.length === 0 ? {} : { more }) };
  if (group['kind'] === 'existing') return { kind: 'existing', id: text(group['id']), ...further };
  return {
    kind: 'new',
    name: text(group['name']),
    ssh: group['ssh'] === true,
    http: group['http'] === true,
    https: group['https'] === true,
    ...further,
  };
}
