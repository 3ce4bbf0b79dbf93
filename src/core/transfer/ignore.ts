import type { IgnorePattern } from './ignorePattern';
import { bytesOf, parseIgnore } from './ignorePattern';

/** An ignore file as it was found. */
export interface IgnoreFile {
  /** The folder in which it lies; `''` is the root. */
  readonly folder: string;
  readonly name: IgnoreFileName;
  readonly text: string;
}

/** Later ones win. */
export type IgnoreFileName = '.gitignore' | '.skylabignore';
export const IGNORE_FILES: readonly IgnoreFileName[] = ['.gitignore', '.skylabignore'];

/** Never looked at where rules apply: what is in it is git's affair. */
export const GIT_FOLDER = '.git';

type Verdict = IgnoreFileName | 'taken' | undefined;

/**
 * What a folder's ignore files leave out, as git decides it: the last line that fits wins, files in deeper folders win over those above,
 * and nothing below a folder that is left out is taken back in. What `.skylabignore` says wins over `.gitignore`.
 */
export class IgnoreRules {
  readonly #files = new Map<IgnoreFileName, Map<string, readonly IgnorePattern[]>>();
  readonly #folders = new Map<string, IgnoreFileName | undefined>();

  constructor(files: readonly IgnoreFile[] = []) {
    for (const file of files) this.add(file);
  }

  /** Takes an ignore file into account; those of the folders above come first. */
  add({ folder, name, text }: IgnoreFile): void {
    const ofName = this.#files.get(name) ?? new Map<string, readonly IgnorePattern[]>();
    ofName.set(folder, parseIgnore(text));
    this.#files.set(name, ofName);
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /** The kind of file that leaves this path out by itself, folders above not looked at; undefined where none does. */
  own(path: string, directory: boolean): IgnoreFileName | undefined {
    if (this.isEmpty) return undefined;
    for (const name of IGNORE_FILES.toReversed()) {
      const verdict = this.#verdict(name, path, directory);
      if (verdict !== undefined) return verdict === 'taken' ? undefined : verdict;
    }
    return undefined;
  }

  /** Whether the path, or a folder above it, is left out. */
  ignores(path: string, directory: boolean): boolean {
    if (path === GIT_FOLDER || path.startsWith(`${GIT_FOLDER}/`) || path.includes(`/${GIT_FOLDER}/`) || path.endsWith(`/${GIT_FOLDER}`))
      return true;
    const above = parentOf(path);
    return (above !== '' && this.#folderIgnored(above) !== undefined) || this.own(path, directory) !== undefined;
  }

  #folderIgnored(folder: string): IgnoreFileName | undefined {
    if (this.#folders.has(folder)) return this.#folders.get(folder);
    const above = parentOf(folder);
    const verdict = (above === '' ? undefined : this.#folderIgnored(above)) ?? this.own(folder, true);
    this.#folders.set(folder, verdict);
    return verdict;
  }

  #verdict(name: IgnoreFileName, path: string, directory: boolean): Verdict {
    const files = this.#files.get(name);
    if (files === undefined) return undefined;
    const base = bytesOf(path.slice(path.lastIndexOf('/') + 1));
    for (let folder = parentOf(path); ; folder = parentOf(folder)) {
      const patterns = files.get(folder);
      if (patterns !== undefined) {
        const below = bytesOf(folder === '' ? path : path.slice(folder.length + 1));
        const last = patterns.findLast((one) => (!one.directoryOnly || directory) && one.expression.test(one.anchored ? below : base));
        if (last !== undefined) return last.negated ? 'taken' : name;
      }
      if (folder === '') return undefined;
    }
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const COMPOSE_FILES = /^(docker-)?compose(\.[\w-]+)?\.ya?ml$/;

/** Whether a file of this name makes its folder one that Compose reads. */
export const isComposeFile = (name: string): boolean => COMPOSE_FILES.test(name);

/**
 * Whether a Compose file needs this file, so that leaving it out would break what it describes: `.env` beside it, or one that it names.
 * @param name the path relative to the Compose file's folder @param composeTexts contents of the Compose files there
 */
export function neededByCompose(name: string, composeTexts: readonly string[]): boolean {
  if (composeTexts.length === 0) return false;
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (name === '.env') return true;
  return /(^|\.)env(\.|$)/.test(last) && composeTexts.some((text) => mentions(text, name));
}

function mentions(text: string, name: string): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(^|[\\s'"\\[,:-])(\\./)?${escaped}(?=$|[\\s'"\\],#])`, 'm').test(text);
}
