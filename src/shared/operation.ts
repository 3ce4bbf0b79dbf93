/** What every long-running act looks like to the tree, notifications, webviews and tests. Plain data: it crosses to webviews. */
export type OperationKind = 'launch' | 'upload' | 'download' | 'sync' | 'deploy' | 'connect' | 'lifecycle' | 'task';
export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'skipped' | 'undone';
export type OperationState = 'running' | 'undoing' | 'done' | 'failed' | 'cancelled';

export interface StepView {
  readonly name: string;
  readonly title: string;
  readonly state: StepState;
  /** What it is doing now, such as "installing docker.io (3/7)". */
  readonly detail?: string;
  /** 0 to 1 where known. */
  readonly fraction?: number;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** Something in the cloud or on disk that an operation made and that must not be forgotten. */
export interface CreatedResource {
  readonly kind:
    /** Value of the tag on whatever an act makes: noted before the cloud is asked. */
    | 'actToken'
    | 'address'
    | 'dnsZone'
    /** JSON of the rules that were added to a group of the person's own. */
    | 'groupRules'
    | 'hostEntry'
    | 'identityFile'
    | 'instance'
    | 'keyPair'
    | 'launchToken'
    | 'remoteFolder'
    | 'securityGroup';
  readonly id: string;
  readonly accountId?: string;
  /** As a person would name it. */
  readonly label: string;
}

export interface OperationView {
  readonly id: string;
  readonly kind: OperationKind;
  readonly title: string;
  readonly accountId?: string;
  readonly machineKey?: string;
  readonly state: OperationState;
  readonly steps: readonly StepView[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The sentence shown when it failed. */
  readonly error?: string;
  /** What is left behind after a failure or a failed undo. */
  readonly leftovers: readonly CreatedResource[];
}
