import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { Capabilities } from '../../core/cloud/capabilities';
import type { LaunchOptions } from '../../core/cloud/launch';
import type { Account, Image, IngressRule, Machine } from '../../core/cloud/model';
import type { Prices } from '../../core/cloud/money/ports';
import type { LaunchOffers, Network, Subnet } from '../../core/cloud/offers/ports';
import { lacking } from '../../shared/lacking';
import { usualType } from '../../shared/launchForm';
import { parseSpec } from '../../shared/launchSpec';
import type { LaunchSpec } from '../../shared/launchSpec';
import type { FormCapabilities, FormImage, FormOffers, FormPrices, FormRule, FormSubnet, LaunchFormData } from '../../shared/messages';

/** GiB: room for a system, Docker and a few images. */
const USUAL_DISK_GIB = 20;

export interface FormSources {
  readonly accounts: readonly Account[];
  readonly account: Account;
  readonly options: LaunchOptions;
  /** Images that a search has found since. */
  readonly found: readonly Image[];
  /** What this account launched last, as it was kept. */
  readonly last: unknown;
  readonly machines: readonly Machine[];
  /** Undefined where nothing is known of prices. */
  readonly prices: Prices | undefined;
  readonly costLimit?: LaunchFormData['costLimit'];
  /** What to open with instead of the last launch. */
  readonly given?: LaunchSpec | undefined;
  readonly opening?: number;
}

/** What the launch form shows of an account, filled in with the last launch, or else with what suits most. */
export function formData(sources: FormSources): LaunchFormData {
  const { account, options, found } = sources;
  const known = new Set(options.images.map((image) => image.id));
  return {
    accounts: sources.accounts.map(({ id, name, region }) => ({ id, name, region })),
    accountId: account.id,
    opening: sources.opening ?? 0,
    capabilities: formCapabilities(capabilitiesOf(account)),
    images: [...options.images, ...found.filter((image) => !known.has(image.id))].map(formImage),
    instanceTypes: options.instanceTypes.map(({ name, vcpus, memoryMiB, architectures, freeTier }) => ({
      name,
      vcpus,
      memoryMiB,
      architectures,
      freeTier,
    })),
    keyPairs: hereFirst(options.keyPairs).map(({ name, type, identityFile }) => ({ name, type, here: identityFile !== undefined })),
    securityGroups: options.securityGroups.map(({ id, name, description, rules }) => ({
      id,
      name,
      description,
      opens: opens(rules),
      rules: rules.flatMap(formRules),
    })),
    offers: formOffers(options.offers),
    prices: formPrices(account.region, sources.prices),
    ...(sources.costLimit === undefined ? {} : { costLimit: sources.costLimit }),
    publicKeys: options.publicKeys,
    myAddresses: options.myAddresses,
    takenNames: sources.machines.map((machine) => machine.name),
    machines: sources.machines.filter(({ kind }) => kind === 'instance').map(({ key, name }) => ({ key, name })),
    defaults: sources.given ?? lastLaunch(sources) ?? usualLaunch(account, options),
  };
}

export function formImage(image: Image): FormImage {
  const { id, label, name, architecture, createdAt, loginUser, featured, minDiskGiB } = image;
  return { id, label, name, architecture, createdAt, loginUser, featured, minDiskGiB };
}

function formCapabilities(all: Capabilities): FormCapabilities {
  const { securityGroups, instanceTypes, networks, importKeyPair, tagsOnLaunch, attributes, addresses } = all;
  const { spot, hibernation, prices, dns } = all;
  return {
    securityGroups,
    instanceTypes,
    networks,
    importKeyPair,
    tagsOnLaunch,
    attributes,
    addresses,
    volumes: all.disksOnLaunch,
    spot,
    hibernation,
    prices,
    dns,
  };
}

