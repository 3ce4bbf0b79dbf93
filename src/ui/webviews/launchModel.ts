import type { LaunchOptions } from '../../core/cloud/launch';
import type { Account, Image, IngressRule } from '../../core/cloud/model';
import { usualType } from '../../shared/launchForm';
import { parseSpec } from '../../shared/launchSpec';
import type { LaunchSpec } from '../../shared/launchSpec';
import type { FormImage, LaunchFormData } from '../../shared/messages';

/** GiB: room for a system, Docker and a few images. */
const USUAL_DISK_GIB = 20;

export interface FormSources {
  readonly accounts: readonly Account[];
  readonly account: Account;
  readonly options: LaunchOptions;
  /** Images that a search has found since. */
  readonly found: readonly Image[];
  readonly takenNames: readonly string[];
  /** What this account launched last, as it was kept. */
  readonly last: unknown;
}

/** What the launch form shows of an account, filled in with the last launch, or else with what suits most. */
export function formData(sources: FormSources): LaunchFormData {
  const { account, options, found } = sources;
  const known = new Set(options.images.map((image) => image.id));
  return {
    accounts: sources.accounts.map(({ id, name, region }) => ({ id, name, region })),
    accountId: account.id,
    images: [...options.images, ...found.filter((image) => !known.has(image.id))].map(formImage),
    instanceTypes: options.instanceTypes.map(({ name, vcpus, memoryMiB, architectures, freeTier }) => ({
      name,
      vcpus,
      memoryMiB,
      architectures,
      freeTier,
    })),
    keyPairs: hereFirst(options.keyPairs).map(({ name, type, identityFile }) => ({ name, type, here: identityFile !== undefined })),
    securityGroups: options.securityGroups.map(({ id, name, description, rules }) => ({ id, name, description, opens: opens(rules) })),
    publicKeys: options.publicKeys,
    myAddresses: options.myAddresses,
    takenNames: sources.takenNames,
    defaults: lastLaunch(sources) ?? usualLaunch(account.id, options),
  };
}

export function formImage(image: Image): FormImage {
  const { id, label, name, architecture, createdAt, loginUser, featured, minDiskGiB } = image;
  return { id, label, name, architecture, createdAt, loginUser, featured, minDiskGiB };
}

function hereFirst(pairs: LaunchOptions['keyPairs']): LaunchOptions['keyPairs'] {
  return [...pairs].sort(
    (a, b) => Number(b.identityFile !== undefined) - Number(a.identityFile !== undefined) || a.name.localeCompare(b.name),
  );
}

function usualLaunch(accountId: string, { images, instanceTypes }: LaunchOptions): LaunchSpec {
  const image =
    images.find((one) => one.featured && one.architecture === 'x86_64' && /^debian/i.test(one.label)) ??
    images.find((one) => one.featured && one.architecture === 'x86_64') ??
    images[0];
  return {
    accountId,
    name: '',
    imageId: image?.id ?? '',
    instanceType: usualType(instanceTypes, image?.architecture ?? '')?.name ?? '',
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
  const usual = usualLaunch(account.id, options);
  const image = [...options.images, ...found].find((one) => one.id === spec.imageId);
  const type = options.instanceTypes.find((one) => one.name === spec.instanceType);
  const { keyPair, securityGroup } = spec;
  const fits = image !== undefined && type?.architectures.includes(image.architecture) === true;
  const keyIsThere = keyPair.kind === 'existing' && options.keyPairs.some((pair) => pair.name === keyPair.name);
  const groupIsThere = securityGroup.kind !== 'existing' || options.securityGroups.some((group) => group.id === securityGroup.id);
  return {
    ...spec,
    name: '',
    count: 1,
    ...(fits ? {} : { imageId: usual.imageId, instanceType: usual.instanceType, diskGiB: Math.max(spec.diskGiB, usual.diskGiB) }),
    keyPair: keyIsThere ? { kind: 'existing', name: keyPair.name } : usual.keyPair,
    securityGroup: groupIsThere ? securityGroup : usual.securityGroup,
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
    const from = sources(rule.cidrs);
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

function sources(cidrs: readonly string[]): string {
  if (cidrs.some((cidr) => cidr === '0.0.0.0/0' || cidr === '::/0')) return 'anywhere';
  return list(cidrs.map((cidr) => cidr.replace(/(?<=\.\d+)\/32$|(?<=:.*)\/128$/, '')));
}

function list(words: readonly string[]): string {
  const [last = '', ...others] = [...words].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
}
