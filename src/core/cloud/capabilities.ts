import type { Account, CloudFlavor } from './model';

/** What an account's cloud can do; what it cannot is not offered. */
export interface Capabilities {
  readonly securityGroups: boolean;
  /** Lists its instance types; otherwise a type's name is typed in. */
  readonly instanceTypes: boolean;
  readonly networks: boolean;
  readonly importKeyPair: boolean;
  /** Takes tags in RunInstances. */
  readonly tagsOnLaunch: boolean;
  /** Takes the size of the root disk and further disks in RunInstances. */
  readonly disksOnLaunch: boolean;
  readonly console: boolean;
  /** Type, protection, shutdown behavior and the like can be changed. */
  readonly attributes: boolean;
  readonly createImage: boolean;
  readonly addresses: boolean;
  readonly volumes: boolean;
  readonly snapshots: boolean;
  readonly spot: boolean;
  readonly hibernation: boolean;
  readonly prices: boolean;
  readonly dns: boolean;
  /** UploadImage and RegisterImage as econe-server has them. */
  readonly uploadImage: boolean;
  /** Runs user data; otherwise set-up is done over SSH. */
  readonly userData: boolean;
}

const EC2: Capabilities = {
  securityGroups: true,
  instanceTypes: true,
  networks: true,
  importKeyPair: true,
  tagsOnLaunch: true,
  disksOnLaunch: true,
  console: true,
  attributes: true,
  createImage: true,
  addresses: true,
  volumes: true,
  snapshots: true,
  spot: true,
  hibernation: true,
  prices: true,
  dns: true,
  uploadImage: false,
  userData: true,
};

/** econe-server's thirty actions, and nothing else; a call of another would be a 404. */
const OPENNEBULA: Capabilities = {
  securityGroups: false,
  instanceTypes: false,
  networks: false,
  importKeyPair: false,
  tagsOnLaunch: false,
  disksOnLaunch: false,
  console: false,
  attributes: false,
  createImage: false,
  addresses: true,
  volumes: true,
  snapshots: true,
  spot: false,
  hibernation: false,
  prices: false,
  dns: false,
  uploadImage: true,
  userData: false,
};

const BY_FLAVOR: Readonly<Record<CloudFlavor, Capabilities>> = {
  moto: EC2,
  ec2: { ...EC2, prices: false, dns: false, hibernation: false, spot: false },
  opennebula: OPENNEBULA,
};

/** What the cloud behind an account can do, as far as its kind tells. */
export function capabilitiesOf(account: Account): Capabilities {
  switch (account.kind) {
    case 'profile':
    case 'keys':
      return EC2;
    case 'endpoint':
      return account.flavor === undefined ? EC2 : BY_FLAVOR[account.flavor];
  }
}
