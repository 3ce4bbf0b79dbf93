import { aliasFor } from './alias';
import type { SshTarget } from './model';

/** A machine on the way, as `-J` and ProxyJump name it. */
export interface Hop {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile?: string;
}

/** Starts the host key names of machines that are only passed through. */
const JUMP = 'jump-';

/** True for an entry that is there only because others are reached through it. */
export const isJumpEntry = (target: SshTarget): boolean => target.hostKeyAlias.startsWith(JUMP);

/**
 * The machines on the way as targets with ssh entries of their own: the last hop, with those before it as its `jump`.
 * One that has an entry already keeps it, so that a bastion of many machines is trusted once.
 * @param hops in the order in which they are passed, nearest to this computer first
 * @param name of the machine behind them, for new aliases
 */
export function jumpTarget(hops: readonly Hop[], name: string, entries: readonly SshTarget[]): SshTarget | undefined {
  const taken = new Set<string>(entries.map(({ alias }) => alias));
  let jump: SshTarget | undefined;
  for (const hop of hops) {
    const hostKeyAlias = `${JUMP}${hop.hostName}-${hop.port}`.replaceAll(/[^A-Za-z0-9._-]/g, '_');
    const known = entries.find(
      (entry) =>
        entry.hostKeyAlias === hostKeyAlias &&
        entry.user === hop.user &&
        (hop.identityFile === undefined || entry.identityFile === hop.identityFile) &&
        entry.jump?.alias === jump?.alias,
    );
    const alias = known?.alias ?? aliasFor(`${name}-jump`, taken);
    taken.add(alias);
    const identityFile = known?.identityFile ?? hop.identityFile;
    const { hostName, port, user } = hop;
    jump = {
      alias,
      hostName,
      port,
      user,
      hostKeyAlias,
      ...(identityFile !== undefined && { identityFile }),
      ...(jump !== undefined && { jump }),
    };
  }
  return jump;
}

/** The target after the machines on its way, in the order of a configuration file. */
export function withJumps(target: SshTarget): readonly SshTarget[] {
  return target.jump === undefined ? [target] : [...withJumps(target.jump), target];
}