function formOffers(offers: LaunchOffers | undefined): FormOffers {
  if (offers === undefined) return { zones: [], subnets: [], notOfferedIn: {}, placementGroups: [], instanceProfiles: [] };
  return {
    zones: offers.zones,
    subnets: offers.networks.flatMap((network) => network.subnets.map((subnet) => formSubnet(network, subnet))),
    notOfferedIn: offers.notOfferedIn,
    placementGroups: offers.placementGroups.map(({ name }) => name),
    instanceProfiles: offers.instanceProfiles,
    ...(offers.vcpusInUse !== undefined && { vcpusInUse: offers.vcpusInUse }),
  };
}

function formSubnet(network: Network, subnet: Subnet): FormSubnet {
  const { id, zone, freeAddresses, publicByDefault, ipv6 } = subnet;
  const where = network.isDefault ? '' : network.name || network.id;
  const label = [where, subnet.name || id, zone, subnet.cidr].filter((part) => part !== '').join(' · ');
  return { id, label, zone, freeAddresses, publicByDefault, ipv6 };
}

const DISK_TYPES = ['gp3', 'gp2', 'io2', 'st1', 'sc1', 'standard'];

/** What is known at once about prices in a region. */
export function formPrices(region: string, prices: Prices | undefined): FormPrices {
  if (prices === undefined) return { types: {}, disks: {} };
  const disks = DISK_TYPES.map((type) => [type, prices.storage(region, type)?.perGiBMonth] as const);
  const address = prices.address(region);
  return {
    types: Object.fromEntries([...prices.knownTypes(region)].map(([type, { perHour, asOf }]) => [type, { perHour, asOf }])),
    disks: Object.fromEntries(disks.filter((entry): entry is readonly [string, number] => entry[1] !== undefined)),
    ...(address !== undefined && { addressPerHour: address.perHour }),
  };
}

function formRules({ protocol, fromPort, toPort, cidrs, groups = [] }: IngressRule): readonly FormRule[] {
  return [...cidrs, ...groups].map((from) => ({ protocol: protocol === '-1' ? 'all' : protocol, fromPort, toPort, from }));
}

function hereFirst(pairs: LaunchOptions['keyPairs']): LaunchOptions['keyPairs'] {
  return [...pairs].sort(
    (a, b) => Number(b.identityFile !== undefined) - Number(a.identityFile !== undefined) || a.name.localeCompare(b.name),
  );
}

/** What most people launch there, with the first of the images. */
export function usualLaunch(account: Account, { images, instanceTypes }: LaunchOptions): LaunchSpec {
  const image =
    images.find((one) => one.featured && one.architecture === 'x86_64' && /^debian/i.test(one.label)) ??
    images.find((one) => one.featured && one.architecture === 'x86_64') ??
    images[0];
  return {
    accountId: account.id,
    name: '',
    imageId: image?.id ?? '',
    // econe's own tools take this where nothing is said, and such clouds do not list what they have.
    instanceType: usualType(instanceTypes, image?.architecture ?? '')?.name ?? (capabilitiesOf(account).instanceTypes ? '' : 'm1.small'),
    // The names follow the machine's name as it is typed.
    keyPair: { kind: 'new', name: '' },
    securityGroup: { kind: 'new', name: '', ssh: true, http: true, https: true },
    diskGiB: Math.max(USUAL_DISK_GIB, image?.minDiskGiB ?? 0),
    userData: '',
    count: 1,
  };
}

