import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import type { Socket } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RemoteSession } from '../../../src/core/remote/session';
import { Syncer } from '../../../src/core/transfer/sync';
import { Uploader } from '../../../src/core/transfer/upload';
import { workerFolder } from './folder';
import { startSshd } from './sshd';
import type { Sshd } from './sshd';

/** One sshd and one local folder, measured in milliseconds against OpenSSH's own clients. */
export class UploadBench {
  #count = 0;
  #turn = -1;

  private constructor(
    readonly sshd: Sshd,
    readonly scratch: string,
  ) {}

  static async start(): Promise<UploadBench> {
    withoutNativeCrypto();
    // the test's own loader takes its time, which is not the product's
    await import('./connect');
    const scratch = mkdtempSync(path.join(roomyMemory() ?? tmpdir(), 'skylab-bench-'));
    return new UploadBench(await startSshd({ home: path.join(scratch, 'home') }), scratch);
  }

  /** The folder to send: this many files in folders of a hundred. */
  fill(files: number, bytes: number): string {
    const root = path.join(this.scratch, `in-${files}`);
    const content = Buffer.alloc(bytes, 'lab ');
    for (let i = 0; i < files; i++) {
      const folder = path.join(root, `folder-${Math.floor(i / 100)}`);
      if (i % 100 === 0) mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `file-${i}`), content);
    }
    return root;
  }

  /** Skylab's upload, login included. */
  async ours(root: string, port = this.sshd.port): Promise<number> {
    const { connect } = await import('./connect');
    const folder = workerFolder();
    const name = this.next();
    const started = performance.now();
    const session = await connect(this.sshd, port);
    await new Uploader(folder).upload(session, { root, remoteDir: name, ifExists: 'refuse' });
    const took = performance.now() - started;
    session.close();
    this.drop(name);
    return took;
  }

  /** Gives some of the files that `fill` has made another content, size and time, a different one for each turn; once for each turn. */
  change(root: string, files: number, changed: number, turn: number): void {
    if (this.#turn === turn) return;
    this.#turn = turn;
    for (let i = 0; i < changed; i++) {
      const at = i * Math.floor(files / changed) + (turn % Math.floor(files / changed));
      writeFileSync(path.join(root, `folder-${Math.floor(at / 100)}`, `file-${at}`), Buffer.alloc(2049 + turn, `turn ${turn} `));
    }
  }

  /** Skylab's sync to a folder that stays, login included. */
  async sync(root: string, name: string, port = this.sshd.port): Promise<number> {
    const { connect } = await import('./connect');
    const folder = workerFolder();
    const started = performance.now();
    const sessions: RemoteSession[] = [];
    const connection = async (): Promise<RemoteSession> => {
      const session = await connect(this.sshd, port);
      sessions.push(session);
      return session;
    };
    await new Syncer(folder).sync(connection, { root, remoteDir: name });
    const took = performance.now() - started;
    for (const session of sessions) session.close();
    return took;
  }

  /** `rsync -a` to a folder that stays. */
  async rsync(root: string, name: string, port = this.sshd.port): Promise<number> {
    return await this.#shell(`rsync -a -e "ssh $2 -p $3" "$1/" "127.0.0.1:$4/"`, root, port, path.join(this.sshd.home, name), true);
  }

  /** A name of its own on the machine. */
  next(): string {
    return `out-${++this.#count}`;
  }

  drop(name: string): void {
    rmSync(path.join(this.sshd.home, name), { recursive: true, force: true });
  }

  async tarOverSsh(root: string, port = this.sshd.port): Promise<number> {
    const name = this.next();
    return await this.#shell(`tar -C "$1" -cf - . | ssh $2 -p "$3" 127.0.0.1 "mkdir $4 && tar -C $4 -xf -"`, root, port, name);
  }

  async scp(root: string, port = this.sshd.port): Promise<number> {
    const name = this.next();
    return await this.#shell(`scp -q -r $2 -P "$3" "$1" 127.0.0.1:$4`, root, port, path.join(this.sshd.home, name));
  }

  async stop(): Promise<void> {
    await this.sshd.stop();
    rmSync(this.scratch, { recursive: true, force: true });
  }

  async #shell(script: string, root: string, port: number, target: string, stays = false): Promise<number> {
    const options = `-F none -i ${this.sshd.identityFile} -l ${this.sshd.user} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
    const clean = script.includes('scp') ? options.replace(`-l ${this.sshd.user}`, `-o User=${this.sshd.user}`) : options;
    const started = performance.now();
    const child = spawn('sh', ['-c', script, 'bench', root, clean, String(port), target], { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const took = performance.now() - started;
    if (code !== 0) throw new Error(`The peer failed with exit code ${String(code)}.`);
    if (!stays) this.drop(path.basename(target));
    return took;
  }
}

/** Memory that serves as a disk, where there is enough: a disk that others write to would hide what is compared. */
function roomyMemory(): string | undefined {
  if (!existsSync('/dev/shm')) return undefined;
  const { bavail, bsize } = statfsSync('/dev/shm');
  return bavail * bsize > 3 * 2 ** 30 ? '/dev/shm' : undefined;
}

/** The packaged extension holds no native code, so neither does what is measured. */
function withoutNativeCrypto(): void {
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load.bind(Module);
  loader._load = (request, ...rest) => {
    if (request.endsWith('sshcrypto.node')) throw new Error('left out of the package');
    return load(request, ...rest);
  };
}

/** A way to a loopback port on which every byte takes longer, as over a long line. @param ms delay of each direction */
export async function delayed(port: number, ms: number): Promise<{ port: number; stop: () => Promise<void> }> {
  const open = new Set<Socket>();
  const later = (from: Socket, to: Socket) => {
    from.on('data', (bytes) => setTimeout(() => to.write(bytes), ms));
    from.on('end', () => setTimeout(() => to.end(), ms));
    from.on('error', () => to.destroy()).on('close', () => open.delete(from));
    from.setNoDelay(true);
    open.add(from);
  };
  const server = createServer((near) => {
    const far = createConnection(port, '127.0.0.1');
    later(near, far);
    later(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const stop = () => {
    for (const socket of open) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: address.port, stop };
}
