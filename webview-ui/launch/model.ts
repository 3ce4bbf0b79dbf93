import { dollars, launchCost } from '../../src/shared/launchCost';
import { COMFORTABLE_MEMORY_MIB, fittingTypes, usualType, withFollowingNames } from '../../src/shared/launchForm';
import { countWords, type LaunchSpec } from '../../src/shared/launchSpec';
import type { FormImage, FormInstanceType, FormPrices, LaunchFormData } from '../../src/shared/messages';
import type { ComboItem } from '../components/combobox';
import { capacity, count, memory } from '../lib/format';
import type { SpecChange } from './edits';
import type { ChangeOptions } from './state';
import { addedRules, advancedSaid, endsSaid, graphtermSaid, networkSaid, NOTHING_SET_UP, NOTHING_SPECIAL, setupSaid } from './said';

/** What the form keeps while its tab is hidden. */
export interface LaunchDraft {
  readonly spec: LaunchSpec;
  readonly touched: readonly string[];
  /** Of the data it was begun with. */
  readonly opening?: number | undefined;
}

export function isLaunchDraft(value: unknown): value is LaunchDraft {
  if (typeof value !== 'object' || value === null) return false;
  const { spec, touched } = value as Partial<Record<keyof LaunchDraft, unknown>>;
  return Array.isArray(touched) && typeof spec === 'object' && spec !== null && 'accountId' in spec && 'keyPair' in spec;
}

/** The draft to go on with, or the account's defaults. A draft of another account is dropped; an image or size that is gone is replaced. */
export function startingSpec(data: LaunchFormData, draft: LaunchDraft | undefined): LaunchSpec {
  const spec = goesOn(data, draft) ? draft.spec : undefined;
  if (spec === undefined) return follow(data, data.defaults);
  const there =
    data.images.some((image) => image.id === spec.imageId) &&
    (data.instanceTypes.length === 0 || data.instanceTypes.some((type) => type.name === spec.instanceType));
  const { imageId, instanceType } = there ? spec : data.defaults;
  return follow(data, { ...spec, imageId, instanceType });
}

/** Whether a draft belongs to the form that the host shows now. */
export function goesOn(data: LaunchFormData, draft: LaunchDraft | undefined): draft is LaunchDraft {
  return draft !== undefined && draft.spec.accountId === data.accountId && (draft.opening ?? 0) === (data.opening ?? 0);
}

/** The spec with the names of new key pair and group made from the machine's name. */
export function follow(data: LaunchFormData, spec: LaunchSpec): LaunchSpec {
  return withFollowingNames(
    spec,
    data.keyPairs.map((pair) => pair.name),
    data.securityGroups.map((group) => group.name),
  );
}

/** A name with a domain, which can have a DNS record. Source of the characters: RFC 1123. */
export const isDotted = (name: string): boolean =>
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i.test(name);

export const imageOf = (data: LaunchFormData, spec: LaunchSpec): FormImage | undefined =>
  data.images.find((image) => image.id === spec.imageId);

export const typeOf = (data: LaunchFormData, spec: LaunchSpec): FormInstanceType | undefined =>
  data.instanceTypes.find((type) => type.name === spec.instanceType);

/**
 * The spec with another image: a type that cannot run it gives way to the usual one that can, a disk that is too small grows.
 * @returns `note`: what else changed, as a sentence
 */
export function withImage(data: LaunchFormData, spec: LaunchSpec, imageId: string): { spec: LaunchSpec; note: string | undefined } {
  const image = data.images.find((candidate) => candidate.id === imageId);
  if (image === undefined) return { spec, note: undefined };
  const grown: LaunchSpec = { ...spec, imageId, diskGiB: Math.max(spec.diskGiB, image.minDiskGiB) };
  const type = typeOf(data, spec);
  if (type === undefined || fittingTypes([type], image.architecture).length > 0) return { spec: grown, note: undefined };
  const other = usualType(data.instanceTypes, image.architecture);
  if (other === undefined) return { spec: grown, note: undefined };
  return {
    spec: { ...grown, instanceType: other.name },
    note: `${type.name} cannot run ${image.architecture} images: the size is now ${other.name}.`,
  };
}

/** What the choice of an image changes in the form. */
export function imageChange(data: LaunchFormData, spec: LaunchSpec, imageId: string): [change: SpecChange, options: ChangeOptions] {
  const { spec: next, note } = withImage(data, spec, imageId);
  return [{ imageId: next.imageId, instanceType: next.instanceType, diskGiB: next.diskGiB }, { note }];
}

/** The images as the searchable list shows them. */
export function imageItems(images: readonly FormImage[]): ComboItem[] {
  return images.map((image) => {
    const detail = [image.architecture, image.createdAt.slice(0, 10), image.name === image.label ? '' : image.name, image.id];
    return {
      id: image.id,
      label: image.architecture === 'x86_64' || image.architecture === '' ? image.label : `${image.label} (${image.architecture})`,
      detail: detail.filter((part) => part !== '').join(' · '),
      search: `${image.label} ${image.name} ${image.id} ${image.architecture} ${image.loginUser}`.toLowerCase(),
    };
  });
}

