import * as fs from 'node:fs';
import type { IgnoreFile } from '../../core/transfer/ignore';
import { IGNORE_FILES, IgnoreRules, isComposeFile, neededByCompose } from '../../core/transfer/ignore';
import type { FolderListing, IgnoreOptions } from '../../core/transfer/ports';
import { localPath } from './localPath';

type Ignored = NonNullable<FolderListing['ignore']>;

/** Larger ignore and Compose files are none. */
const MAX_BYTES = 1024 * 1024;

/** Applies the ignore files of a folder while it is walked from the top. */
export class IgnoreFilter {
  readonly #rules = new IgnoreRules();
  readonly #files: IgnoreFile[] = [];
  readonly #left: Ignored['left'][number][] = [];
  readonly #needed: string[] = [];
  /** Folder -> contents of the Compose files in it. */
  readonly #compose = new Map<string, readonly string[]>();

  constructor(
    private readonly root: string,
    private readonly options: IgnoreOptions,
  ) {}

  /** Reads the rules of a folder before anything in it is asked about. */
  enter(folder: string, names: readonly string[]): void {
    for (const name of IGNORE_FILES) {
      if (!names.includes(name) || (name === '.gitignore' && !this.options.gitignore)) continue;
      const text = this.#read(folder, name);
      if (text === undefined) continue;
      const file = { folder, name, text };
      this.#files.push(file);
      this.#rules.add(file);
    }
    const texts = names.filter(isComposeFile).flatMap((name) => this.#read(folder, name) ?? []);
    if (texts.length > 0) this.#compose.set(folder, texts);
  }

  leavesOut(path: string, directory: boolean): boolean {
    const by = this.#rules.own(path, directory);
    if (by === undefined) return false;
    if (by === '.gitignore' && !directory && this.#isNeeded(path)) {
      this.#needed.push(path);
      return false;
    }
    this.#left.push({ path, by, directory });
    return true;
  }

  result(): Ignored {
    return { files: this.#files, left: this.#left, needed: this.#needed };
  }

  #isNeeded(path: string): boolean {
    for (const [folder, texts] of this.#compose) {
      const below = folder === '' ? path : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
      if (below !== undefined && neededByCompose(below, texts)) return true;
    }
    return false;
  }

  /** An ignore file that is a link or cannot be read has no say, as with git. */
  #read(folder: string, name: string): string | undefined {
    const place = localPath(this.root, folder === '' ? name : `${folder}/${name}`);
    try {
      const stats = fs.lstatSync(place);
      return stats.isFile() && stats.size <= MAX_BYTES ? fs.readFileSync(place, 'utf8') : undefined;
    } catch {
      return undefined;
    }
  }
}
