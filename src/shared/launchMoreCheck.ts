import type { DiskType, ExtraDisk } from './launchMore';
import { fields, isRecord, list, oneOf, text, type Fields } from './reading';

export type Note = (field: string, problem: string | undefined) => void;

/** What is known of the account's networks; more is checked where more is known. */
export interface KnownNetworks {
  readonly subnets?: readonly { readonly id: string; readonly zone: string; readonly ipv6: boolean }[];
}

export const DISK_TYPES = ['gp3', 'gp2', 'io2', 'st1', 'sc1', 'standard'] as const;
export const PUBLIC_ADDRESSES = ['subnet', 'yes', 'no', 'elastic'] as const;
export const ENDS = ['stop', 'terminate'] as const;
export const GRAPHTERM = { roles: ['server', 'notebook', 'host'], auth: ['singleuser', 'none', 'name', 'multiuser'] } as const;

/** GiB from and to, as "Amazon EBS volume types" sets out; gp3 as far as every region has it. */
const DISK_SIZES: Readonly<Record<DiskType, readonly [least: number, most: number]>> = {
  gp3: [1, 16384],
  gp2: [1, 16384],
  io2: [4, 16384],
  st1: [125, 16384],
  sc1: [125, 16384],
  standard: [1, 1024],
};
/** Device names `/dev/sdf` to `/dev/sdp`, which EC2 recommends for further disks. */
const MAX_EXTRA_DISKS = 11;
const MAX_GROUPS = 5;
/** EC2 takes 50 tags; some are Skylab's. */
const MAX_TAGS = 40;
const MAX_LIST = 200;
const MAX_HOURS = 366 * 24;
/** Linux's HOST_NAME_MAX. */
const MAX_HOST_NAME = 64;
/** Folders that a disk would hide the system behind. */
const SYSTEM_FOLDERS = /^\/(?:bin|boot|dev|etc|lib\w*|proc|root|run|sbin|sys|tmp|usr|var|var\/(?:lib|log|run|tmp|lib\/cloud))?$/;

/** Checks everything that a launch may ask for beyond the first page of the form. @param now milliseconds since the epoch */
export function checkMore(spec: Fields, known: KnownNetworks, note: Note, now: number): void {
  note('minCount', minCountProblem(spec['minCount'], spec['count']));
  const { loginUser = '' } = spec;
  // As useradd takes it, and never an option of ssh's.
  if (!/^(?:[a-z_][a-z0-9_.-]{0,31})?$/i.test(typeof loginUser === 'string' ? loginUser : '-'))
    note('loginUser', 'Give the name of a user, such as root, ubuntu or cloud-user.');
  checkNetwork(spec['network'], known, note);
  const profile = spec['instanceProfile'];
  if (profile !== undefined && !/^[\w+=,.@-]{0,128}$/.test(typeof profile === 'string' ? profile : ' '))
    note('instanceProfile', 'Give the name of an instance profile: letters, digits and +=,.@-_');
  for (const field of ['protect', 'hibernation', 'keepDisk', 'dns']) note(field, flagProblem(spec[field]));
  note('onShutdown', choiceProblem(ENDS, spec['onShutdown']));
  checkRootDisk(spec, note);
  checkDisks(spec['disks'], note);
  checkSpot(spec, note);
  checkPlacement(spec['placement'], note);
  checkTags(spec['tags'], note);
  note('hostname', spec['hostname'] === undefined || spec['hostname'] === '' ? undefined : hostNameProblem(text(spec['hostname'])));
  checkPackages(spec['packages'], note);
  checkUsers(spec['users'], note);
  checkCopies(spec['copies'], note);
  note('runAfter', textProblem(spec['runAfter'], 'command'));
  checkExpiry(spec, note, now);
  checkPreset(spec['preset'], note);
}

function minCountProblem(least: unknown, most: unknown): string | undefined {
  if (least === undefined) return undefined;
  if (typeof least !== 'number' || !Number.isInteger(least) || least < 1) return 'Give how many machines are enough, 1 or more.';
  return typeof most === 'number' && least > most ? 'No more than the number of machines that are wanted.' : undefined;
}

/** Checks the ids of further groups. */
export function checkMoreGroups(group: Fields, note: Note): void {
  const more = group['more'];
  if (more === undefined) return;
  const ids = list(more).map(text);
  if (!Array.isArray(more) || !ids.every((id) => /^[\w-]{1,64}$/.test(id)))
    note('securityGroup.more', 'Choose further groups by their ids.');
  else if (ids.length > MAX_GROUPS - 1) note('securityGroup.more', `A machine has at most ${MAX_GROUPS} groups.`);
  else if (new Set([...ids, text(group['id'])]).size < ids.length + 1) note('securityGroup.more', 'A group is there twice.');
}