export function typeItems(types: readonly FormInstanceType[], prices: FormPrices): ComboItem[] {
  return types.map((type) => {
    const price = prices.types[type.name];
    const facts = [capacity(type), type.freeTier ? 'free tier' : '', price === undefined ? '' : `${dollars(price.perHour)}/h`];
    const detail = facts.filter((part) => part !== '').join(' · ');
    return { id: type.name, label: type.name, detail, search: `${type.name} ${detail}`.toLowerCase() };
  });
}

/** Images found in the cloud beneath those known already, each once. */
export function mergeImages(known: readonly FormImage[], found: readonly FormImage[]): readonly FormImage[] {
  const ids = new Set(known.map((image) => image.id));
  const fresh = found.filter((image) => !ids.has(image.id));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

export interface SummaryLine {
  readonly what: string;
  readonly detail: string;
}

/** "What will be created", a line for each thing. */
export function summary(data: LaunchFormData, spec: LaunchSpec): readonly SummaryLine[] {
  const image = imageOf(data, spec);
  const type = typeOf(data, spec);
  const { keyPair, securityGroup } = spec;
  const named = spec.name.trim() !== '';
  const name = named ? spec.name.trim() : 'not named yet';
  const companion = (own: string) => (named ? own : 'named after the machine');
  const lines: SummaryLine[] = [
    {
      what: spec.count > 1 ? `${countWords(spec)} machines` : 'Machine',
      detail: spec.count > 1 && named ? `${name}-1 to ${name}-${spec.count}` : name,
    },
    { what: 'Image', detail: image === undefined ? 'none chosen' : `${image.label}, login ${spec.loginUser ?? image.loginUser}` },
    { what: 'Size', detail: type === undefined ? 'none chosen' : `${type.name}, ${capacity(type)}` },
    { what: 'Disk', detail: rootDisk(spec) },
  ];
  if (spec.disks !== undefined)
    lines.push({ what: spec.disks.length === 1 ? 'Extra disk' : 'Extra disks', detail: extraDisks(spec.disks) });
  const keys = {
    new: `${companion(keyPair.name)}, new; its private key stays on this computer`,
    import: `${companion(keyPair.name)}, imported`,
    existing: keyPair.name,
  };
  lines.push({ what: 'Key pair', detail: keyPair.name === '' ? 'none chosen' : keys[keyPair.kind] });
  if (securityGroup.kind === 'existing') {
    const group = data.securityGroups.find((candidate) => candidate.id === securityGroup.id);
    lines.push({ what: 'Security group', detail: group === undefined ? 'none chosen' : group.name });
  } else {
    const open = [securityGroup.http ? 'HTTP' : '', securityGroup.https ? 'HTTPS' : ''].filter((word) => word !== '');
    const opens = [securityGroup.ssh ? 'SSH from your address' : '', open.length > 0 ? `${open.join(' and ')} from anywhere` : ''];
    const said = opens.filter((word) => word !== '').join('; ');
    lines.push({ what: 'Security group', detail: `${companion(securityGroup.name)}, new: ${said === '' ? 'nothing is let in' : said}` });
  }
  const { vcpusInUse } = data.offers;
  if (vcpusInUse !== undefined && type !== undefined)
    lines.push({ what: 'vCPUs', detail: `${type.vcpus * (spec.count > 0 ? spec.count : 1)}, besides ${vcpusInUse} in use in this region` });
  if (data.capabilities.dns && spec.dns !== false && isDotted(name))
    lines.push({ what: 'DNS name', detail: spec.count > 1 ? `${name}, each with its number` : name });
  const added = addedRules(data, spec);
  if (added.length > 0) lines.push({ what: 'Added to the group', detail: added.join(', ') });
  const { network } = spec;
  if (network !== undefined) lines.push({ what: 'Network', detail: networkSaid(data, spec) });
  const setup = setupSaid({ ...spec, userData: '' });
  if (setup !== NOTHING_SET_UP) lines.push({ what: 'Set-up', detail: setup });
  if (spec.userData.trim() !== '') lines.push({ what: 'Set-up script', detail: count(spec.userData.trim().split('\n').length, 'line') });
  if (spec.preset !== undefined) lines.push({ what: 'GraphTerm', detail: graphtermSaid(data, spec.preset) });
  const advanced = advancedSaid(spec);
  if (advanced !== NOTHING_SPECIAL) lines.push({ what: 'Besides', detail: advanced });
  if (spec.expiry !== undefined) lines.push({ what: 'Ends', detail: endsSaid(spec) });
  return lines;
}

function rootDisk({ diskGiB, diskType, keepDisk }: LaunchSpec): string {
  if (!Number.isFinite(diskGiB)) return 'no size given';
  const fate = keepDisk === true ? 'kept when the machine is terminated' : 'deleted with the machine';
  return `${diskGiB} GiB${diskType === undefined ? '' : ` ${diskType}`}, encrypted, ${fate}`;
}

const extraDisks = (disks: NonNullable<LaunchSpec['disks']>): string =>
  disks
    .map(({ sizeGiB, type, mountPoint }) =>
      [`${Number.isFinite(sizeGiB) ? sizeGiB : '?'} GiB`, type, mountPoint === undefined ? undefined : `on ${mountPoint}`]
        .filter((part) => part !== undefined)
        .join(' '),
    )
    .join('; ');

export type Warnings = Readonly<Record<'name' | 'size' | 'key' | 'access' | 'memory' | 'quota', string | undefined>>;

/** Things that work and are likely to disappoint. */
export function warnings(data: LaunchFormData, spec: LaunchSpec): Warnings {
  const type = typeOf(data, spec);
  const { keyPair, securityGroup } = spec;
  const pair = keyPair.kind === 'existing' ? data.keyPairs.find((candidate) => candidate.name === keyPair.name) : undefined;
  const small = type !== undefined && type.memoryMiB < COMFORTABLE_MEMORY_MIB;
  return {
    name: data.takenNames.includes(spec.name.trim()) ? `There is a machine called ${spec.name.trim()} already.` : undefined,
    size: small
      ? 'Under 2 GiB of memory, installing software often ends without a word. Docker and notebooks want 2 GiB or more.'
      : undefined,
    key:
      pair?.here === false
        ? `The private key of ${pair.name} is not on this computer: Skylab cannot log in unless your SSH agent has it.`
        : undefined,
    access: accessWarning(data, securityGroup),
    memory: memoryWarning(spec, type),
    quota: quotaWarning(data, spec, type),
  };
}

/** What is known to need more than small machines have, in MiB. */
const HUNGRY: readonly (readonly [RegExp, number, string])[] = [
  [/^(docker|containerd|moby|podman)/, 2048, 'Docker'],
  [/^(jupyter|python3-(notebook|jupyter|scipy|numpy|pandas|matplotlib))/, 2048, 'Jupyter and its libraries'],
  [/^(r-base|texlive|gcc|g\+\+|build-essential|openjdk|default-j(dk|re))/, 2048, 'Compilers and TeX'],
  [/^(gitlab|elasticsearch|mattermost)/, 4096, 'A server of that size'],
];

function memoryWarning(spec: LaunchSpec, type: FormInstanceType | undefined): string | undefined {
  if (type === undefined) return undefined;
  const wanted = [...(spec.packages ?? []), ...(spec.disks?.some((disk) => disk.dockerData === true) === true ? ['docker'] : [])];
  const hungry = HUNGRY.find(([names, memoryMiB]) => type.memoryMiB < memoryMiB && wanted.some((name) => names.test(name)));
  if (hungry !== undefined)
    return `${hungry[2]} will be installed, and ${type.name} has ${memory(type.memoryMiB)}: it wants ${memory(hungry[1])} or more.`;
  const plotting = spec.preset !== undefined && (spec.preset.pylab || spec.preset.netcdf || spec.preset.r);
  if (type.memoryMiB < 1024 && (wanted.length > 0 || spec.preset !== undefined))
    return `${type.name} has ${memory(type.memoryMiB)}: installing packages takes 1 GiB.`;
  return plotting && type.memoryMiB < COMFORTABLE_MEMORY_MIB
    ? `GraphTerm's packages want 2 GiB, and ${type.name} has ${memory(type.memoryMiB)}.`
    : undefined;
}

/** Where a day of the launch and of what runs already costs more than the person's limit. */
export function costWarning({ costLimit, prices }: LaunchFormData, spec: LaunchSpec): string | undefined {
  const { perHour } = launchCost(spec, prices);
  if (costLimit === undefined || perHour === undefined) return undefined;
  const { perDay, runningPerHour } = costLimit;
  const together = (perHour + runningPerHour) * 24;
  if (together <= perDay) return undefined;
  const what = runningPerHour > 0 ? 'Together with what runs already, a day costs' : 'A day of this costs';
  return `${what} ${dollars(together)}; your limit is ${dollars(perDay)}.`;
}

function quotaWarning({ offers }: LaunchFormData, spec: LaunchSpec, type: FormInstanceType | undefined): string | undefined {
  const { vcpusInUse, vcpuLimit } = offers;
  if (type === undefined || vcpusInUse === undefined || vcpuLimit === undefined) return undefined;
  const left = vcpuLimit - vcpusInUse;
  const wanted = type.vcpus * (spec.count > 0 ? spec.count : 1);
  return wanted > left ? `The launch wants ${wanted} vCPUs, and the account has ${Math.max(0, left)} of ${vcpuLimit} left.` : undefined;
}

function accessWarning(data: LaunchFormData, group: LaunchSpec['securityGroup']): string | undefined {
  if (group.kind === 'existing') return undefined;
  if (!group.ssh) return 'Without SSH, Skylab cannot set the machine up or deploy to it.';
  if (data.myAddresses.length === 0)
    return 'Your public address could not be found out. The launch asks again and stops if it cannot be had.';
  return undefined;
}
