import * as fs from 'node:fs';
import path from 'node:path';
import { SkylabError } from '../../core/errors';
import { encodeName, printableName } from '../../core/transfer/names';
import type { Skipped, Unpacked } from '../../core/transfer/download/ports';
import type { TarEntry, TarSink } from '../../core/transfer/download/tarReader';
import { TarReader } from '../../core/transfer/download/tarReader';
import { UnpackGuard } from '../../core/transfer/download/unpackGuard';
import { localPath } from './localPath';

/** What is skipped is told one by one up to here; the rest is only counted. */
const SKIPPED_TOLD = 10_000;

/**
 * Unpacks an archive into a folder that is empty and nobody else's, with the blocking functions of fs: to be used in a thread of its own.
 * Links are made at the end, so that nothing can be written through one.
 */
export class FolderUnpacker implements TarSink {
  readonly #reader = new TarReader(this);
  readonly #guard: UnpackGuard;
  readonly #skipped: Skipped[] = [];
  readonly #links: { readonly path: string; readonly target: string }[] = [];
  /** The file that is being written. */
  #file: { readonly path: string; readonly fd: number; readonly mtime: number } | undefined;
  #files = 0;
  #bytes = 0;

  constructor(private readonly root: string) {
    this.#guard = new UnpackGuard({ caseInsensitive: isCaseInsensitive(root), platform: process.platform });
  }

  get progress(): { files: number; bytes: number } {
    return { files: this.#files, bytes: this.#bytes };
  }

  write(piece: Buffer): void {
    this.#reader.write(piece);
  }

  /** Makes the links and looks at the disk. @throws SkylabError where it does not hold what came */
  finish(): Unpacked {
    this.#reader.end();
    const links = this.#links.filter(({ path: link, target }) => this.#link(link, target));
    // When all are there: one link may lead through another.
    for (const { path: link, target } of links) this.#dropIfOut(link, target);
    const found = countFiles(this.root);
    if (found.files !== this.#files || found.bytes !== this.#bytes) {
      throw new SkylabError('What stands on this disk is not what came from the machine, so nothing was changed.', {
        code: 'DownloadMismatch',
        next: 'Another program may have changed it meanwhile; download it again.',
      });
    }
    return { files: this.#files, bytes: this.#bytes, skipped: this.#skipped };
  }

  /** Closes what is open. */
  close(): void {
    if (this.#file) fs.closeSync(this.#file.fd);
    this.#file = undefined;
  }

  entry(entry: TarEntry): void {
    const placed = this.#guard.place(entry);
    if (placed.kind === 'skip') this.#skip(placed);
    if (placed.kind !== 'make') return;
    const at = localPath(this.root, placed.path);
    switch (entry.kind) {
      case 'directory':
        this.#folder(placed.path, entry.mode);
        break;
      case 'symlink':
        this.#links.push({ path: placed.path, target: placed.linkTarget ?? '' });
        break;
      case 'hardlink':
        this.#copy(placed.path, placed.linkTarget ?? '');
        break;
      case 'file':
        this.#file = { path: placed.path, fd: this.#open(at, placed.path, entry.mode & 0o777), mtime: entry.mtime };
        break;
      case 'other':
        break;
    }
  }

  data(piece: Buffer): void {
    const file = this.#file;
    if (!file) return;
    for (let at = 0; at < piece.length;) at += fs.writeSync(file.fd, piece, at);
    this.#bytes += piece.length;
  }

  end(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    fs.futimesSync(file.fd, file.mtime, file.mtime);
    fs.closeSync(file.fd);
    this.#files++;
  }

  #open(at: string | Buffer, relative: string, mode: number): number {
    const open = (): number => fs.openSync(at, 'wx', mode);
    try {
      return open();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#folder(relative.slice(0, Math.max(0, relative.lastIndexOf('/'))), 0o777);
      return open();
    }
  }

  /** Folders stay open to their owner: one that its owner may not enter could be neither filled nor deleted. */
  #folder(relative: string, mode: number): void {
    fs.mkdirSync(localPath(this.root, relative), { recursive: true, mode: (mode & 0o777) | 0o700 });
  }

  #copy(relative: string, first: string): void {
    const to = localPath(this.root, relative);
    fs.copyFileSync(localPath(this.root, first), to, fs.constants.COPYFILE_EXCL);
    const { size, atime, mtime } = fs.statSync(localPath(this.root, first));
    fs.utimesSync(to, atime, mtime);
    this.#files++;
    this.#bytes += size;
  }

  #link(relative: string, target: string): boolean {
    const at = localPath(this.root, relative);
    try {
      fs.symlinkSync(process.platform === 'win32' ? target.replaceAll('/', '\\') : encodeName(target), at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
      this.#skip({ path: printableName(relative), reason: 'This account may not make links.' });
      return false;
    }
    return true;
  }

  #dropIfOut(relative: string, target: string): void {
    const at = localPath(this.root, relative);
    if (!this.#leadsOut(at)) return;
    fs.unlinkSync(at);
    this.#skip({ path: printableName(relative), reason: `The link leads out of the folder, to ${printableName(target)}.` });
  }

  #leadsOut(at: string | Buffer): boolean {
    try {
      // The system's own: the other one takes `..` by name, also behind a link.
      const real = fs.realpathSync.native(at);
      const root = fs.realpathSync.native(this.root);
      return real !== root && !real.startsWith(root + path.sep);
    } catch {
      // It leads nowhere.
      return false;
    }
  }

  #skip({ path: skippedPath, reason }: Skipped): void {
    if (this.#skipped.length < SKIPPED_TOLD) this.#skipped.push({ path: skippedPath, reason });
  }
}

function isCaseInsensitive(root: string): boolean {
  const probe = path.join(root, '.skylab-case');
  fs.writeFileSync(probe, '', { flag: 'wx' });
  const same = fs.existsSync(path.join(root, '.SKYLAB-CASE'));
  fs.unlinkSync(probe);
  return same;
}

function countFiles(root: string): { files: number; bytes: number } {
  const found = { files: 0, bytes: 0 };
  const folders: (string | Buffer)[] = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const at = Buffer.concat([Buffer.from(folder), Buffer.from(path.sep), entry.name]);
      if (entry.isDirectory()) folders.push(at);
      if (!entry.isFile()) continue;
      found.files++;
      found.bytes += fs.lstatSync(at).size;
    }
  }
  return found;
}