/** The problem with a machine's host name, which may have a domain. Source: RFC 1123. */
export function hostNameProblem(hostname: string): string | undefined {
  if (hostname.length > MAX_HOST_NAME) return `The host name has ${hostname.length} characters; at most ${MAX_HOST_NAME} fit.`;
  if (!hostname.split('.').every((part) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(part)))
    return 'Use letters, digits and dashes, with dots between the parts.';
  if (/^[\d.]+$/.test(hostname)) return 'A host name of digits alone would be taken for an address.';
  return undefined;
}

/** The problem with one line of authorized_keys. */
function publicKeyProblem(line: string): string | undefined {
  if (/PRIVATE KEY/.test(line)) return 'This is a private key: paste the public one, which ends in .pub.';
  return /(?:^|[ \t])(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) AAAA[A-Za-z0-9+/]+=*(?:[ \t]|$)/.test(
    line,
  ) && !/\p{Cc}/u.test(line.replaceAll('\t', ' '))
    ? undefined
    : 'Paste a public key, such as: ssh-ed25519 AAAA… name';
}

function checkNetwork(value: unknown, known: KnownNetworks, note: Note): void {
  if (value === undefined) return;
  if (!isRecord(value)) {
    note('network', 'The network cannot be read.');
    return;
  }
  const { zone, subnetId, publicAddress, ipv6 } = value;
  note('network.publicAddress', choiceProblem(PUBLIC_ADDRESSES, publicAddress));
  note('network.ipv6', flagProblem(ipv6));
  if (zone !== undefined && !/^[\w-]{0,64}$/.test(typeof zone === 'string' ? zone : ' ')) note('network.zone', 'Choose a zone.');
  if (subnetId !== undefined && !/^[\w-]{0,64}$/.test(typeof subnetId === 'string' ? subnetId : ' '))
    note('network.subnetId', 'Choose a subnet by its id.');
  const subnet = known.subnets?.find((one) => one.id === subnetId);
  if (known.subnets !== undefined && text(subnetId) !== '' && subnet === undefined)
    note('network.subnetId', `This account's region has no subnet ${text(subnetId)}.`);
  if (subnet === undefined) return;
  if (text(zone) !== '' && zone !== subnet.zone) note('network.zone', `The subnet is in ${subnet.zone}.`);
  if (ipv6 === true && !subnet.ipv6) note('network.ipv6', 'The subnet has no IPv6 addresses.');
}

function checkRootDisk(spec: Fields, note: Note): void {
  const type = spec['diskType'];
  note('diskType', choiceProblem(DISK_TYPES, type));
  if (type === 'st1' || type === 'sc1') note('diskType', `A machine cannot start from a disk of type ${type}.`);
  else if (typeof spec['diskGiB'] === 'number') note('diskType', sizeProblem(spec['diskGiB'], oneOf(DISK_TYPES, type)));
}

function sizeProblem(sizeGiB: number, type: DiskType = 'gp3'): string | undefined {
  const [least, most] = DISK_SIZES[type];
  return sizeGiB < least || sizeGiB > most ? `A disk of type ${type} has ${least} to ${most} GiB.` : undefined;
}

function checkDisks(value: unknown, note: Note): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    note('disks', 'Give the disks as a list.');
    return;
  }
  if (value.length > MAX_EXTRA_DISKS) note('disks', `A launch takes at most ${MAX_EXTRA_DISKS} further disks.`);
  const places = new Set<string>();
  value.forEach((disk: unknown, i) => {
    const at = (field: keyof ExtraDisk, problem: string | undefined) => note(`disks.${i}.${field}`, problem);
    const one = fields(disk);
    const size = one['sizeGiB'];
    at('type', choiceProblem(DISK_TYPES, one['type']));
    at(
      'sizeGiB',
      typeof size === 'number' && Number.isInteger(size) ? sizeProblem(size, oneOf(DISK_TYPES, one['type'])) : 'Give whole GiB.',
    );
    for (const flag of ['encrypted', 'deleteOnTermination', 'dockerData'] as const) at(flag, flagProblem(one[flag]));
    const place = text(one['mountPoint']);
    at('mountPoint', mountProblem(place, one));
    if (place !== '' && places.has(place)) at('mountPoint', `Another disk is mounted at ${place}.`);
    places.add(place);
    at('filesystem', choiceProblem(['ext4', 'xfs'], one['filesystem']));
    at('inodes', inodesProblem(one));
  });
  if (value.filter((disk) => fields(disk)['dockerData'] === true).length > 1) note('disks', 'Docker keeps its data on one disk only.');
}

