/** What the deploy page shows. Plain data: made by core/deploy, drawn by the webview. */
export type DeployFieldKind = 'text' | 'domain' | 'user' | 'password' | 'port' | 'path';

export interface DeployField {
  /** The variable's name. */
  readonly key: string;
  readonly label: string;
  readonly kind: DeployFieldKind;
  /** Prefilled value; always empty for passwords. */
  readonly value: string;
  /** The comments that stand above the variable in the .env file. */
  readonly help: string;
  readonly required: boolean;
  /** A password field whose value is already there (a bcrypt hash in the .env or on the machine): leaving it empty keeps it. */
  readonly keepsHash?: boolean;
  /** A password of which only the bcrypt hash leaves this computer; the other passwords go to the machine as they are. */
  readonly hashed?: boolean;
  /** Beside the field: what is wrong with the file's value, and one-click values that mend it. */
  readonly problem?: string;
  readonly suggestions?: readonly { readonly label: string; readonly value: string }[];
}

export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Something to know or to mend before publishing. Fixes act on the uploaded copy, never on the person's files. */
export interface DeployFinding {
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** `file:line` in the folder. */
  readonly where?: string;
  readonly fix?: { readonly label: string; readonly changes: readonly FileChange[]; readonly onByDefault: boolean };
}

/** Which Compose files are read together, in order, and which of their profiles are on. */
export interface StackChoice {
  readonly files: readonly string[];
  readonly profiles: readonly string[];
}

/** What there is to choose from, and what is chosen. */
export interface StackChoices {
  readonly chosen: StackChoice;
  /** Compose files of the folder, the chosen ones first in their order. */
  readonly files: readonly string[];
  /** Every profile, with the services that start with it. */
  readonly profiles: readonly { readonly name: string; readonly services: readonly string[] }[];
}

export interface DeployForm {
  readonly folderName: string;
  readonly machineName: string;
  /** Absent where there is nothing to choose: one Compose file without profiles. */
  readonly choices?: StackChoices;
  /** Whether the folder has a .env of its own. */
  readonly hasEnv?: boolean;
  readonly found: readonly string[];
  readonly services: readonly { readonly name: string; readonly image: string; readonly ports: readonly string[] }[];
  readonly fields: readonly DeployField[];
  readonly findings: readonly DeployFinding[];
}

export interface DeployAnswers {
  /** Field key -> value; passwords in clear (they never leave this computer). */
  readonly values: Readonly<Record<string, string>>;
  /** Ids of findings whose fix is applied. */
  readonly fixes: readonly string[];
}

/** A notebook of the folder, and the address at which the site opens it. */
export interface Notebook {
  readonly name: string;
  readonly url: string;
}

/** A file of the release that serves now, against the one that would be sent. */
export interface UpdatedFile {
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** Whether both sides are texts that can be shown. */
  readonly readable: boolean;
}

/** A variable of `.env`; never its value. `typed`: a password that was typed, of which only the hash can be compared. */
export interface EnvUpdate {
  readonly key: string;
  readonly kind: 'added' | 'changed' | 'removed' | 'typed';
}

/** How a deployment differs from what serves now. */
export interface DeployUpdate {
  /** Id of the release that serves, which begins with its time: `20261121-093000-4f2a`, UTC. */
  readonly release: string;
  readonly files: readonly UpdatedFile[];
  /** Files that differ besides those listed. */
  readonly moreFiles: number;
  readonly env: readonly EnvUpdate[];
  /** Empty `before`: the service is new. Empty `after`: it goes. */
  readonly images: readonly { readonly service: string; readonly before: string; readonly after: string }[];
  readonly unit: 'same' | 'changed' | 'added';
  /** What does not run as it should, so that there is something to do even where nothing differs. */
  readonly ill: readonly string[];
  /** True where it is known that a deployment would change nothing. */
  readonly nothing: boolean;
}

export interface DeployPlanView {
  readonly url: string;
  readonly notebooks: readonly Notebook[];
  readonly steps: readonly { readonly title: string; readonly detail: string }[];
  /** The uploaded copies that differ from the person's files (secrets masked). */
  readonly changes: readonly FileChange[];
  /** Absent for a first deployment. */
  readonly update?: DeployUpdate;
  /** Field key -> sentence; the plan can be run only when empty. */
  readonly problems: Readonly<Record<string, string>>;
}
