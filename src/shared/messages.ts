import type { DeployAnswers, DeployForm, DeployPlanView } from './deployModel';
import type { LaunchSpec, SpecProblems } from './launchSpec';
import type { OperationView } from './operation';

/** Messages between the launch form and the host. The form says `ready` first and whenever it is shown anew. */
export type LaunchToHost =
  | { readonly type: 'ready' }
  | { readonly type: 'searchImages'; readonly text: string }
  | { readonly type: 'chooseAccount'; readonly accountId: string }
  | { readonly type: 'launch'; readonly spec: LaunchSpec }
  | { readonly type: 'draft'; readonly spec: unknown }
  | { readonly type: 'cancel' };

export interface LaunchFormData {
  readonly accounts: readonly { readonly id: string; readonly name: string; readonly region: string }[];
  readonly accountId: string;
  readonly images: readonly FormImage[];
  readonly instanceTypes: readonly {
    readonly name: string;
    readonly vcpus: number;
    readonly memoryMiB: number;
    readonly architectures: readonly string[];
    readonly freeTier: boolean;
  }[];
  readonly keyPairs: readonly { readonly name: string; readonly type: string; readonly here: boolean }[];
  readonly securityGroups: readonly { readonly id: string; readonly name: string; readonly description: string; readonly opens: string }[];
  readonly publicKeys: readonly { readonly path: string; readonly comment: string }[];
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
  | { readonly type: 'images'; readonly text: string; readonly images: readonly FormImage[] }
  | { readonly type: 'refused'; readonly problems: SpecProblems }
  | { readonly type: 'operation'; readonly view: OperationView };

export type DeployToHost =
  | { readonly type: 'ready' }
  | { readonly type: 'changed'; readonly answers: DeployAnswers }
  | { readonly type: 'showChange'; readonly path: string; readonly answers: DeployAnswers }
  | { readonly type: 'deploy'; readonly answers: DeployAnswers }
  | { readonly type: 'cancel' }
  | { readonly type: 'openSite' }
  | { readonly type: 'showLog' };

export type DeployToForm =
  | { readonly type: 'loading'; readonly what: string }
  | { readonly type: 'form'; readonly form: DeployForm }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'plan'; readonly plan: DeployPlanView }
  | { readonly type: 'operation'; readonly view: OperationView; readonly logTail: readonly string[]; readonly url: string };
