import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FileDownloader } from '../../../src/core/transfer/download/fileDownload';
import { FolderDownloader } from '../../../src/core/transfer/download/folderDownload';
import { diskReceiver } from './receiver';
import { UploadBench } from './uploadBench';

/** One sshd and what it serves, fetched and measured in milliseconds against OpenSSH's own clients. */
export class DownloadBench {
  #count = 0;

  private constructor(private readonly line: UploadBench) {}

  static async start(): Promise<DownloadBench> {
    return new DownloadBench(await UploadBench.start());
  }

  /** A folder there, of this many files in folders of a hundred. @returns its absolute path */
  fill(files: number, bytes: number): string {
    return this.line.fill(files, bytes);
  }

  /** Skylab's download, login included. */
  async ours(remotePath: string, kind: 'file' | 'folder'): Promise<number> {
    const { connect } = await import('./connect');
    const receiver = diskReceiver();
    const dest = this.#next();
    const started = performance.now();
    const session = await connect(this.line.sshd);
    if (kind === 'folder') await new FolderDownloader(receiver).download(session, { remotePath, dest, ifExists: 'refuse' });
    else
      await new FileDownloader(receiver).download(() => Promise.resolve(session), {
        remotePath,
        dest,
        ifExists: 'refuse',
        machineKey: 'bench',
      });
    const took = performance.now() - started;
    session.close();
    rmSync(dest, { recursive: true });
    return took;
  }

  tarOverSsh(remotePath: string): Promise<number> {
    return this.#shell('mkdir "$1" && ssh $3 -p "$4" 127.0.0.1 "tar -C $2 -cf - ." | tar -C "$1" -xf -', remotePath);
  }

  scp(remotePath: string): Promise<number> {
    return this.#shell('scp -q -r $3 -P "$4" 127.0.0.1:"$2" "$1"', remotePath);
  }

  stop(): Promise<void> {
    return this.line.stop();
  }

  async #shell(script: string, remotePath: string): Promise<number> {
    const { sshd } = this.line;
    const dest = this.#next();
    const options = `-F none -i ${sshd.identityFile} -o User=${sshd.user} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
    const args = ['-c', script, 'bench', dest, remotePath, options, String(sshd.port)];
    const started = performance.now();
    const child = spawn('sh', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const took = performance.now() - started;
    if (code !== 0) throw new Error(`The peer failed with exit code ${String(code)}.`);
    rmSync(dest, { recursive: true });
    return took;
  }

  #next(): string {
    const folder = path.join(this.line.scratch, 'here');
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `in-${++this.#count}`);
  }
}
