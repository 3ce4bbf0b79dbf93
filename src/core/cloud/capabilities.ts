import type { Account } from './model';

/** What an account's cloud can do; what it cannot is not offered. */
export interface Capabilities {
  readonly securityGroups: boolean;
  /** Lists its instance types; otherwise a type's name is typed in. */
  readonly instanceTypes: boolean;
  readonly networks: boolean;
  readonly importKeyPair: boolean;
  /** Takes tags in RunInstances. */
  readonly tagsOnLaunch: boolean;
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

/** What the cloud behind an account can do, as far as its kind tells. */
export function capabilitiesOf(account: Account): Capabilities {
  switch (account.kind) {
    case 'profile':
    case 'keys':
    case 'endpoint':
      return EC2;
  }
}
