import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configLines } from '../../core/ssh/configLines';

/** `ssh -G` exits with it for any error of its own (ssh(1), EXIT STATUS). */
const SSH_ERROR = 255;

/**
 * Why the installed ssh refuses an ssh_config text, such as `line 3: Bad configuration option: forwardx`: one such line costs every host.
 * @param bytes the whole file
 * @returns undefined when ssh takes it, when there is no ssh to ask, and for a text with `Match exec`, whose commands the question would run
 */
export async function configProblem(bytes: Buffer): Promise<string | undefined> {
  if (configLines(bytes.toString('utf8')).some(({ keyword, args }) => keyword === 'match' && args.some((arg) => /^!?exec/i.test(arg))))
    return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'skylab-ssh-'));
  try {
    const file = join(folder, 'config');
    await writeFile(file, bytes, { mode: 0o600 });
    const said = await refusalOf(file);
    return said?.replaceAll(`${file}: `, '').replaceAll(`${file} `, '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function refusalOf(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('ssh', ['-G', '-F', file, 'skylab-check'], { timeout: 5_000, windowsHide: true }, (error, _stdout, stderr) => {
      const first = stderr.split(/\r?\n/).find((line) => /\bline \d+/.test(line));
      resolve(error?.code === SSH_ERROR ? first?.trim() : undefined);
    });
  });
}
