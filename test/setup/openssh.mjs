// OpenSSH's client and server, for tests that run an sshd of their own on a loopback port; openssl for keys and certificates.
import { existsSync } from 'node:fs';
import { aptInstall, asRoot, command, run } from './packages.mjs';

const PROGRAMS = ['/usr/bin/ssh', '/usr/bin/ssh-keygen', '/usr/sbin/sshd', '/usr/lib/openssh/sftp-server', '/usr/bin/openssl'];

/**
 * Makes sure that ssh, ssh-keygen, sshd, the SFTP server and openssl are there. A server that this installs is not left running on port 22.
 * @param {{say: (line: string) => void}} options
 */
export async function ensureOpenSsh({ say }) {
  const installed = PROGRAMS.every((path) => existsSync(path))
    ? []
    : await aptInstall(['openssh-client', 'openssh-server', 'openssh-sftp-server', 'openssl'], say);
  if (installed.includes('openssh-server') && existsSync('/run/systemd/system')) {
    say('switching off the SSH service that the package started');
    await run(...command(asRoot(['systemctl', 'disable', '--now', 'ssh.service', 'ssh.socket'])));
  }
  // sshd refuses to start without its privilege separation folder, which the service makes otherwise.
  if (!existsSync('/run/sshd')) await run(...command(asRoot(['mkdir', '-p', '-m', '755', '/run/sshd'])));
}
