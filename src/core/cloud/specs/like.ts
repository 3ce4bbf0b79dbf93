import { companionName, type LaunchSpec } from '../../../shared/launchSpec';
import type { LaunchOptions } from '../launch';
import type { Instance } from '../model';
import { notedName } from '../names/name';
import { TAG } from '../tags';

/**
 * A launch like that of a machine. The launch itself is taken where it is remembered; what only the machine tells otherwise: its
 * image, type, key pair, groups, network and tags.
 * @param launched remembered launches, newest first
 * @param name of the new machine
 */
export function launchLike(
  instance: Instance,
  launched: readonly { readonly spec: LaunchSpec }[],
  options: Pick<LaunchOptions, 'images' | 'keyPairs'>,
  name: string,
): LaunchSpec {
  const remembered = launched.find(({ spec }) => isLaunchOf(spec, instance))?.spec;
  const image = options.images.find(({ id }) => id === instance.imageId);
  const [group, ...more] = instance.securityGroups.map(({ id }) => id);
  const own: readonly string[] = Object.values(TAG);
  const tags = Object.fromEntries(Object.entries(instance.tags).filter(([key]) => !own.includes(key) && !key.startsWith('aws:')));
  const pair = options.keyPairs.find((one) => one.name === instance.keyName);
  return {
    diskGiB: Math.max(USUAL_DISK_GIB, image?.minDiskGiB ?? 0),
    userData: '',
    ...remembered,
    accountId: instance.accountId,
    name,
    count: 1,
    imageId: instance.imageId,
    instanceType: instance.type,
    keyPair:
      instance.keyName === undefined || pair === undefined
        ? { kind: 'new', name: companionName(name) }
        : { kind: 'existing', name: pair.name, ...(pair.identityFile === undefined ? {} : { identityFile: pair.identityFile }) },
    securityGroup:
      group === undefined
        ? { kind: 'new', name: companionName(name), ssh: true, http: false, https: false }
        : { kind: 'existing', id: group, ...(more.length === 0 ? {} : { more }) },
    ...(instance.subnetId === undefined ? {} : { network: { ...remembered?.network, subnetId: instance.subnetId } }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(notedName(instance.tags) === undefined ? {} : { dns: true }),
  };
}

/** GiB, as the form has it. */
const USUAL_DISK_GIB = 20;

/** The same name (or a numbered one of it), image and account: what makes a launch the machine's own. */
function isLaunchOf(spec: LaunchSpec, instance: Instance): boolean {
  if (spec.accountId !== instance.accountId || spec.imageId !== instance.imageId) return false;
  return instance.name === spec.name || (spec.count > 1 && instance.name.replace(/-\d+(?=\.|$)/, '') === spec.name);
}
