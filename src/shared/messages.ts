import type { DeployAnswers, DeployForm, DeployPlanView, Notebook, StackChoice } from './deployModel';
import type { LaunchSpec, SpecProblems } from './launchSpec';
import type { OperationView } from './operation';

/** What a finished launch offers to do next. */
export type LaunchNext = 'terminal' | 'deploy' | 'log';

/** Messages between the launch form and the host. The form says `ready` first and whenever it is shown anew. */
export type LaunchToHost =
  | { readonly type: 'ready' }
  /** Reads the account's offers again, after a failure. */
  | { readonly type: 'reload' }
  | { readonly type: 'searchImages'; readonly text: string }
  | { readonly type: 'chooseAccount'; readonly accountId: string }
  /** Asks for a public key file; answered by `publicKeys`. */
  | { readonly type: 'browseKey' }
  /** Asks for a file or folder of this computer for a row of the form; answered by `picked` unless the person cancels. */
  | { readonly type: 'browse'; readonly what: FormPick; readonly row: number }
  /** Asks for what the size costs now; answered by `prices`. */
  | { readonly type: 'price'; readonly instanceType: string }
  | { readonly type: 'launch'; readonly spec: LaunchSpec }
  /** Asks the cloud whether it would launch this; answered by `dryRun`. */
  | { readonly type: 'dryRun'; readonly spec: LaunchSpec }
  /** Shows the request and the first-boot script. */
  | { readonly type: 'preview'; readonly spec: LaunchSpec }
  | { readonly type: 'saveSpec'; readonly spec: LaunchSpec }
  | { readonly type: 'copyCli'; readonly spec: LaunchSpec }
  | { readonly type: 'cancel' }
  /** The person leaves the form. */
  | { readonly type: 'close' }
  /** Back from an ended operation to the form. */
  | { readonly type: 'again' }
  | { readonly type: 'next'; readonly action: LaunchNext };

/** What the form lets a person choose in the editor's own dialog. */
export type FormPick = 'copyFile' | 'copyFolder' | 'userKey';

export interface FormInstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architectures: readonly string[];
  readonly freeTier: boolean;
}

interface FormPublicKey {
  readonly path: string;
  readonly comment: string;
}

/** What the account's cloud can do, as far as the form asks; the rest is not shown. */
export interface FormCapabilities {
  readonly securityGroups: boolean;
  /** Lists its sizes; otherwise a size's name is typed in. */
  readonly instanceTypes: boolean;
  readonly networks: boolean;
  readonly importKeyPair: boolean;
  readonly tagsOnLaunch: boolean;
  readonly attributes: boolean;
  readonly addresses: boolean;
  /** Sizes of disks can be asked for. */
  readonly volumes: boolean;
  readonly spot: boolean;
  readonly hibernation: boolean;
  readonly prices: boolean;
  readonly dns: boolean;
}

export interface FormSubnet {
  readonly id: string;
  /** "web · us-east-1a · 10.0.1.0/24" */
  readonly label: string;
  readonly zone: string;
  readonly freeAddresses: number;
  readonly publicByDefault: boolean;
  readonly ipv6: boolean;
}

/** What a launch may choose from, besides images, sizes, keys and groups. */
export interface FormOffers {
  readonly zones: readonly string[];
  readonly subnets: readonly FormSubnet[];
  /** Zones that lack a size, by the size's name. */
  readonly notOfferedIn: Readonly<Record<string, readonly string[]>>;
  readonly placementGroups: readonly string[];
  readonly instanceProfiles: readonly string[];
  readonly vcpusInUse?: number;
  readonly vcpuLimit?: number;
}

/** US dollars. What is not in it is unknown. */
export interface FormPrices {
  /** On demand, per hour, by size; `asOf` is an ISO 8601 date. */
  readonly types: Readonly<Record<string, { readonly perHour: number; readonly asOf: string }>>;
  /** Per GiB and month, by type of disk. */
  readonly disks: Readonly<Record<string, number>>;
  /** A public IPv4 address, per hour. */
  readonly addressPerHour?: number;
}

/** One rule of a security group with one source, in the words of RuleSpec. */
export interface FormRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'all';
  readonly fromPort: number;
  readonly toPort: number;
  /** A CIDR block or the id of a group. */
  readonly from: string;
}

interface FormGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly opens: string;
  readonly rules: readonly FormRule[];
}

