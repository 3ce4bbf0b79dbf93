import type { ConfigTree } from './tree';

/** What `ssh -G` says about one name. */
export type SshAnswer =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, readonly string[]> }
  /** ssh refuses the configuration: its words, with the original's paths. */
  | { readonly kind: 'refused'; readonly message: string };

/** Asks the installed ssh. Adapter: adapters/ssh/effective. */
export interface SshOracle {
  /**
   * What ssh would use for each name, by `ssh -G` on a copy: no command of the person's runs.
   * @param options `exec`: the answer assumed for every command of `Match exec`, no by default
   * @returns undefined where there is no ssh to ask
   */
  ask(
    tree: ConfigTree,
    hosts: readonly string[],
    options?: { readonly exec?: boolean },
  ): Promise<ReadonlyMap<string, SshAnswer> | undefined>;
}

/** A change that was made, to be taken back. */
export interface AppliedChange {
  readonly path: string;
  /** Puts the exact bytes back. @throws SkylabError `FileChanged` when something else has changed the file since */
  undo(): Promise<void>;
}

/** The person's own ssh configuration. Adapter: adapters/files/personConfig. */
export interface PersonConfig {
  /** Path of the person's own file, which may not exist yet. */
  readonly root: string;
  /** Path of the file that Skylab itself writes, which the person's file may include. */
  readonly generated: string;
  /** Reads the file and everything that it includes. @throws SkylabError when the person's own file is there but cannot be read */
  load(): Promise<ConfigTree>;
  /** The tree with another text for one file, its Includes found on disk. The text has one character per byte. */
  withText(tree: ConfigTree, path: string, text: string): Promise<ConfigTree>;
  /**
   * Replaces a file whole, under a lock, its mode kept and symbolic links followed.
   * @param before the bytes that the change was made from @throws SkylabError `FileChanged` when the file holds others by now
   */
  write(path: string, before: string, after: string): Promise<AppliedChange>;
  /** Gives a file the permissions that ssh asks for: mode 0600. */
  protect(path: string): Promise<void>;
  /** What is at a path that the configuration names. */
  inspect(path: string): Promise<{ readonly kind: 'file' | 'folder' | 'missing' | 'unreadable'; readonly mode?: number }>;
}
