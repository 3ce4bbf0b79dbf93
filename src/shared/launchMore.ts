/** What a launch may ask for beyond the first page of the form; whatever is left out has a good default. */
export interface LaunchMore {
  /** Whom the image lets in; what is known of the image decides where it is left out. */
  readonly loginUser?: string;
  /** Content with fewer than `count`, down to this many, where the cloud has no more; all or none unless given. */
  readonly minCount?: number;
  readonly network?: NetworkSpec;
  /** Name of an IAM instance profile. */
  readonly instanceProfile?: string;
  /** EC2 then refuses to terminate the machine until the protection is taken off. */
  readonly protect?: boolean;
  /** What a shutdown from inside the machine does; `stop` unless told. */
  readonly onShutdown?: 'stop' | 'terminate';
  /** Lets the machine be hibernated later (needs an encrypted root disk with room for the memory). */
  readonly hibernation?: boolean;
  /** Keeps the root disk when the machine is terminated. */
  readonly keepDisk?: boolean;
  readonly diskType?: DiskType;
  readonly disks?: readonly ExtraDisk[];
  readonly spot?: { readonly maxPricePerHour?: number };
  readonly placement?: { readonly group?: string; readonly tenancy?: 'default' | 'dedicated' };
  /** Besides those that Skylab puts on everything. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Set on the machine; the machine's name decides where it is left out. */
  readonly hostname?: string;
  /** Names of the distribution's packages, installed at first boot. */
  readonly packages?: readonly string[];
  readonly users?: readonly UserSpec[];
  /** Sent once the machine lets in. */
  readonly copies?: readonly { readonly from: string; readonly to: string }[];
  /** Shell command run by the login user after set-up and copying. */
  readonly runAfter?: string;
  readonly expiry?: Expiry;
  /** Makes a Route 53 record for a dotted machine name. */
  readonly dns?: boolean;
  /** Ready-made set-ups, such as GraphTerm's. */
  readonly preset?: GraphTermPreset;
}

export interface NetworkSpec {
  /** Zone, where no subnet is chosen. */
  readonly zone?: string;
  readonly subnetId?: string;
  /** `subnet`: as the subnet says; `elastic`: an address that stays over stop and start. */
  readonly publicAddress?: 'subnet' | 'yes' | 'no' | 'elastic';
  /** Number of IPv6 addresses is one where true. */
  readonly ipv6?: boolean;
}

export type DiskType = 'gp3' | 'gp2' | 'io2' | 'st1' | 'sc1' | 'standard';

export interface ExtraDisk {
  readonly sizeGiB: number;
  readonly type?: DiskType;
  readonly encrypted?: boolean;
  readonly deleteOnTermination?: boolean;
  /** Absolute path; without one the disk is attached and left alone. */
  readonly mountPoint?: string;
  readonly filesystem?: 'ext4' | 'xfs';
  /** mkfs.ext4 -N: a disk of many small files runs out of these first. */
  readonly inodes?: number;
  /** Docker's data-root goes on this disk. */
  readonly dockerData?: boolean;
}

export interface UserSpec {
  readonly name: string;
  /** Lines as in authorized_keys. */
  readonly publicKeys: readonly string[];
  /** sudo without a password. */
  readonly sudo?: boolean;
}

/** What an inbound rule lets in, as the form and spec files write it. */
export interface RuleSpec {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'all';
  /** `22`, `8000-8100`; empty for icmp and all. */
  readonly ports: string;
  /** `me`, `anywhere`, a CIDR block, or the id of a security group. */
  readonly from: string;
  readonly description?: string;
}

/** When a machine ends by itself; armed on the machine before its set-up. */
export interface Expiry {
  /** Hours from launch. */
  readonly hours?: number;
  /** ISO 8601, instead of hours. */
  readonly at?: string;
  /** Minutes without anybody and anything at work. */
  readonly idleMinutes?: number;
  readonly action: 'stop' | 'terminate';
}

/** GraphTerm's launch options (its ec2launch form). */
export interface GraphTermPreset {
  readonly kind: 'graphterm';
  /** `server`, `notebook` (with the IPython notebook's ports) or `host`, which joins a primary. */
  readonly role: 'server' | 'notebook' | 'host';
  readonly auth: 'singleuser' | 'none' | 'name' | 'multiuser';
  readonly https: boolean;
  readonly pylab: boolean;
  readonly netcdf: boolean;
  readonly r: boolean;
  readonly allowEmbed: boolean;
  readonly allowShare: boolean;
  readonly logging: boolean;
  readonly oshell: boolean;
  readonly screen: boolean;
  readonly otherOptions: string;
  /** Of a host: key of the primary machine (`<account>/<instance>`), joined over its private address. */
  readonly primary?: string;
}
