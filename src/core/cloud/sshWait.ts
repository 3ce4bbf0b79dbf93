import { SkylabError } from '../errors';
import type { RemoteSession } from '../remote/session';
import { HostTrust, type TrustPorts } from '../ssh/hostTrust';
import type { SshTarget } from '../ssh/model';
import { waitFor, type WaitOptions } from './waiting';

/** How long logins may be refused before that is an answer: the key is put in place a moment after sshd starts. */
const REFUSED_MS = 90_000;

/**
 * Dials until the machine lets in. Its host key must be trusted already: a mismatch ends the wait at once.
 * @throws what `onTimeout` makes, and the dialer's `AuthFailed` when the key is refused for too long
 */
export async function dialUntilIn(
  name: string,
  target: SshTarget,
  ports: TrustPorts,
  options: Pick<WaitOptions, 'signal' | 'timeoutMs' | 'onTimeout'>,
): Promise<RemoteSession> {
  const trust = new HostTrust(ports);
  const knownKeyTypes = await trust.keyTypes(target);
  let refusals = 0;
  let refusedSince = Infinity;
  return waitFor(
    async (looks) => {
      try {
        return await ports.dialer.dial(target, {
          ...trust.dialOptions(name, target),
          questions: ports.questions,
          // a booting machine that refuses the key is no reason to ask for a password
          keysOnly: true,
          knownKeyTypes,
          signal: options.signal,
          // While a machine boots its packets are dropped, so short tries notice sshd soonest; now and then one for slow lines.
          timeoutMs: looks % 4 === 3 ? 10_000 : 2_000,
        });
      } catch (error) {
        const code = error instanceof SkylabError ? error.code : undefined;
        if (code === 'AuthFailed') {
          refusals++;
          refusedSince = Math.min(refusedSince, Date.now());
          if (Date.now() - refusedSince > REFUSED_MS) throw error;
          return undefined;
        }
        if (code === 'Unreachable' || code === 'ConnectionLost') return undefined;
        throw error;
      }
    },
    // sshd shuts out who fails too often (PerSourcePenalties, OpenSSH 9.8), so refused logins are tried ever more slowly.
    { ...options, everyMs: () => (refusals === 0 ? 300 : Math.min(500 * 2 ** (refusals - 1), 15_000)) },
  );
}
