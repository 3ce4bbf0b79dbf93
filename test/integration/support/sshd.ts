import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { HostKey, SshAlias, SshTarget } from '../../../src/core/ssh/model';

export interface SshdOptions {
  /** Login folder; a fresh scratch folder unless given (it is then removed by `stop`). The account's real home is never used. */
  readonly home?: string;
  /** Loopback port; a free one unless given. */
  readonly port?: number;
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** Further sshd_config lines; they stand first, so that they win over the defaults here. */
  readonly config?: readonly string[];
  /** Further public key lines that may log in. */
  readonly authorizedKeys?: readonly string[];
  /**
   * Logs in as somebody who is not root, also where the test runs as root: then the server gets a mount namespace with a user database
   * of its own, in which the account exists with `home` as its home folder. sshd delivers signals to such logins only.
   */
  readonly unprivileged?: boolean;
  /** Password of the account that `unprivileged` makes; needs root, as it stands in a /etc/shadow of the server's own. */
  readonly password?: string;
  /** A key that signs a certificate for each host key, valid for 127.0.0.1 unless `certifiedFor` says otherwise. */
  readonly hostAuthority?: string;
  readonly certifiedFor?: string;
}

/** A real OpenSSH server of a test's own on a loopback port. */
export interface Sshd {
  readonly port: number;
  readonly hostKeys: readonly HostKey[];
  readonly user: string;
  /** Login folder. */
  readonly home: string;
  /** Scratch folder of the server: configuration, keys. */
  readonly folder: string;
  /** Private key that may log in. */
  readonly identityFile: string;
  /** Everything the server has logged. */
  readonly log: () => string;
  target(alias: string): SshTarget;
  /** Ends the sessions that are open now, as a lost network would; the server goes on listening. */
  dropSessions(): void;
  stop(): Promise<void>;
}

/** Starts sshd as the current user (root or not) with its own host key, one login key and the sftp subsystem. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'skylab-sshd-'));
  const asRoot = process.getuid?.() === 0;
  const account = options.unprivileged && asRoot ? { name: 'learner', uid: 23456 } : undefined;
  const home = options.home ?? join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const types = options.hostKeyTypes ?? ['ed25519'];
  for (const type of types) keygen(join(folder, `host_${type}`), type);
  const identityFile = join(folder, 'login');
  keygen(identityFile, 'ed25519');
  const authorized = [readFileSync(`${identityFile}.pub`, 'utf8').trim(), ...(options.authorizedKeys ?? [])];
  writeFileSync(join(folder, 'authorized_keys'), `${authorized.join('\n')}\n`);
  if (account !== undefined) {
    chmodSync(folder, 0o711);
    chownSync(home, account.uid, account.uid);
    const row = `${account.name}:x:${account.uid}:${account.uid}::${home}:/bin/bash`;
    writeFileSync(join(folder, 'passwd'), `${readFileSync('/etc/passwd', 'utf8').trimEnd()}\n${row}\n`);
  }
  const hash =
    options.password === undefined
      ? '*'
      : execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: options.password, encoding: 'utf8' });
  if (account !== undefined) writeFileSync(join(folder, 'shadow'), `${account.name}:${hash.trim()}:19000:0:99999:7:::\n`);
  if (options.hostAuthority !== undefined) {
    for (const type of types) {
      const names = options.certifiedFor ?? '127.0.0.1';
      execFileSync('ssh-keygen', [
        '-q',
        '-s',
        options.hostAuthority,
        '-I',
        'host',
        '-h',
        '-n',
        names,
        '-V',
        '-1h:+1h',
        join(folder, `host_${type}.pub`),
      ]);
    }
  }
  const port = options.port ?? (await freePort());
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      ...(options.config ?? []),
      `ListenAddress 127.0.0.1:${port}`,
      ...types.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
      ...(options.hostAuthority === undefined ? [] : types.map((type) => `HostCertificate ${join(folder, `host_${type}-cert.pub`)}`)),
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'MaxStartups 100',
      'PidFile none',
      'LogLevel VERBOSE',
      `Subsystem sftp ${sftpServer()}`,
      ...(account === undefined ? homeLines(home, folder) : []),
      '',
    ].join('\n'),
  );
  if (asRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', config];
  const inNamespace = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/shadow" /etc/shadow && exec "$@"',
    folder,
    ...sshd,
  ];
  const [program = '', ...args] = account === undefined ? sshd : inNamespace;
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('close', () => reject(new Error(`sshd did not start: ${log}`)));
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (text.includes('Server listening')) resolve();
    });
  });
  const killAll = (): void => {
    const pid = server.pid;
    if (pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const sessions = descendants(pid);
    kill(pid);
    sessions.forEach(kill);
  };
  process.once('exit', killAll);
  const user = account?.name ?? userInfo().username;
  return {
    port,
    user,
    home,
    folder,
    identityFile,
    hostKeys: types.map((type) => readHostKey(join(folder, `host_${type}.pub`))),
    log: () => log,
    target: (alias) => ({ alias: alias as SshAlias, hostName: '127.0.0.1', port, user, identityFile, hostKeyAlias: alias }),
    dropSessions: () => {
      if (server.pid !== undefined) descendants(server.pid).forEach(kill);
    },
    stop: async () => {
      killAll();
      process.removeListener('exit', killAll);
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a key pair with ssh-keygen. @param passphrase none unless given */
export function keygen(path: string, type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519', passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'skylab-test', '-f', path]);
}

/** The public half of a key file as it stands in known_hosts. */
export function readHostKey(publicKeyFile: string): HostKey {
  const [type = '', blob = ''] = readFileSync(publicKeyFile, 'utf8').split(' ');
  return { type, blob };
}

/** A loopback port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * sshd takes the login folder from the user database; these lines move every session to the test's own. A forced command would do for
 * any shell, but sshd delivers no signals to one.
 */
function homeLines(home: string, folder: string): string[] {
  const { shell } = userInfo();
  if (shell?.endsWith('/bash')) {
    const start = join(folder, 'bash_env');
    writeFileSync(start, 'unset BASH_ENV\ncd "$HOME"\n');
    // without SHLVL bash takes itself for a network login and reads another file
    return [`SetEnv HOME=${home} BASH_ENV=${start} SHLVL=1`];
  }
  const run = 'if [ -n "$SSH_ORIGINAL_COMMAND" ]; then exec "$SHELL" -c "$SSH_ORIGINAL_COMMAND"; else exec "$SHELL" -l; fi';
  return [`SetEnv HOME=${home}`, `ForceCommand cd "$HOME" && ${run}`];
}

function sftpServer(): string {
  const places = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/lib/ssh/sftp-server'];
  return places.find((place) => existsSync(place)) ?? 'internal-sftp';
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself
  }
}

/** All processes below one, children before their children. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // it ended while the list was read
    }
  }
  const found: number[] = [];
  for (let next = [root]; next.length > 0;) {
    next = next.flatMap((pid) => children.get(pid) ?? []);
    found.push(...next);
  }
  return found;
}
