import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mirrorOf } from '../../core/ssh/config/mirror';
import type { SshAnswer, SshOracle } from '../../core/ssh/config/ports';
import type { ConfigTree } from '../../core/ssh/config/tree';

/** Questions asked of ssh at once. */
const AT_ONCE = 4;

/** Asks the installed `ssh -G`, on copies in a folder of their own. */
export class InstalledSsh implements SshOracle {
  /** @param program for tests: another version of ssh */
  constructor(private readonly program = 'ssh') {}

  async ask(
    tree: ConfigTree,
    hosts: readonly string[],
    { exec = false }: { readonly exec?: boolean } = {},
  ): Promise<ReadonlyMap<string, SshAnswer> | undefined> {
    if (hosts.length === 0) return new Map();
    const answers = new Map<string, SshAnswer>();
    const folder = await mkdtemp(path.join(tmpdir(), 'skylab-ssh-'));
    try {
      const mirror = mirrorOf(tree, folder.replaceAll('\\', '/'), exec);
      await Promise.all(
        mirror.files.map(({ name, text }) => writeFile(path.join(folder, name), text, { encoding: 'latin1', mode: 0o600 })),
      );
      const left = [...hosts].filter(askable);
      let missing = false as boolean;
      const worker = async (): Promise<void> => {
        for (let host = left.pop(); host !== undefined; host = left.pop()) {
          const answer = await ask(this.program, path.join(folder, mirror.entry), host);
          if (answer === undefined) {
            missing = true;
            return;
          }
          answers.set(host, answer.kind === 'values' ? answer : { ...answer, message: mirror.original(answer.message) });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return missing ? undefined : answers;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** A name that ssh takes as it is: not as an option, `user@host` or an address of the web, and with no character that newer versions refuse. */
function askable(host: string): boolean {
  return host !== '' && !/^-|@|^ssh:\/\/|[\s\p{Cc}'"`$\\;&<>|(){}]/u.test(host);
}

/** @returns undefined where there is no such program */
function ask(program: string, file: string, host: string): Promise<SshAnswer | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: 10_000, windowsHide: true, encoding: 'latin1', maxBuffer: 16 << 20 } as const;
    execFile(program, ['-T', '-G', '-F', file, '--', host], options, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'values', values: parseAnswer(stdout) });
      else if (error.code === 'ENOENT') resolve(undefined);
      else resolve({ kind: 'refused', message: refusal(stderr) ?? error.message });
    });
  });
}

function parseAnswer(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(' ');
    if (at <= 0) continue;
    const keyword = line.slice(0, at);
    const known = values.get(keyword);
    if (known === undefined) values.set(keyword, [line.slice(at + 1)]);
    else known.push(line.slice(at + 1));
  }
  return values;
}

/** The line that names the place, else the first one. */
function refusal(stderr: string): string | undefined {
  const lines = stderr.split(/\r?\n/).filter((line) => line !== '');
  return lines.find((line) => /\bline \d+/.test(line)) ?? lines[0];
}
