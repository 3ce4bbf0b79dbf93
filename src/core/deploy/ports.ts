import type { Secret } from '../secret';
import type { ContentEntry } from './releaseContents';

/** bcrypt for Caddy, off the main thread. Adapter: adapters/password. */
export interface PasswordHasher {
  /** `$2a$14$…`, 60 characters, as `caddy hash-password` makes. @throws SkylabError for an empty password or over 72 bytes */
  hash(password: Secret, signal?: AbortSignal): Promise<string>;
  /** True when the hash was made from the password. */
  verify(password: Secret, hash: string): Promise<boolean>;
}

/** The small text files of a lab folder. Adapter: adapters/files. */
export interface LabFolderReader {
  /** Compose files, .env, Caddyfile, units and the names of the rest (top level). @throws SkylabError when the folder is gone or unreadable */
  read(root: string): Promise<LabFolder>;
  /**
   * SHA-256 (hex) over every entry's path, kind, executable bit and content, with the overrides in place of the files of their path.
   * Equal digests mean that an upload would change nothing. @throws SkylabError when something cannot be read
   */
  digest(root: string, overrides: ReadonlyMap<string, Buffer>, signal?: AbortSignal): Promise<string>;
  /** Every file and link of the folder, hashed, to compare it with what serves. @throws SkylabError when something cannot be read */
  contents(root: string, signal?: AbortSignal): Promise<readonly ContentEntry[]>;
  /** The texts of some files; undefined for what is too large or no text. */
  texts(root: string, paths: readonly string[]): Promise<readonly (string | undefined)[]>;
}

export interface LabFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly text: string;
}

export interface LabFolder {
  readonly root: string;
  readonly name: string;
  /** The first of the Compose files. */
  readonly compose?: LabFile;
  /** Path -> text of every file that the Compose files name: each other, env files, parts that they include or extend. */
  readonly texts: ReadonlyMap<string, string>;
  readonly env?: LabFile;
  readonly caddyfile?: LabFile;
  readonly units: readonly LabFile[];
  /** Names of all top-level entries. */
  readonly entries: readonly string[];
  /** Paths of the notebooks at the top and in its folders, sorted. */
  readonly notebooks: readonly string[];
  /** Those of the entries that are folders. */
  readonly folders: readonly string[];
}

/** Asks the published site the way a browser does, from this computer. Adapter: adapters/http. */
export interface SiteProbe {
  /** @param address the machine's address; the URL's host is sent as SNI and Host header, so that it works before DNS does */
  probe(
    url: string,
    address: string,
    credentials?: { user: string; password: Secret },
    signal?: AbortSignal,
  ): Promise<{ status: number; certificate: 'none' | 'trusted' | 'untrusted'; issuer?: string; body: string }>;
  /** The addresses to which a name resolves; empty when it does not. */
  resolve(name: string): Promise<readonly string[]>;
}
