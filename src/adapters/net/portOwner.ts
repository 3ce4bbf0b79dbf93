import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const patienceMs = 2000;

/** Who listens on a port of this computer, such as `node (process 4711)`; undefined where the system does not say it quickly. */
export async function portOwner(port: number, platform: NodeJS.Platform = process.platform): Promise<string | undefined> {
  try {
    if (platform === 'linux') {
      const { stdout } = await run('ss', ['-Hltnp', `sport = :${port}`], { timeout: patienceMs });
      const match = /users:\(\("(.+?)",pid=(\d+)/.exec(stdout);
      return match === null ? undefined : named(match[1], match[2]);
    }
    if (platform === 'darwin') {
      const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: patienceMs });
      return named(/^c(.+)$/m.exec(stdout)?.[1], /^p(\d+)$/m.exec(stdout)?.[1]);
    }
  } catch {
    // not installed, or not allowed: the port is taken all the same
  }
  return undefined;
}

function named(name: string | undefined, pid: string | undefined): string | undefined {
  if (name === undefined || pid === undefined) return undefined;
  return `${name} (process ${pid}${Number(pid) === process.pid ? ', this editor' : ''})`;
}
