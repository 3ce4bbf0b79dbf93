import type { DeployAnswers, DeployForm, DeployPlanView, Notebook } from './deployModel';
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
  | { readonly type: 'launch'; readonly spec: LaunchSpec }
  | { readonly type: 'cancel' }
  /** Back from an ended operation to the form. */
  | { readonly type: 'again' }
  | { readonly type: 'next'; readonly action: LaunchNext };

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

export interface LaunchFormData {
  readonly accounts: readonly { readonly id: string; readonly name: string; readonly region: string }[];
  readonly accountId: string;
  readonly images: readonly FormImage[];
  readonly instanceTypes: readonly FormInstanceType[];
  readonly keyPairs: readonly { readonly name: string; readonly type: string; readonly here: boolean }[];
  readonly securityGroups: readonly { readonly id: string; readonly name: string; readonly description: string; readonly opens: string }[];
  readonly publicKeys: readonly FormPublicKey[];
  readonly myAddresses: readonly string[];
  /** Names of instances that exist: a new name equal to one of them is a warning. */
  readonly takenNames: readonly string[];
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
  | { readonly type: 'changed'; readonly answers: DeployAnswers }
  /** Opens the diff of a file: the one that a finding's fix makes, or (without finding) the whole plan's. */
  | { readonly type: 'showChange'; readonly path: string; readonly findingId?: string; readonly answers: DeployAnswers }
  | { readonly type: 'deploy'; readonly answers: DeployAnswers }
  | { readonly type: 'cancel' }
  /** Back from an ended operation to the form. */
  | { readonly type: 'again' }
  /** The site itself, or one of the plan's notebooks. */
  | { readonly type: 'openSite'; readonly notebook?: string }
  | { readonly type: 'showLog' };

export type DeployToForm =
  | { readonly type: 'loading'; readonly what: string }
  /** `answers`: what was typed before the page was hidden. */
  | { readonly type: 'form'; readonly form: DeployForm; readonly answers?: DeployAnswers }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'plan'; readonly plan: DeployPlanView }
  | {
      readonly type: 'operation';
      readonly view: OperationView;
      readonly logTail: readonly string[];
      readonly url: string;
      readonly notebooks: readonly Notebook[];
    };