function mountProblem(place: string, disk: Fields): string | undefined {
  if (place === '') {
    if (disk['mountPoint'] !== undefined && typeof disk['mountPoint'] !== 'string') return 'Give an absolute path such as /data.';
    if (disk['dockerData'] === true) return 'Say where the disk is mounted, such as /data: Docker keeps its data there.';
    return disk['filesystem'] === undefined && disk['inodes'] === undefined ? undefined : 'Say where the disk is mounted, such as /data.';
  }
  if (!/^(?:\/[\w.+@-]+)+$/.test(place) || place.split('/').some((part) => part === '.' || part === '..'))
    return 'Give an absolute path such as /data, of letters, digits and ._+@-';
  return SYSTEM_FOLDERS.test(place) ? `${place} belongs to the system: mount the disk elsewhere, such as /data.` : undefined;
}

function inodesProblem(disk: Fields): string | undefined {
  const { inodes, filesystem, sizeGiB } = disk;
  if (inodes === undefined) return undefined;
  if (typeof inodes !== 'number' || !Number.isInteger(inodes) || inodes < 1) return 'Give the number of inodes as a whole number.';
  if (filesystem === 'xfs') return 'xfs makes inodes as they are needed: leave the number out.';
  // One for each block of 4 KiB is the most that ext4 takes, and 2^32 in all.
  const most = Math.min(2 ** 32 - 1, (typeof sizeGiB === 'number' ? sizeGiB : 1) * 2 ** 18);
  return inodes > most ? `This disk takes at most ${most} inodes.` : undefined;
}

function checkSpot(spec: Fields, note: Note): void {
  const spot = spec['spot'];
  if (spot === undefined) return;
  if (!isRecord(spot)) {
    note('spot', 'Say whether to launch a spot machine.');
    return;
  }
  const price = spot['maxPricePerHour'];
  if (price !== undefined && !(typeof price === 'number' && price > 0 && price < 10_000))
    note('spot.maxPricePerHour', 'Give the highest price in US dollars per hour, or leave it out.');
  if (spec['hibernation'] === true) note('hibernation', 'A spot machine of this kind cannot be hibernated.');
  if (spec['onShutdown'] === 'stop') note('onShutdown', 'A spot machine cannot be stopped: a shutdown terminates it.');
  if (fields(spec['expiry'])['action'] === 'stop') note('expiry.action', 'A spot machine cannot be stopped: let it be terminated.');
}

function checkPlacement(value: unknown, note: Note): void {
  if (value === undefined) return;
  const { group, tenancy } = fields(value);
  note('placement.tenancy', choiceProblem(['default', 'dedicated'], tenancy));
  if (group !== undefined && !(typeof group === 'string' && group.length <= 255 && !/\p{Cc}/u.test(group)))
    note('placement.group', 'Choose a placement group by its name.');
}

function checkTags(value: unknown, note: Note): void {
  if (value === undefined) return;
  if (!isRecord(value)) {
    note('tags', 'Give the tags as names with values.');
    return;
  }
  const names = Object.keys(value);
  if (names.length > MAX_TAGS) note('tags', `At most ${MAX_TAGS} tags of your own fit.`);
  for (const name of names) note(`tags.${name}`, tagProblem(name, value[name]));
}

/** The problem with a tag that a person adds. */
function tagProblem(name: string, value: unknown): string | undefined {
  if (name.trim() === '') return 'Give the tag a name.';
  if (name.length > 128 || /\p{Cc}/u.test(name)) return 'The name of a tag has up to 128 printable characters.';
  if (name === 'Name') return 'The tag Name is the name of the machine.';
  if (/^(?:aws|skylab):/i.test(name)) return `Tags that start with ${name.slice(0, name.indexOf(':') + 1)} are not free to use.`;
  if (typeof value !== 'string' || value.length > 256 || /\p{Cc}/u.test(value))
    return 'The value of a tag has up to 256 printable characters.';
  return undefined;
}

function checkPackages(value: unknown, note: Note): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    note('packages', 'Give the packages as a list of names.');
    return;
  }
  if (value.length > MAX_LIST) note('packages', `A launch installs at most ${MAX_LIST} packages.`);
  value.forEach((name: unknown, i) => {
    if (!/^[A-Za-z0-9@][\w.+:~^=@-]{0,127}$/.test(text(name)))
      note(`packages.${i}`, `${JSON.stringify(name)} is not the name of a package.`);
  });
}

function checkUsers(value: unknown, note: Note): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    note('users', 'Give the users as a list.');
    return;
  }
  if (value.length > MAX_LIST) note('users', `A launch makes at most ${MAX_LIST} users.`);
  const names = new Set<string>();
  value.forEach((user: unknown, i) => {
    const { name, publicKeys, sudo } = fields(user);
    note(`users.${i}.name`, userNameProblem(text(name)));
    if (names.has(text(name))) note(`users.${i}.name`, `The user ${text(name)} is there twice.`);
    names.add(text(name));
    const lines = list(publicKeys);
    const bad = lines.map((line) => publicKeyProblem(text(line))).find((problem) => problem !== undefined);
    note(`users.${i}.publicKeys`, lines.length === 0 ? 'Paste a public key: without one the user cannot log in.' : bad);
    note(`users.${i}.sudo`, flagProblem(sudo));
  });
}

