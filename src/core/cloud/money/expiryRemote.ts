import type { RemoteCommand } from '../../remote/command';
import type { MachineEnd } from './expiry';
import { endWords } from './expiryBoot';
import { END_SCRIPT, installEnd } from './expiryScript';

/** What the machine itself says of its end. */
export interface EndStatus {
  readonly end: MachineEnd | undefined;
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly lastUse?: number;
  /** What the last use was: "somebody is logged in by SSH". */
  readonly use?: string;
  /** The timer that looks each minute runs. */
  readonly watched: boolean;
}

/** Puts script and timer on the machine, or the present version of them, and sets its end; undefined calls it off. */
export function setEnd(end: MachineEnd | undefined): RemoteCommand<EndStatus> {
  const act = `sh ${END_SCRIPT} set ${endWords(end).join(' ')}`;
  return {
    argv: ['sh', '-s'],
    stdin: `set -e\ncommand -v systemctl >/dev/null || { echo 'This machine has no systemd.' >&2; exit 1; }\n${installEnd}${act}\nsh ${END_SCRIPT} status\n`,
    sudo: true,
    what: 'set when the machine ends',
    parse: parseEndStatus,
  };
}

/** Asks the machine when it ends, and what it knows of its use. */
export const readEndStatus: RemoteCommand<EndStatus> = {
  argv: ['sh', '-c', `[ ! -e ${END_SCRIPT} ] || sh ${END_SCRIPT} status`],
  what: 'read when the machine ends',
  parse: parseEndStatus,
};

/** Reads what `end status` prints: lines of `name=value`, numbers in seconds since the epoch and minutes. */
export function parseEndStatus(text: string): EndStatus {
  const said = new Map(text.split('\n').map((line) => [line.replace(/=.*/s, ''), line.replace(/^[^=]*=?/, '')]));
  const number = (name: string): number => Number(said.get(name) ?? 0) || 0;
  const [due, idleMinutes, used] = [number('due'), number('idle'), number('used')];
  const use = said.get('why') ?? '';
  const ends = due > 0 || idleMinutes > 0;
  return {
    end: ends
      ? {
          ...(due > 0 ? { due: due * 1000 } : {}),
          ...(idleMinutes > 0 ? { idleMinutes } : {}),
          action: said.get('action') === 'terminate' ? 'terminate' : 'stop',
        }
      : undefined,
    ...(used > 0 ? { lastUse: used * 1000 } : {}),
    ...(use === '' ? {} : { use }),
    watched: said.get('timer') === 'active',
  };
}
