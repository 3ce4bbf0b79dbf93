import { posix } from 'node:path';
import { printableName } from '../names';
import type { TarEntry } from './tarReader';

/** What the local file system can hold. */
export interface LocalNames {
  /** It cannot tell names apart that differ in case only (Windows, most disks of a Mac). */
  readonly caseInsensitive: boolean;
  readonly platform: NodeJS.Platform;
}

export type Placed =
  | { readonly kind: 'make'; readonly path: string; readonly linkTarget?: string }
  /** The folder itself. */
  | { readonly kind: 'root' }
  | { readonly kind: 'skip'; readonly path: string; readonly reason: string };

type Made = 'directory' | 'file' | 'symlink';

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/**
 * Decides where an entry of an archive may be written. The machine is not trusted: no name leads out of the folder, nothing is written
 * through a link or over something else, and what this computer cannot hold is skipped, and said.
 */
export class UnpackGuard {
  readonly #made = new Map<string, { readonly path: string; readonly kind: Made }>();

  constructor(private readonly names: LocalNames) {}

  place(entry: TarEntry): Placed {
    const path = entry.path.replace(/\/+$/, '').replace(/^(\.\/+)+/, '');
    if (path === '' || path === '.') return { kind: 'root' };
    const problem = this.#problem(path, entry);
    if (problem !== undefined) return { kind: 'skip', path: printableName(path), reason: problem };
    const kind = entry.kind === 'hardlink' ? 'file' : entry.kind;
    if (kind !== 'other') this.#made.set(this.#key(path), { path, kind });
    if (entry.kind !== 'hardlink') return { kind: 'make', path, ...(entry.linkTarget !== undefined && { linkTarget: entry.linkTarget }) };
    return { kind: 'make', path, linkTarget: (entry.linkTarget ?? '').replace(/^(\.\/+)+/, '') };
  }

  #problem(path: string, entry: TarEntry): string | undefined {
    const parts = path.split('/');
    if (path.startsWith('/') || parts.includes('..') || parts.includes('') || path.includes('\0'))
      return 'Its name leads out of the folder.';
    if (entry.kind === 'other') return 'It is neither a file nor a folder nor a link.';
    const unfit = parts.map((part) => this.#unfit(part)).find((reason) => reason !== undefined);
    if (unfit !== undefined) return unfit;
    for (let end = 1; end < parts.length; end++) {
      const folder = parts.slice(0, end).join('/');
      const made = this.#made.get(this.#key(folder));
      if (made === undefined) this.#made.set(this.#key(folder), { path: folder, kind: 'directory' });
      else if (made.path !== folder) return collision(made.path);
      else if (made.kind !== 'directory') return 'It would be written through a link or a file.';
    }
    const same = this.#made.get(this.#key(path));
    if (same !== undefined && same.path !== path) return collision(same.path);
    if (same !== undefined && !(same.kind === 'directory' && entry.kind === 'directory')) return 'The machine sent it twice.';
    return this.#linkProblem(path, entry);
  }

  #linkProblem(path: string, { kind, linkTarget = '' }: TarEntry): string | undefined {
    if (kind === 'symlink') {
      const leads = posix.normalize(posix.join(posix.dirname(path), linkTarget));
      if (linkTarget === '' || linkTarget.startsWith('/') || leads === '..' || leads.startsWith('../'))
        return `The link leads out of the folder, to ${printableName(linkTarget)}.`;
    }
    if (kind === 'hardlink') {
      const first = linkTarget.replace(/^(\.\/+)+/, '');
      const made = this.#made.get(this.#key(first));
      if (made?.path !== first || made.kind !== 'file') return 'It is the same file as one that was not fetched.';
    }
    return undefined;
  }

  #unfit(part: string): string | undefined {
    const { platform } = this.names;
    if (platform !== 'linux' && /\p{Surrogate}/u.test(part)) return 'Its name is no text that this computer can hold.';
    if (platform !== 'win32') return undefined;
    if (/[<>:"|?*\\\p{Cc}]/u.test(part) || /[. ]$/.test(part) || RESERVED.test(part)) return 'Windows cannot hold a file of this name.';
    return undefined;
  }

  #key(path: string): string {
    return this.names.caseInsensitive ? path.normalize('NFC').toLowerCase() : path;
  }
}

const collision = (other: string): string =>
  `This disk cannot tell its name from ${printableName(other)}, which differs in capital letters only.`;