/** The problem with the name of a login. Source: useradd(8). */
function userNameProblem(name: string): string | undefined {
  if (name === '') return 'Type a name for the user.';
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) return 'Use lower-case letters, digits, dashes and underscores, starting with a letter.';
  return name === 'root' ? 'The user root exists already.' : undefined;
}

function checkCopies(value: unknown, note: Note): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    note('copies', 'Give what to copy as a list.');
    return;
  }
  value.forEach((copy: unknown, i) => {
    const { from, to } = fields(copy);
    note(`copies.${i}.from`, text(from) === '' ? 'Choose a file or folder on this computer.' : textProblem(from, 'path'));
    note(`copies.${i}.to`, text(to) === '' ? 'Say where it goes on the machine.' : textProblem(to, 'path'));
  });
}

function checkExpiry(spec: Fields, note: Note, now: number): void {
  const value = spec['expiry'];
  if (value === undefined) return;
  if (!isRecord(value)) {
    note('expiry', 'Say when the machine ends.');
    return;
  }
  const { hours, at, idleMinutes, action } = value;
  if (oneOf(ENDS, action) === undefined) note('expiry.action', 'Choose whether the machine is stopped or terminated.');
  else if (spec['onShutdown'] !== undefined && spec['onShutdown'] !== action)
    note('expiry.action', 'It ends by a shutdown, which does what “on shutdown” says: choose the same for both.');
  if (hours === undefined && at === undefined && idleMinutes === undefined)
    note('expiry', 'Say after how many hours, when, or after how long without use.');
  if (hours !== undefined && at !== undefined) note('expiry.hours', 'Give hours or a date, not both.');
  if (hours !== undefined && !(typeof hours === 'number' && hours > 0 && hours <= MAX_HOURS))
    note('expiry.hours', `Give more than 0 and at most ${MAX_HOURS} hours.`);
  const time = Date.parse(text(at));
  if (at !== undefined && Number.isNaN(time)) note('expiry.at', 'Give a date and time, such as 2030-01-31T18:00:00Z.');
  else if (at !== undefined && time <= now) note('expiry.at', 'This moment has passed.');
  else if (at !== undefined && time - now > MAX_HOURS * 3_600_000) note('expiry.at', 'This is more than a year away.');
  if (
    idleMinutes !== undefined &&
    !(typeof idleMinutes === 'number' && Number.isInteger(idleMinutes) && idleMinutes >= 5 && idleMinutes <= 10_080)
  )
    note('expiry.idleMinutes', 'Give 5 to 10080 minutes.');
}

function checkPreset(value: unknown, note: Note): void {
  if (value === undefined) return;
  const preset = fields(value);
  if (preset['kind'] !== 'graphterm') {
    note('preset', 'There is no such ready-made set-up.');
    return;
  }
  if (oneOf(GRAPHTERM.roles, preset['role']) === undefined) note('preset.role', 'Choose server, notebook or host.');
  if (oneOf(GRAPHTERM.auth, preset['auth']) === undefined) note('preset.auth', 'Choose how people sign in.');
  for (const flag of GRAPHTERM_FLAGS) if (typeof preset[flag] !== 'boolean') note(`preset.${flag}`, 'Say yes or no.');
  if (!/^[\w .,:/=@%+-]{0,1000}$/.test(typeof preset['otherOptions'] === 'string' ? preset['otherOptions'] : '\0'))
    note('preset.otherOptions', 'Use letters, digits, spaces and .,:/=@%+-_');
  if (preset['role'] === 'host' && text(preset['primary']) === '') note('preset.primary', 'Choose the machine that it joins.');
}

const GRAPHTERM_FLAGS = ['https', 'pylab', 'netcdf', 'r', 'allowEmbed', 'allowShare', 'logging', 'oshell', 'screen'] as const;

function flagProblem(value: unknown): string | undefined {
  return value === undefined || typeof value === 'boolean' ? undefined : 'Say yes or no.';
}

function choiceProblem(allowed: readonly string[], value: unknown): string | undefined {
  return value === undefined || oneOf(allowed, value) !== undefined ? undefined : `Choose one of ${allowed.join(', ')}.`;
}

function textProblem(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return `The ${what} is not text.`;
  if (value.includes('\0')) return `The ${what} holds a zero character.`;
  return value.length > 16_384 ? `The ${what} has ${value.length} characters; at most 16384 fit.` : undefined;
}
