import type { LaunchSpec, SpecProblems } from '../../src/shared/launchSpec';
import type { FormPick, LaunchFormData, LaunchToHost } from '../../src/shared/messages';
import type { SpecChange } from './edits';

export interface ChangeOptions {
  /** What changed along with it, as a sentence. */
  readonly note?: string | undefined;
  /** The field whose problems may be shown from now on; the changed fields themselves unless told. Empty for none. */
  readonly touch?: string;
  /** Id of the control to go to. */
  readonly focus?: string;
  /** Id and text of a control whose text is more than what the spec keeps of it. */
  readonly typed?: readonly [id: string, text: string];
}

/** Tags as typed: a row may still be without a name. */
export type TagRows = readonly (readonly [name: string, value: string])[];

/** What a spec is sent for besides its launch. */
export type SpecAct = Exclude<Extract<LaunchToHost, { spec: LaunchSpec }>['type'], 'launch'>;

/** What the parts of the form are drawn from, and what they may do. */
export interface FormState {
  readonly data: LaunchFormData;
  readonly spec: LaunchSpec;
  /** What changed along with the image. */
  readonly note: string | undefined;
  readonly submitting: boolean;
  readonly search: { readonly text: string; readonly problem: string | undefined; readonly busy: boolean } | undefined;
  /** What the cloud said to a dry run of this spec; `busy` until it does. */
  readonly dryRun: 'busy' | { readonly allowed: boolean; readonly message: string } | undefined;
  readonly problems: SpecProblems;
  /** The sentence to show beside the field now. */
  problem(field: string): string | undefined;
  /** The sentences to show now about a field and all within it. */
  problemsOf(field: string): readonly string[];
  change(change: SpecChange, options?: ChangeOptions): void;
  /** What was typed into a control, or else the text that the spec gives. */
  typed(id: string, text: string): string;
  /** Ids of the folded parts that have been opened. */
  readonly drawn: ReadonlySet<string>;
  draw(part: string): void;
  readonly tagRows: TagRows;
  typeTags(rows: TagRows, focus?: string): void;
  submit(): void;
  /** Closes the form. */
  leave(): void;
  act(act: SpecAct): void;
  searchImages(text: string): void;
  chooseAccount(accountId: string): void;
  browseKey(): void;
  browse(what: FormPick, row: number): void;
}
