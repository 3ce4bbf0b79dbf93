/** What the form over a `.env` file shows. Plain data: made by core/deploy, drawn by the webview. */
export type EnvKind = 'text' | 'domain' | 'user' | 'password' | 'secret' | 'port' | 'bool' | 'path' | 'list' | 'choice';

export interface EnvFormField {
  /** The variable's name. */
  readonly key: string;
  /** What a recipe calls it, else its name. */
  readonly label: string;
  readonly kind: EnvKind;
  /** As Compose reads it; as written for a template. Empty where it is a password's hash. */
  readonly value: string;
  /** The comments above it, without annotations. */
  readonly help: string;
  /** 1-based, in the file. */
  readonly line: number;
  /** The file holds the bcrypt hash of the password, made on this computer. */
  readonly hashed?: boolean;
  /** Whether such a hash is there. */
  readonly hashSet?: boolean;
  /** The value names other variables, which Compose fills in: this is what comes out. */
  readonly becomes?: string;
  readonly choices?: readonly { readonly value: string; readonly label: string; readonly detail?: string }[];
  /** The file's words for yes and no. */
  readonly words?: readonly [on: string, off: string];
  /** Bytes of randomness that a generated secret has. */
  readonly bytes?: number;
  readonly problem?: string;
  /** Worth knowing, with what can be done about it. */
  readonly remark?: { readonly text: string; readonly mend?: EnvMend };
  readonly suggestions?: readonly { readonly label: string; readonly value: string }[];
  /** What uses it, such as names of services. */
  readonly users: readonly string[];
}

/** What one click does about a remark: take the lines away that do not count, take the variable away, or quote it as it is written. */
export type EnvMend = 'removeHidden' | 'remove' | 'quote';

export interface EnvSection {
  /** Empty for the variables before the first heading. */
  readonly title: string;
  readonly help: string;
  readonly fields: readonly EnvFormField[];
}

/** A variable that the Compose files or the Caddyfile use and the file lacks. */
export interface EnvAbsent {
  readonly key: string;
  /** What it is without a line here; also what a new line begins with. */
  readonly fallback: string;
  readonly required: boolean;
  readonly users: readonly string[];
}

export interface EnvForm {
  /** The file's name. */
  readonly name: string;
  /** Where it lies, for the lead. */
  readonly place: string;
  readonly sections: readonly EnvSection[];
  readonly absent: readonly EnvAbsent[];
  /** What could not be read, so that something above is not known. */
  readonly note?: string;
}

/** Messages of the form to its host. It says `ready` first and whenever it is shown anew. */
export type EnvToHost =
  | { readonly type: 'ready' }
  /** @property count numbers what is typed, so that an answer to something older does not overwrite it */
  | { readonly type: 'set'; readonly key: string; readonly value: string; readonly count: number }
  /** The field was left: what was typed goes into the document now. */
  | { readonly type: 'leave' }
  /** Writes the hash of this password. */
  | { readonly type: 'hash'; readonly key: string; readonly password: string }
  | { readonly type: 'add'; readonly keys: readonly string[] }
  | { readonly type: 'mend'; readonly key: string; readonly mend: EnvMend }
  /** @property line to go to, 1-based */
  | { readonly type: 'openText'; readonly line?: number };

export type EnvToForm =
  /** @property count the last `set` that is in it */
  | { readonly type: 'form'; readonly form: EnvForm; readonly count: number }
  /** Compose would refuse the file. */
  | { readonly type: 'broken'; readonly message: string; readonly line?: number }
  /** The answer to `hash`; `problem` where there is none. */
  | { readonly type: 'hashed'; readonly key: string; readonly problem?: string };
