import { chmod, realpath, stat, unlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { SkylabError } from '../../core/errors';
import type { ConfigDocument } from '../../core/ssh/config/document';
import { parseConfig } from '../../core/ssh/config/document';
import type { AppliedChange, PersonConfig } from '../../core/ssh/config/ports';
import type { ConfigTree } from '../../core/ssh/config/tree';
import { ConfigFile, MAX_DEPTH, withDocument } from '../../core/ssh/config/tree';
import { readIfThere, writeWhole } from './atomic';
import { withLock } from './lock';
import { expandInclude } from './personConfigGlob';

interface Anchors {
  /** What `~` and relative Includes of the person's files begin with. */
  readonly home: string;
  /** Where relative Includes of this file lie. */
  readonly folder: string;
}

/** `~/.ssh/config` with everything that it includes, and the system's own file behind it. */
export class FilePersonConfig implements PersonConfig {
  readonly root: string;
  readonly generated: string;
  readonly #system: string;
  readonly #home: string;
  readonly #user: string;

  /** @param homeDir holds `.ssh` @param options for tests: what ssh expands `~` to, and the system's file */
  constructor(homeDir: string, options: { readonly accountHome?: string; readonly system?: string } = {}) {
    const account = userInfo();
    this.root = path.join(homeDir, '.ssh', 'config');
    this.generated = path.join(homeDir, '.ssh', 'skylab', 'hosts.conf');
    this.#home = options.accountHome ?? account.homedir;
    this.#user = account.username;
    this.#system = options.system ?? systemConfig();
  }

  async load(): Promise<ConfigTree> {
    const files = new Map<string, ConfigFile>();
    const unreadable = new Map<string, string>();
    await this.#read(this.root, this.#person(), files, unreadable, 0);
    const reason = unreadable.get(this.root);
    if (reason !== undefined) throw new SkylabError(reason, { code: 'FileUnusable', next: 'Correct its permissions, then refresh.' });
    await this.#read(this.#system, { home: this.#home, folder: path.dirname(this.#system) }, files, unreadable, 0);
    const system = files.has(this.#system) ? { system: this.#system } : {};
    return { root: this.root, ...system, files, localUser: this.#user, home: this.#home, unreadable };
  }

  async withText(tree: ConfigTree, file: string, text: string): Promise<ConfigTree> {
    const anchors = file === tree.system ? { home: this.#home, folder: path.dirname(file) } : this.#person();
    const files = new Map(tree.files);
    const old = tree.files.get(file);
    const document = parseConfig(text);
    const includes = await this.#includes(document, anchors, old);
    for (const found of [...includes.values()].flat()) {
      if (!files.has(found)) await this.#read(found, anchors, files, new Map(tree.unreadable), 1);
    }
    return withDocument({ ...tree, files }, file, document, includes);
  }

  async write(file: string, before: string, after: string): Promise<AppliedChange> {
    const existed = await this.#swap(file, before, after);
    return {
      path: file,
      undo: async () => {
        await this.#swap(file, after, existed ? before : undefined);
      },
    };
  }

  async protect(file: string): Promise<void> {
    await chmod(file, 0o600);
  }

  async inspect(file: string): Promise<{ kind: 'file' | 'folder' | 'missing' | 'unreadable'; mode?: number }> {
    try {
      const found = await stat(file);
      const mode = process.platform === 'win32' ? {} : { mode: found.mode & 0o7777 };
      return { kind: found.isDirectory() ? 'folder' : 'file', ...mode };
    } catch (error) {
      const gone = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
      return { kind: gone ? 'missing' : 'unreadable' };
    }
  }

  #person(): Anchors {
    return { home: this.#home, folder: path.join(this.#home, '.ssh') };
  }

  /** @param after undefined takes the file away @returns whether there was a file before */
  async #swap(file: string, before: string, after: string | undefined): Promise<boolean> {
    return withLock(file, async () => {
      const now = await readIfThere(file);
      if ((now?.toString('latin1') ?? '') !== before) {
        throw new SkylabError(`${file} was changed by something else meanwhile. Nothing was changed.`, {
          code: 'FileChanged',
          next: 'Look at the change again.',
        });
      }
      if (after === undefined) await unlink(file);
      else await writeWhole(file, Buffer.from(after, 'latin1'));
      return now !== undefined;
    });
  }

  async #read(
    file: string,
    anchors: Anchors,
    files: Map<string, ConfigFile>,
    unreadable: Map<string, string>,
    depth: number,
  ): Promise<void> {
    if (files.has(file) || depth > MAX_DEPTH) return;
    let text: string;
    try {
      const bytes = await readIfThere(file);
      if (bytes === undefined) return;
      text = bytes.toString('latin1');
    } catch (error) {
      unreadable.set(file, error instanceof Error ? error.message : String(error));
      return;
    }
    const { mode, uid } = await stat(await realpath(file));
    const document = parseConfig(text);
    const includes = await this.#includes(document, anchors);
    const owned = process.getuid === undefined || uid === 0 || uid === process.getuid();
    files.set(file, new ConfigFile(file, document, includes, process.platform === 'win32' ? undefined : mode & 0o7777, !owned));
    for (const found of [...includes.values()].flat()) await this.#read(found, anchors, files, unreadable, depth + 1);
  }

  /** @param old a version whose Includes have been found: the same line is not looked for again */
  async #includes(document: ConfigDocument, anchors: Anchors, old?: ConfigFile): Promise<ReadonlyMap<number, readonly string[]>> {
    const known = new Map(old?.document.includes.map((one) => [one.raw, old.includes.get(one.line)]));
    const found = new Map<number, readonly string[]>();
    for (const directive of document.includes) {
      const paths: string[] = [...(known.get(directive.raw) ?? [])];
      if (!known.has(directive.raw))
        for (const { value } of directive.words) paths.push(...(await expandInclude(anchored(value, anchors))));
      found.set(directive.line, paths);
    }
    return found;
  }
}

/** An Include's argument with its start made absolute (readconf.c, `oInclude`). @param argument one character per byte */
function anchored(argument: string, { home, folder }: Anchors): string {
  const pattern = Buffer.from(argument, 'latin1')
    .toString('utf8')
    .replaceAll('\\', process.platform === 'win32' ? '/' : '\\');
  if (pattern === '~' || pattern.startsWith('~/')) return escapeGlob(home) + pattern.slice(1);
  if (path.isAbsolute(pattern)) return pattern;
  return `${escapeGlob(folder)}/${pattern}`;
}

function escapeGlob(folder: string): string {
  return process.platform === 'win32' ? folder.replaceAll('\\', '/') : folder.replace(/[*?[\\]/g, '\\$&');
}

function systemConfig(): string {
  return process.platform === 'win32'
    ? path.join(process.env.ProgramData ?? 'C:\\ProgramData', 'ssh', 'ssh_config')
    : '/etc/ssh/ssh_config';
}
