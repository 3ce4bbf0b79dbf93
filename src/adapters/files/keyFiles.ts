import { chmod, open, readdir, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { SkylabError } from '../../core/errors';
import type { Secret } from '../../core/secret';
import type { KeyFile, NewKey } from '../../core/ssh/keys/model';
import type { KeyFiles, OpenKey } from '../../core/ssh/keys/ports';
import { parsePublicLine } from '../../core/ssh/keys/publicKeys';
import type { KeyCode } from '../ssh/keyCode';
import { openKey, publicBlobIn } from '../ssh/keyFormat';
import { readIfThere, writeWhole } from './atomic';
import { withLock } from './lock';

/** A key file is a few KiB; what is larger is something else. */
const maxKeyBytes = 64 * 1024;
const privateBegin = /^(?:-----BEGIN (?:OPENSSH |RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----|PuTTY-User-Key-File-)/m;

/** The key files of one home folder. */
export class DiskKeyFiles implements KeyFiles {
  readonly #ssh: string;
  readonly #own: string;

  constructor(
    homeDir: string,
    private readonly code: KeyCode,
    private readonly platform: NodeJS.Platform = process.platform,
  ) {
    this.#ssh = join(homeDir, '.ssh');
    this.#own = join(homeDir, '.ssh', 'skylab', 'keys');
  }

  async list(further: readonly string[]): Promise<readonly KeyFile[]> {
    const paths = new Set<string>();
    for (const folder of [this.#ssh, this.#own]) {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) if (!entry.isDirectory() && mayBeKey(entry.name)) paths.add(join(folder, entry.name));
    }
    for (const path of further) paths.add(path);
    const found = await Promise.all([...paths].filter((path) => !path.endsWith('.pub')).map((path) => this.#privateKey(path, paths)));
    const keys = found.filter((key) => key !== undefined);
    const beside = new Set(keys.map(({ path }) => `${path}.pub`));
    for (const path of paths) {
      if (!path.endsWith('.pub') || path.endsWith('-cert.pub') || beside.has(path)) continue;
      const line = parsePublicLine(await textOf(path).catch(() => ''));
      if (line !== undefined) keys.push({ path, secrecy: 'public', publicBlob: line.blob, comment: line.comment });
    }
    return keys.sort((a, b) => a.path.localeCompare(b.path));
  }

  async create(key: NewKey, passphrase?: Secret): Promise<string> {
    const path = join(this.#ssh, key.name);
    if (basename(path) !== key.name || /[\p{Cc}"]/u.test(key.name) || /^[.-]|\.pub$/.test(key.name)) {
      throw new SkylabError(`“${key.name}” cannot be the name of a key file.`, { code: 'BadName', next: 'Use letters, digits, _ and -.' });
    }
    return withLock(path, async () => {
      for (const file of [path, `${path}.pub`]) {
        if ((await readIfThere(file)) === undefined) continue;
        throw new SkylabError(`There is a file ${file} already.`, {
          code: 'KeyFileExists',
          next: 'Choose another name: a key is never overwritten.',
        });
      }
      const comment = key.comment.replace(/[\p{Cc}]+/gu, ' ').trim();
      const made = await this.code.do({ kind: 'generate', type: key.type, comment, ...(passphrase !== undefined && { next: passphrase }) });
      if (made.kind !== 'sealed') throw new SkylabError('The key could not be made.', { next: 'Try again.' });
      const blob = Buffer.from(made.publicBlob);
      await writeWhole(path, made.text, { mode: 0o600 });
      await writeWhole(`${path}.pub`, `${publicText(blob, comment)}\n`, { mode: 0o644 });
      return path;
    });
  }

  async publicLine(path: string): Promise<string> {
    for (const file of path.endsWith('.pub') ? [path] : [`${path}.pub`]) {
      const line = parsePublicLine(await textOf(file));
      if (line !== undefined) return publicText(line.blob, line.comment);
    }
    const text = await textOf(path);
    const opened = openKey(text);
    const blob = opened.kind === 'key' ? opened.key.publicBlob : publicBlobIn(text);
    if (blob !== undefined) return publicText(blob, '');
    throw new SkylabError(`${path} does not tell its public key without its passphrase, and there is no ${path}.pub beside it.`, {
      code: 'KeyLocked',
      next: 'Set its passphrase anew: that writes it in a form that tells.',
    });
  }

  async setPassphrase(path: string, old: Secret | undefined, next: Secret | undefined): Promise<void> {
    await withLock(path, async () => {
      const text = await textOf(path);
      if (text.startsWith('PuTTY-User-Key-File-')) throw puttyKey(path);
      const answer = await this.code.do({
        kind: 'seal',
        text,
        ...(old !== undefined && { passphrase: old }),
        ...(next !== undefined && { next }),
      });
      if (answer.kind === 'locked') throw wrongPassphrase(path);
      if (answer.kind !== 'sealed') throw unreadable(path);
      await writeWhole(path, answer.text, { mode: 0o600 });
    });
  }

  async open(path: string, passphrase: Secret | undefined): Promise<OpenKey> {
    const text = await textOf(path);
    if (text.startsWith('PuTTY-User-Key-File-')) throw puttyKey(path);
    const answer = await this.code.do({ kind: 'open', text, ...(passphrase !== undefined && { passphrase }) });
    if (answer.kind === 'locked') throw wrongPassphrase(path);
    if (answer.kind !== 'opened') throw unreadable(path);
    return { fields: Buffer.from(answer.fields), publicBlob: Buffer.from(answer.publicBlob) };
  }

  async repairModes(path: string): Promise<void> {
    if (this.platform !== 'win32') {
      await chmod(path, 0o600);
      return;
    }
    for (const args of aclCommands(path, userInfo().username)) await run('icacls', args);
  }

  async remove(path: string): Promise<void> {
    const files = path.endsWith('.pub') ? [path] : [path, `${path}.pub`, `${path}-cert.pub`];
    for (const file of files) {
      await unlink(file).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
        throw new SkylabError(`${file} cannot be removed: ${error instanceof Error ? error.message : String(error)}.`, {
          next: 'Remove it yourself.',
          cause: error,
        });
      });
    }
  }

  async #privateKey(path: string, paths: ReadonlySet<string>): Promise<KeyFile | undefined> {
    let text: string;
    let mode: number;
    try {
      const found = await stat(path);
      if (!found.isFile() || found.size > maxKeyBytes) return undefined;
      mode = found.mode & 0o777;
      text = await headOf(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      if (!paths.has(`${path}.pub`)) return undefined;
      const reason = error instanceof Error ? error.message : String(error);
      return { path, secrecy: 'locked', comment: '', problem: { kind: 'unreadable', reason }, ...(await besides(path, paths)) };
    }
    if (!privateBegin.test(text)) return undefined;
    const opened = openKey(text);
    const blob = opened.kind === 'key' ? opened.key.publicBlob : publicBlobIn(text);
    const beside = await besides(path, paths);
    const isOpen = opened.kind === 'key' || /^Encryption: none$/m.test(text);
    return {
      path,
      secrecy: isOpen ? 'open' : 'locked',
      comment: '',
      ...beside,
      ...(blob !== undefined && { publicBlob: blob }),
      // on Windows the access list decides, which mode bits do not show
      ...(this.platform !== 'win32' && (mode & 0o077) !== 0 && { problem: { kind: 'modes' as const, mode } }),
    };
  }
}

/** What `icacls` is asked so that nobody but the account has access: ssh on Windows refuses a private key that others may read. */
export function aclCommands(path: string, account: string): readonly (readonly string[])[] {
  return [
    [path, '/inheritance:r'],
    [path, '/grant:r', `${account}:F`],
    ...['*S-1-1-0', '*S-1-5-11', '*S-1-5-32-545'].map((group) => [path, '/remove:g', group]),
  ];
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { timeout: 20_000, windowsHide: true }, (error) => {
      if (error)
        reject(new SkylabError(`${program} failed: ${error.message}.`, { next: 'Correct the access of the file yourself.', cause: error }));
      else resolve();
    });
  });
}

function mayBeKey(name: string): boolean {
  return !/^(?:\.|known_hosts|authorized_keys|config$|environment$|rc$)|\.(?:conf|lock|bak|sock|before)$/.test(name);
}

/** Public half and certificate that lie beside a private key. */
async function besides(
  path: string,
  paths: ReadonlySet<string>,
): Promise<Partial<Pick<KeyFile, 'publicBlob' | 'comment' | 'certificate'>>> {
  const line = parsePublicLine(await textOf(`${path}.pub`).catch(() => ''));
  const certificate = `${path}-cert.pub`;
  return {
    ...(line !== undefined && { publicBlob: line.blob, comment: line.comment }),
    ...(paths.has(certificate) && { certificate }),
  };
}

/** At most as much as a key has: a path may name anything. */
async function headOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxKeyBytes), 0, maxKeyBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function textOf(path: string): Promise<string> {
  return (await readIfThere(path))?.toString('utf8') ?? '';
}

function publicText(blob: Buffer, comment: string): string {
  const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
  return [type, blob.toString('base64'), comment].join(' ').trim();
}

function wrongPassphrase(path: string): SkylabError {
  return new SkylabError(`This is not the passphrase of ${path}. Nothing was changed.`, {
    code: 'WrongPassphrase',
    next: 'Type it again.',
  });
}

function unreadable(path: string): SkylabError {
  return new SkylabError(`${path} is no private key in OpenSSH or PEM format. Nothing was changed.`, {
    code: 'NotAKey',
    next: 'Choose another file.',
  });
}

function puttyKey(path: string): SkylabError {
  return new SkylabError(`${path} is a key of PuTTY's.`, {
    code: 'PuttyKey',
    next: 'Export it in OpenSSH format with PuTTYgen first.',
  });
}
