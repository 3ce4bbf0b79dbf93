import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CancelledError, SkylabError } from '../../core/errors';
import type { RecipeGit } from '../../core/recipes/ports';

/** Milliseconds; recipes are small. */
const CLONE_MS = 120_000;
/** `https://…`, `ssh://…`, `file://…` and the short form of ssh. git's own `ext::` runs commands, and `http://` can be altered on the way. */
const ADDRESS = /^(https:\/\/|ssh:\/\/|file:\/\/\/)[^\s\p{Cc}]+$|^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s\p{Cc}:][^\s\p{Cc}]*$/u;

/** The `git` of this computer, with everything off that could run something of the repository. */
export class InstalledGit implements RecipeGit {
  async clone(url: string, folder: string, signal?: AbortSignal): Promise<{ commit: string; author: string; date: string }> {
    if (!ADDRESS.test(url)) {
      throw new SkylabError(`${url} is no address that recipes can be fetched from.`, {
        next: 'Use https://… or git@host:path.',
        code: 'BadAddress',
      });
    }
    if (/^\w+:\/\/[^/@]*:[^/@]*@/.test(url)) {
      throw new SkylabError('The address holds a password, which would be kept with the recipes.', {
        next: 'Leave it out: your git asks its own keychain.',
        code: 'BadAddress',
      });
    }
    await mkdir(dirname(folder), { recursive: true });
    const safe = [
      '-c',
      'core.hooksPath=/dev/null',
      '-c',
      'protocol.ext.allow=never',
      '-c',
      'core.symlinks=false',
      '-c',
      'core.fsmonitor=false',
    ];
    const words = ['clone', '--quiet', '--depth', '1', '--single-branch', '--no-tags', '--no-recurse-submodules', '--template='];
    try {
      await git([...safe, ...words, '--', url, folder], url, signal);
      const shown = await git([...safe, '-C', folder, 'log', '-1', '--no-show-signature', '--format=%H%n%an <%ae>%n%cI'], url, signal);
      const [commit = '', author = '', date = ''] = shown.split('\n');
      return { commit, author, date };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function git(args: readonly string[], url: string, signal: AbortSignal | undefined): Promise<string> {
  // Nobody sits at a terminal: what needs a password fails and says so.
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_LFS_SKIP_SMUDGE: '1' };
  return new Promise((resolve, reject) => {
    execFile('git', [...args], { env, timeout: CLONE_MS, windowsHide: true, ...(signal && { signal }) }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal?.aborted) reject(new CancelledError());
      else if (error.code === 'ENOENT') {
        reject(
          new SkylabError('git is not installed on this computer.', {
            next: 'Install it, or download the folder and choose that.',
            cause: error,
          }),
        );
      } else {
        const reason = (/^(?:fatal|error|ERROR): (.*?)\.?$/m.exec(stderr)?.[1] ?? stderr.trim()).slice(0, 300);
        const why = error.killed ? 'it took longer than two minutes' : reason;
        reject(new SkylabError(`${url} cannot be fetched: ${why}.`, { next: 'Check the address and that you may read it.', cause: error }));
      }
    });
  });
}
