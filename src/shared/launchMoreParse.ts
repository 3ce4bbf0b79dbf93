import type { ExtraDisk, Expiry, GraphTermPreset, LaunchMore, NetworkSpec, UserSpec } from './launchMore';
import { DISK_TYPES, ENDS, GRAPHTERM, PUBLIC_ADDRESSES } from './launchMoreCheck';
import { fields, isRecord, list, oneOf, text, type Fields } from './reading';

/** Reads what checkMore found nothing wrong with; drops what does not belong, what is empty, and what is the default anyway. */
export function parseMore(spec: Fields): LaunchMore {
  return {
    // As many at least as at most is all or none.
    ...(spec['minCount'] === spec['count'] ? {} : number('minCount', spec['minCount'])),
    ...word('loginUser', spec['loginUser']),
    ...some('network', networkOf(spec['network'])),
    ...word('instanceProfile', spec['instanceProfile']),
    ...flag('protect', spec['protect']),
    ...some('onShutdown', oneOf(ENDS, spec['onShutdown'])),
    ...flag('hibernation', spec['hibernation']),
    ...flag('keepDisk', spec['keepDisk']),
    ...some('diskType', oneOf(DISK_TYPES, spec['diskType'])),
    ...many('disks', list(spec['disks']).filter(isRecord).map(diskOf)),
    ...some('spot', isRecord(spec['spot']) ? number('maxPricePerHour', spec['spot']['maxPricePerHour']) : undefined),
    ...some('placement', placementOf(fields(spec['placement']))),
    ...some('tags', tagsOf(fields(spec['tags']))),
    ...word('hostname', spec['hostname']),
    ...many('packages', texts(spec['packages'])),
    ...many('users', list(spec['users']).filter(isRecord).map(userOf)),
    ...many(
      'copies',
      list(spec['copies']).map((copy) => ({ from: text(fields(copy)['from']), to: text(fields(copy)['to']) })),
    ),
    ...(text(spec['runAfter']).trim() === '' ? {} : { runAfter: text(spec['runAfter']) }),
    ...some('expiry', isRecord(spec['expiry']) ? expiryOf(spec['expiry']) : undefined),
    // No is an answer too: a dotted name has a record unless told otherwise.
    ...some('dns', typeof spec['dns'] === 'boolean' ? spec['dns'] : undefined),
    ...some('preset', isRecord(spec['preset']) ? presetOf(spec['preset']) : undefined),
  };
}

function networkOf(value: unknown): NetworkSpec | undefined {
  const network = fields(value);
  const parsed = {
    ...word('zone', network['zone']),
    ...word('subnetId', network['subnetId']),
    ...some('publicAddress', oneOf(PUBLIC_ADDRESSES, network['publicAddress'])),
    ...flag('ipv6', network['ipv6']),
  };
  return Object.keys(parsed).length === 0 ? undefined : parsed;
}

function diskOf(disk: Fields): ExtraDisk {
  return {
    sizeGiB: Number(disk['sizeGiB']),
    ...some('type', oneOf(DISK_TYPES, disk['type'])),
    // These two are on unless told otherwise.
    ...some('encrypted', typeof disk['encrypted'] === 'boolean' ? disk['encrypted'] : undefined),
    ...some('deleteOnTermination', typeof disk['deleteOnTermination'] === 'boolean' ? disk['deleteOnTermination'] : undefined),
    ...word('mountPoint', disk['mountPoint']),
    ...some('filesystem', oneOf(['ext4', 'xfs'] as const, disk['filesystem'])),
    ...number('inodes', disk['inodes']),
    ...flag('dockerData', disk['dockerData']),
  };
}

function placementOf(placement: Fields): LaunchMore['placement'] {
  const parsed = {
    ...word('group', placement['group']),
    ...some('tenancy', oneOf(['default', 'dedicated'] as const, placement['tenancy'])),
  };
  return Object.keys(parsed).length === 0 ? undefined : parsed;
}

function tagsOf(tags: Fields): LaunchMore['tags'] {
  const entries = Object.entries(tags).map(([name, value]) => [name, text(value)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function userOf(user: Fields): UserSpec {
  return { name: text(user['name']), publicKeys: texts(user['publicKeys']).map((line) => line.trim()), ...flag('sudo', user['sudo']) };
}

function expiryOf(expiry: Fields): Expiry {
  return {
    ...number('hours', expiry['hours']),
    ...word('at', expiry['at']),
    ...number('idleMinutes', expiry['idleMinutes']),
    action: oneOf(ENDS, expiry['action']) ?? 'stop',
  };
}

function presetOf(preset: Fields): GraphTermPreset {
  const is = (name: string) => preset[name] === true;
  return {
    kind: 'graphterm',
    role: oneOf(GRAPHTERM.roles, preset['role']) ?? 'server',
    auth: oneOf(GRAPHTERM.auth, preset['auth']) ?? 'singleuser',
    https: is('https'),
    pylab: is('pylab'),
    netcdf: is('netcdf'),
    r: is('r'),
    allowEmbed: is('allowEmbed'),
    allowShare: is('allowShare'),
    logging: is('logging'),
    oshell: is('oshell'),
    screen: is('screen'),
    otherOptions: text(preset['otherOptions']).trim(),
    ...word('primary', preset['primary']),
  };
}

function texts(value: unknown): readonly string[] {
  return list(value).map(text);
}

function some<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  // A one-key literal with a computed key has the wider type of a record.
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}

/** A text that is not empty. */
function word<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  const given = text(value).trim();
  return some(key, given === '' ? undefined : given);
}

/** What is on. */
function flag<K extends string>(key: K, value: unknown): Partial<Record<K, boolean>> {
  return some(key, value === true ? true : undefined);
}

function number<K extends string>(key: K, value: unknown): Partial<Record<K, number>> {
  return some(key, typeof value === 'number' ? value : undefined);
}

function many<K extends string, T>(key: K, values: readonly T[]): Partial<Record<K, readonly T[]>> {
  return some(key, values.length === 0 ? undefined : values);
}
