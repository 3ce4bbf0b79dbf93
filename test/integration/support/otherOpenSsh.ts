import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SshAlias } from '../../../src/core/ssh/model';
import type { Sshd } from './sshd';
import { freePort, keygen, readHostKey } from './sshd';

/** An OpenSSH other than this machine's own: a Debian release as a folder. */
export interface OtherOpenSsh {
  readonly suite: string;
  /** The release's root folder. */
  readonly root: string;
  /** As `ssh -V` says it, such as 8.4p1. */
  readonly version: string;
}

/** The versions that the set-up has unpacked, oldest first. */
export function otherOpenSsh(): readonly OtherOpenSsh[] {
  const bed = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../out/test-bed.json'), 'utf8')) as {
    opensshVersions?: readonly OtherOpenSsh[];
  };
  return bed.opensshVersions ?? [];
}

/** Runs a program of the release in its root folder, which needs root. @returns what it printed */
export function runIn({ root }: OtherOpenSsh, argv: readonly string[]): string {
  return execFileSync('chroot', [root, ...argv], { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' } });
}

/** A folder inside the release's root, gone after the test. */
export function scratchIn({ root }: OtherOpenSsh): { readonly outside: string; readonly inside: string; remove: () => void } {
  mkdirSync(path.join(root, 'tmp'), { recursive: true });
  const outside = mkdtempSync(path.join(root, 'tmp/skylab-'));
  return { outside, inside: outside.slice(root.length), remove: () => rmSync(outside, { recursive: true, force: true }) };
}

/**
 * Starts the release's own sshd on a loopback port, in a mount namespace with its root folder as `/`; its login shell, tar and
 * sftp-server are of that release too.
 */
export async function startOtherSshd(
  other: OtherOpenSsh,
): Promise<Pick<Sshd, 'port' | 'target' | 'folder' | 'hostKeys' | 'user' | 'home' | 'stop'>> {
  const scratch = scratchIn(other);
  const port = await freePort();
  const inside = (name: string): string => path.join(scratch.inside, name);
  const outside = (name: string): string => path.join(scratch.outside, name);
  keygen(outside('host'));
  keygen(outside('login'));
  mkdirSync(outside('home'));
  writeFileSync(outside('authorized_keys'), readFileSync(outside('login.pub')));
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${inside('host')}`,
    `AuthorizedKeysFile ${inside('authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PidFile none',
    `SetEnv HOME=${inside('home')} BASH_ENV=${inside('start')} SHLVL=1`,
    'Subsystem sftp /usr/lib/openssh/sftp-server',
    '',
  ];
  writeFileSync(outside('sshd_config'), lines.join('\n'));
  writeFileSync(outside('start'), 'unset BASH_ENV\ncd "$HOME"\n');
  const script =
    'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && mkdir -p "$0/run/sshd" && exec chroot "$0" /usr/sbin/sshd -D -e -f "$1"';
  const server = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, other.root, inside('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('close', () => reject(new Error(`sshd of ${other.suite} did not start: ${log}`)));
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (text.includes('Server listening')) resolve();
    });
  });
  return {
    port,
    folder: scratch.outside,
    home: outside('home'),
    user: 'root',
    hostKeys: [readHostKey(outside('host.pub'))],
    target: (alias) => ({
      alias: alias as SshAlias,
      hostName: '127.0.0.1',
      port,
      user: 'root',
      identityFile: outside('login'),
      hostKeyAlias: alias,
    }),
    stop: async () => {
      // its sessions end with the process namespace
      server.kill('SIGKILL');
      await ended;
      scratch.remove();
    },
  };
}