export interface LaunchFormData {
  /** Grows when the form is to begin anew with other defaults: a draft of an earlier one is dropped. */
  readonly opening?: number;
  /** Why what is shown is from an earlier time, as a sentence. */
  readonly stale?: string;
  readonly accounts: readonly { readonly id: string; readonly name: string; readonly region: string }[];
  readonly accountId: string;
  readonly capabilities: FormCapabilities;
  readonly images: readonly FormImage[];
  readonly instanceTypes: readonly FormInstanceType[];
  readonly keyPairs: readonly { readonly name: string; readonly type: string; readonly here: boolean }[];
  readonly securityGroups: readonly FormGroup[];
  readonly offers: FormOffers;
  readonly prices: FormPrices;
  /** US dollars a day above which the person wants to be warned, and what runs already per hour; undefined for no limit. */
  readonly costLimit?: { readonly perDay: number; readonly runningPerHour: number };
  readonly publicKeys: readonly FormPublicKey[];
  readonly myAddresses: readonly string[];
  /** Names of instances that exist: a new name equal to one of them is a warning. */
  readonly takenNames: readonly string[];
  /** Machines of the account that another can join. */
  readonly machines: readonly { readonly key: string; readonly name: string }[];
  readonly defaults: LaunchSpec;
}

export interface FormImage {
  readonly id: string;
  readonly label: string;
  readonly name: string;
  readonly architecture: string;
  readonly createdAt: string;
  readonly loginUser: string;
  readonly featured: boolean;
  readonly minDiskGiB: number;
}

export type LaunchToForm =
  | { readonly type: 'loading'; readonly what: string }
  | { readonly type: 'data'; readonly data: LaunchFormData }
  /** The same form with what was read anew behind it; what the person typed stays. */
  | { readonly type: 'refreshed'; readonly data: LaunchFormData }
  | { readonly type: 'prices'; readonly prices: FormPrices }
  /** The answer to `browse`: a path, or the lines of a public key file. */
  | { readonly type: 'picked'; readonly what: FormPick; readonly row: number; readonly text: string }
  /** The answer to `dryRun` as a sentence. */
  | { readonly type: 'dryRun'; readonly allowed: boolean; readonly message: string }
  | { readonly type: 'failed'; readonly message: string }
  /** The answer to `searchImages`; `problem` says why the cloud could not be searched. */
  | { readonly type: 'images'; readonly text: string; readonly images: readonly FormImage[]; readonly problem?: string }
  | { readonly type: 'publicKeys'; readonly publicKeys: readonly FormPublicKey[]; readonly chosen: string }
  | { readonly type: 'refused'; readonly problems: SpecProblems }
  /** `result`: what is there now and what comes next, once it is done. */
  | { readonly type: 'operation'; readonly view: OperationView; readonly logTail: readonly string[]; readonly result?: string };

export type DeployToHost =
  | { readonly type: 'ready' }
  /** Reads folder and machine again, after a failure. */
  | { readonly type: 'reload' }
  /** Reads the folder anew with these Compose files and profiles; answered by `form`. */
  | { readonly type: 'choose'; readonly choice: StackChoice }
  | { readonly type: 'changed'; readonly answers: DeployAnswers }
  /** Opens the folder's .env as a form; the page is read anew when it is saved. */
  | { readonly type: 'editEnv' }
  /** The findings that are not for this project: they are told no more, and not mended. */
  | { readonly type: 'setAside'; readonly ids: readonly string[] }
  /** Opens the diff of a file: the one that a finding's fix makes, or (without finding) the whole plan's. */
  | { readonly type: 'showChange'; readonly path: string; readonly findingId?: string; readonly answers: DeployAnswers }
  /** Opens the diff between a file as it serves now and as it would be sent. */
  | { readonly type: 'showUpdate'; readonly path: string; readonly answers: DeployAnswers }
  | { readonly type: 'deploy'; readonly answers: DeployAnswers }
  | { readonly type: 'cancel' }
  /** Back from an ended operation to the form. */
  | { readonly type: 'again' }
  /** The site itself, or one of the plan's notebooks. */
  | { readonly type: 'openSite'; readonly notebook?: string }
  | { readonly type: 'showLog' };

export type DeployToForm =
  | { readonly type: 'loading'; readonly what: string }
  /** `answers`: what was typed before the page was hidden. `aside`: ids of the findings that are not for this project. */
  | { readonly type: 'form'; readonly form: DeployForm; readonly answers?: DeployAnswers; readonly aside?: readonly string[] }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'plan'; readonly plan: DeployPlanView }
  | {
      readonly type: 'operation';
      readonly view: OperationView;
      readonly logTail: readonly string[];
      readonly url: string;
      readonly notebooks: readonly Notebook[];
    };