/** The account's last launch without its name, as far as all of it is still there. */
function lastLaunch({ account, options, found, last }: FormSources): LaunchSpec | undefined {
  const spec = readKept(last);
  if (spec?.accountId !== account.id) return undefined;
  const usual = usualLaunch(account, options);
  const image = [...options.images, ...found].find((one) => one.id === spec.imageId);
  const type = options.instanceTypes.find((one) => one.name === spec.instanceType);
  const { keyPair, securityGroup } = spec;
  // Where types are not listed, they are typed in.
  const fits = image !== undefined && (!capabilitiesOf(account).instanceTypes || type?.architectures.includes(image.architecture) === true);
  const keyIsThere = keyPair.kind === 'existing' && options.keyPairs.some((pair) => pair.name === keyPair.name);
  const groupIsThere = securityGroup.kind !== 'existing' || options.securityGroups.some((group) => group.id === securityGroup.id);
  return {
    ...stillThere(spec, options),
    name: '',
    count: 1,
    ...(fits ? {} : { imageId: usual.imageId, instanceType: usual.instanceType, diskGiB: Math.max(spec.diskGiB, usual.diskGiB) }),
    keyPair: keyIsThere ? { kind: 'existing', name: keyPair.name } : usual.keyPair,
    securityGroup: groupIsThere ? securityGroup : usual.securityGroup,
  };
}

/** The spec without a network that is gone, an end that has passed, or a primary machine that may be. */
function stillThere(spec: LaunchSpec, { offers }: LaunchOptions): LaunchSpec {
  // The next machine has a name of its own.
  const { network, expiry, preset, ...rest } = lacking(spec, 'hostname');
  const subnets = offers?.networks.flatMap((one) => one.subnets.map(({ id }) => id));
  const networkIsThere =
    network !== undefined &&
    (network.subnetId === undefined || subnets?.includes(network.subnetId) === true) &&
    (network.zone === undefined || offers?.zones.includes(network.zone) === true);
  const passed = expiry?.at !== undefined && Date.parse(expiry.at) <= Date.now();
  return {
    ...rest,
    ...(networkIsThere && { network }),
    ...(expiry !== undefined && !passed && { expiry }),
    ...(preset !== undefined && preset.role !== 'host' && { preset }),
  };
}

/** What an older version has kept may not be a spec any more. */
function readKept(value: unknown): LaunchSpec | undefined {
  try {
    return parseSpec(value);
  } catch {
    return undefined;
  }
}

/** What a group's rules let in: "22 from 203.0.113.7; 80 and 443 from anywhere". */
export function opens(rules: readonly IngressRule[]): string {
  const ports = new Map<string, string[]>();
  for (const rule of rules) {
    const from = sources(rule);
    if (from !== '') ports.set(from, [...(ports.get(from) ?? []), portsOf(rule)]);
  }
  if (ports.size === 0) return 'Lets nothing in from outside.';
  return `Lets in ${[...ports].map(([from, what]) => `${list([...new Set(what)])} from ${from}`).join('; ')}.`;
}

function portsOf({ protocol, fromPort, toPort }: IngressRule): string {
  if (protocol === '-1') return 'everything';
  if (protocol === 'icmp') return 'ping';
  if (fromPort <= 0 && toPort >= 65535) return `all ${protocol.toUpperCase()}`;
  const span = fromPort === toPort ? String(fromPort) : `${fromPort}-${toPort}`;
  return protocol === 'udp' ? `${span}/udp` : span;
}

function sources({ cidrs, groups = [] }: IngressRule): string {
  if (cidrs.some((cidr) => cidr === '0.0.0.0/0' || cidr === '::/0')) return 'anywhere';
  return list([...cidrs.map((cidr) => cidr.replace(/(?<=\.\d+)\/32$|(?<=:.*)\/128$/, '')), ...groups]);
}

function list(words: readonly string[]): string {
  const [last = '', ...others] = [...words].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
}

/** An existing key pair goes with the private key found for it, which the form does not need to know. */
export function withIdentity(spec: LaunchSpec, { keyPairs }: LaunchOptions): LaunchSpec {
  const { keyPair } = spec;
  if (keyPair.kind !== 'existing') return spec;
  const identityFile = keyPairs.find((pair) => pair.name === keyPair.name)?.identityFile;
  return { ...spec, keyPair: { kind: 'existing', name: keyPair.name, ...(identityFile === undefined ? {} : { identityFile }) } };
}
