import type { SshTarget } from '../ssh/model';

/** Where machines come from. Access keys are never here: they stand in SecretStorage under the account's id. */
export type Account =
  | { readonly kind: 'profile'; readonly id: string; readonly name: string; readonly profile: string; readonly region: string }
  | { readonly kind: 'keys'; readonly id: string; readonly name: string; readonly region: string }
  | EndpointAccount;

/** A cloud with an EC2-compatible interface at an address of its own. */
export interface EndpointAccount {
  readonly kind: 'endpoint';
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  /** What answers there; absent in accounts that were kept before it was looked at, which are taken for EC2 itself. */
  readonly flavor?: CloudFlavor;
  readonly signature?: SignatureChoice;
  /** The path that requests are signed for, where a proxy in front of the cloud cuts off a part: `/`, or empty. */
  readonly signedPath?: string;
  /** PEM file with the certificates that vouch for the endpoint's own. */
  readonly caFile?: string;
}

/** `opennebula`: its econe-server; `moto`: the API simulator; `ec2`: anything else that speaks EC2. */
export type CloudFlavor = 'ec2' | 'opennebula' | 'moto';

/** `auto`: version 4, and version 2 once that is refused. `v2sha1`: version 2 with HMAC-SHA1, for the oldest. */
type SignatureChoice = 'auto' | 'v4' | 'v2' | 'v2sha1';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

/** One EC2 instance as DescribeInstances gives it. */
export interface Instance {
  readonly accountId: string;
  readonly id: string;
  /** The Name tag, or the id where there is none. */
  readonly name: string;
  readonly state: InstanceState;
  readonly type: string;
  readonly imageId: string;
  readonly publicAddress?: string;
  readonly publicDnsName?: string;
  readonly privateAddress?: string;
  readonly privateDnsName?: string;
  readonly ipv6Address?: string;
  readonly vpcId?: string;
  readonly subnetId?: string;
  /** It was launched so that it can be hibernated. */
  readonly hibernation?: boolean;
  readonly keyName?: string;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  readonly zone?: string;
  readonly architecture?: string;
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[];
  readonly tags: Readonly<Record<string, string>>;
  readonly stateReason?: string;
}

/** A machine without a cloud API: handed out by an instructor. */
export interface GivenMachine {
  readonly id: string;
  readonly name: string;
  readonly target: SshTarget;
}

/** `<accountId>/<instanceId>`, or `given/<id>`. */
export type MachineKey = string & { readonly brand: 'MachineKey' };

/** What the tree shows and what uploads and deployments go to. */
export type Machine =
  | { readonly kind: 'instance'; readonly key: MachineKey; readonly name: string; readonly instance: Instance }
  | { readonly kind: 'given'; readonly key: MachineKey; readonly name: string; readonly given: GivenMachine };

export const instanceKey = (accountId: string, instanceId: string): MachineKey => `${accountId}/${instanceId}` as MachineKey;
export const givenKey = (id: string): MachineKey => `given/${id}` as MachineKey;

export interface Image {
  readonly id: string;
  readonly name: string;
  /** Short and human: "Debian 13", or the name. */
  readonly label: string;
  readonly architecture: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly loginUser: string;
  /** One of the current Debian, Ubuntu and Amazon Linux images, shown first. */
  readonly featured: boolean;
  readonly rootDeviceName: string;
  /** GiB; the smallest root disk that the image allows. */
  readonly minDiskGiB: number;
}

export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architectures: readonly string[];
  readonly freeTier: boolean;
}

export interface KeyPair {
  readonly name: string;
  readonly type: string;
  readonly fingerprint: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly rules: readonly IngressRule[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface IngressRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | '-1';
  readonly fromPort: number;
  readonly toPort: number;
  /** IPv4 or IPv6 CIDR blocks. */
  readonly cidrs: readonly string[];
  /** Ids of security groups whose machines are let in. */
  readonly groups?: readonly string[];
  readonly description?: string;
}
