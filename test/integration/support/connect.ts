import type { RemoteSession } from '../../../src/core/remote/session';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import type { Sshd } from './sshd';

/** Logs in to a test's sshd with its key. @param port another loopback port that leads there, such as a proxy's */
export function connect(sshd: Sshd, port = sshd.port): Promise<RemoteSession> {
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const nobody = () => Promise.resolve(undefined);
  return new Ssh2Dialer({ homeDir: sshd.folder }, silent).dial(
    { ...sshd.target('machine'), port },
    {
      verify: (key) => {
        const known = sshd.hostKeys.some((hostKey) => hostKey.type === key.type && hostKey.blob === key.blob);
        return Promise.resolve(known ? { accept: true } : { accept: false, reason: new Error('another host key') });
      },
      questions: { acceptHostKey: () => Promise.resolve(false), passphrase: nobody, password: nobody, identityFor: nobody },
    },
  );
}
