import { createHash } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SkylabError } from '../../core/errors';
import type { Secret } from '../../core/secret';
import type { IdentityFiles } from '../../core/ssh/ports';
import { readIfThere, writeWhole } from './atomic';
import { withLock } from './lock';

/** ssh2's key code, loaded when first needed: the editor starts without it. */
const keyCode = () => import('../ssh/keys');

/** Private keys under `~/.ssh`; those that Skylab makes stand in `~/.ssh/skylab/keys`. */
export class FileIdentityFiles implements IdentityFiles {
  readonly #ssh: string;
  readonly #keys: string;

  constructor(homeDir: string) {
    this.#ssh = join(homeDir, '.ssh');
    this.#keys = join(homeDir, '.ssh', 'skylab', 'keys');
  }

  async create(
    name: string,
    comment: string,
    before: (path: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<{ path: string; publicKey: string }> {
    const path = join(this.#keys, fileName(name));
    return withLock(path, async () => {
      if ((await readIfThere(path)) !== undefined) throw exists(name, path);
      await before(path);
      const plainComment = comment.replace(/[\p{Cc}]+/gu, ' ').trim();
      const { privateKey, publicKey } = (await keyCode()).newKeyPair(plainComment);
      await writeWhole(path, privateKey, { mode: 0o600 });
      await writeWhole(`${path}.pub`, `${publicKey}\n`, { mode: 0o644 });
      return { path, publicKey };
    });
  }

  async keep(name: string, privateKey: Secret, before: (path: string) => Promise<void> = () => Promise.resolve()): Promise<string> {
    const path = join(this.#keys, fileName(name));
    return withLock(path, async () => {
      if ((await readIfThere(path)) !== undefined) throw exists(name, path);
      const text = privateKey.reveal().replace(/\r\n?/g, '\n').trimEnd();
      const read = (await keyCode()).readPrivateKey(text);
      if (read.kind !== 'key') {
        throw new SkylabError(`The private key of ${name} that the cloud has made cannot be read.`, {
          code: 'NotAKey',
          next: 'Delete the key pair in the cloud and make another.',
        });
      }
      await before(path);
      await writeWhole(path, `${text}\n`, { mode: 0o600 });
      await writeWhole(`${path}.pub`, `${openSshLine(read.key.getPublicSSH(), name)}\n`, { mode: 0o644 });
      return path;
    });
  }

  async remove(path: string): Promise<void> {
    if (dirname(resolve(path)) !== resolve(this.#keys)) {
      throw new SkylabError(`${path} was not made by Skylab, so it is not removed.`, {
        code: 'NotOurKey',
        next: 'Remove it yourself if it is no longer needed.',
      });
    }
    for (const file of [path, `${path}.pub`]) {
      await unlink(file).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
        throw new SkylabError(`${file} cannot be removed: ${error instanceof Error ? error.message : String(error)}.`, {
          next: 'Remove it yourself.',
          cause: error,
        });
      });
    }
  }

  async find(keyPairName: string): Promise<string | undefined> {
    const { readPrivateKey } = await keyCode();
    const places = [join(this.#keys, fileName(keyPairName))];
    if (!/[\\/\0]/.test(keyPairName) && !/^\.{0,2}$/.test(keyPairName))
      places.push(join(this.#ssh, keyPairName), join(this.#ssh, `${keyPairName}.pem`));
    for (const path of places) {
      const isFile = await stat(path).then(
        (found) => found.isFile(),
        () => false,
      );
      if (!isFile) continue;
      const text = (await readIfThere(path))?.toString('utf8') ?? '';
      if (readPrivateKey(text).kind !== 'none') return path;
    }
    return undefined;
  }

  async listPublic(): Promise<readonly { path: string; line: string; comment: string }[]> {
    const found: { path: string; line: string; comment: string }[] = [];
    for (const folder of [this.#ssh, this.#keys]) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => one.endsWith('.pub')).sort()) {
        const path = join(folder, name);
        // one broken file must not hide the others
        const text = await readIfThere(path).catch(() => undefined);
        const line = publicLine(text?.toString('utf8') ?? '');
        if (line !== undefined) found.push({ path, line, comment: line.split(' ').slice(2).join(' ') });
      }
    }
    return found;
  }

  async publicKeyOf(path: string): Promise<string> {
    const bytes = await readIfThere(path);
    if (bytes === undefined) throw new SkylabError(`There is no key file ${path}.`, { code: 'NoSuchKey', next: 'Choose another one.' });
    const text = bytes.toString('utf8');
    const line = publicLine(text);
    if (line !== undefined) return line;
    const [{ readPrivateKey }, { publicBlobIn }] = await Promise.all([keyCode(), import('../ssh/keyFormat')]);
    const read = readPrivateKey(text);
    if (read.kind === 'key') return openSshLine(read.key.getPublicSSH(), read.key.comment);
    const blob = publicBlobIn(text);
    if (blob !== undefined) return openSshLine(blob, '');
    if (read.kind === 'locked') {
      const beside = publicLine((await readIfThere(`${path}.pub`))?.toString('utf8') ?? '');
      if (beside !== undefined) return beside;
      throw new SkylabError(`${path} is locked by a passphrase, and there is no ${path}.pub beside it.`, {
        code: 'KeyLocked',
        next: 'Choose the public key file instead.',
      });
    }
    throw new SkylabError(`${path} is no key that Skylab can read.`, {
      code: 'NotAKey',
      next: 'Choose a private or public key in OpenSSH or PEM format.',
    });
  }
}

function exists(name: string, path: string): SkylabError {
  return new SkylabError(`There is a private key named ${name} already: ${path}.`, {
    code: 'KeyFileExists',
    next: 'Choose another name for the new key; a private key is never overwritten.',
  });
}

/** A file name for any key pair name: other names never share one, and nothing leads out of the folder. */
function fileName(name: string): string {
  const plain = [...Buffer.from(name)].map((byte) =>
    /[A-Za-z0-9_@+.-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `=${byte.toString(16).padStart(2, '0')}`,
  );
  const text = plain.join('').replace(/^[.-]/, (first) => `=${first.charCodeAt(0).toString(16)}`);
  if (text !== '' && text.length <= 100 && !text.endsWith('.pub')) return text;
  return `${text.slice(0, 80)}=-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

function openSshLine(blob: Buffer, comment: string): string {
  const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
  return `${type} ${blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}`;
}

/** The first line of a public key file when it is one in OpenSSH's form. */
function publicLine(text: string): string | undefined {
  const line = text.split('\n')[0]?.trim() ?? '';
  if (!/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}( |$)/.test(line)) return undefined;
  const [type = '', blob = ''] = line.split(' ');
  const bytes = Buffer.from(blob, 'base64');
  return bytes.length > 4 && bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0)) === type ? line : undefined;
}
