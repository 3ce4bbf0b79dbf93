/** What kind of value a variable holds; most are the kinds that the deploy page knows. */
export type VariableType = 'text' | 'domain' | 'user' | 'password' | 'secret' | 'port' | 'bool' | 'path' | 'list' | 'choice';

/** Variable -> the value that it must have. */
export type When = Readonly<Record<string, string>>;

export interface RecipeVariable {
  readonly name: string;
  readonly label: string;
  readonly help?: string;
  readonly type: VariableType;
  /** As text, whatever it was in the file. */
  readonly default?: string;
  readonly required: boolean;
  /** Bytes of randomness from which the value is made here. */
  readonly generated?: number;
  readonly choices: readonly { readonly value: string; readonly label: string; readonly detail?: string }[];
  /** The choices are only the usual ones: a value of one's own will do as well. */
  readonly others: boolean;
  /** Asked before the folder is made; the deploy page asks for the others. */
  readonly ask: boolean;
  /** Whether it is a line of `.env`. */
  readonly env: boolean;
  readonly when: When;
}

export interface RecipeNeeds {
  readonly memoryMiB: number;
  readonly diskGiB: number;
  readonly ports: readonly number[];
  /** IDs of /etc/os-release; empty for every system on which Docker runs. */
  readonly systems: readonly string[];
}

/** Something that a recipe does on the machine itself, by scripts of its folder. */
export interface HostStep {
  /** As a person reads it before and after: "installs GraphTerm 0.57". */
  readonly title: string;
  /** Script that changes nothing: exit code 0 where it is so already, 1 where it is to be done; another refuses, with what it printed last. */
  readonly check: string;
  readonly run: string;
  /** Takes it back after a later failure. */
  readonly undo?: string;
  readonly as: 'root' | 'user';
  /** How long it may take. */
  readonly minutes: number;
  readonly when: When;
}

/** A recipe as recipe.yaml states it. */
export interface Recipe {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly needs: RecipeNeeds;
  /** Where the stack's people sign in, when that needs an app to be registered. */
  readonly signIn?: 'github';
  readonly variables: readonly RecipeVariable[];
  readonly files: readonly { readonly from: string; readonly path: string; readonly when: When }[];
  readonly after: readonly { readonly note: string; readonly open?: string }[];
  /** What is done on the machine itself, in this order; empty for stacks. */
  readonly host: readonly HostStep[];
  readonly tests: readonly { readonly path: string; readonly status: number; readonly when: When }[];
}

/** The file that makes a folder a recipe. */
export const RECIPE_FILE = 'recipe.yaml';
