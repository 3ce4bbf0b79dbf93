import type { App } from './model';
import { short } from './switch';
import type { TroubleFacts, UnitFact } from './troubleFacts';

/** Why a site does not answer as it should, and what to do. */
export interface Finding {
  readonly kind:
    | 'well'
    | 'maintenance'
    | 'proxyDown'
    | 'noRelease'
    | 'diskFull'
    | 'outOfMemory'
    | 'importError'
    | 'unitStopped'
    | 'unitFails'
    | 'socketGone'
    | 'socketDenied'
    | 'workerTimeout'
    | 'proxyTimeout'
    | 'appError'
    | 'workerDown'
    | 'unknown';
  /** Some sentences. */
  readonly text: string;
  /** What to do. */
  readonly next: string;
}

/** Bytes under which a disk counts as full. */
const FULL = 20 * 2 ** 20;

/**
 * Says which it is: pure, from what the machine told. The first is what to mend first; the others may follow from it.
 */
export function explainTrouble(app: App, facts: TroubleFacts): readonly Finding[] {
  const found = rules.flatMap((rule) => rule(app, facts) ?? []);
  if (found.length > 0) return found;
  const { proxied, direct } = facts;
  if (ok(proxied.status) && ok(direct.status)) {
    const text = `${app.name} answers ${proxied.status} in ${direct.seconds.toFixed(1)} s. All its units run, and the web server reaches them.`;
    return [{ kind: 'well', text, next: 'If it was otherwise before, look at its logs from that time on.' }];
  }
  const text = `The site answers ${proxied.status || 'nothing'}, gunicorn ${direct.status || 'nothing'}, and nothing that is known explains it.`;
  return [{ kind: 'unknown', text, next: 'Follow its logs, and ask for the site meanwhile.' }];
}

type Rule = (app: App, facts: TroubleFacts) => Finding | undefined;

const ok = (status: number): boolean => status >= 200 && status < 500;
const webUnit = (app: App, { units }: TroubleFacts): UnitFact | undefined => units.find(({ name }) => name === `${app.name}.service`);
const socketUnit = (app: App, { units }: TroubleFacts): UnitFact | undefined => units.find(({ name }) => name === `${app.name}.socket`);
/** The last line of an exception, such as `ModuleNotFoundError: No module named 'x'`. */
const exception = (lines: readonly string[]): string | undefined =>
  lines.findLast((line) => /^[\w.]*(Error|Exception|Exit)\b.*/.test(line));

const rules: readonly Rule[] = [
  (app, { maintenance }) =>
    maintenance
      ? {
          kind: 'maintenance',
          text: `The maintenance page is up, so everything is answered with 503, on purpose.`,
          next: `Switch it off with “Maintenance Page Off” once ${app.name} is ready.`,
        }
      : undefined,
  (_, { disks }) => {
    const full = disks.find(({ free, inodes }) => free < FULL || inodes === 0);
    return (
      full && {
        kind: 'diskFull',
        text: `The disk of ${full.path} is full: nothing can be written there, no log, no upload, no database.`,
        next: 'Free some space there, or enlarge the disk; then start the application anew.',
      }
    );
  },
  ({ proxy }, { proxyState }) =>
    proxyState === 'active'
      ? undefined
      : {
          kind: 'proxyDown',
          text: `${proxy.kind} does not run (${proxyState}), so nobody answers at ports 80 and 443.`,
          next: `Look at the unit ${proxy.kind} and start it.`,
        },
  ({ name }, { current }) =>
    current === ''
      ? {
          kind: 'noRelease',
          text: `No release of ${name} is in place: /srv/www/${name}/current leads nowhere.`,
          next: 'Roll back to a release that is kept, or deploy anew.',
        }
      : undefined,
  (app, facts) => {
    const unit = webUnit(app, facts);
    const raised = exception(facts.journal);
    if (facts.journal.every((line) => !/Worker failed to boot|Traceback|Failed to find attribute|ModuleNotFound/.test(line)))
      return undefined;
    if (unit === undefined || (unit.state === 'active' && ok(facts.direct.status))) return undefined;
    if (raised === undefined || facts.direct.status >= 500) return undefined;
    return {
      kind: 'importError',
      text: `gunicorn cannot load ${app.web.gunicorn}: “${raised.trim()}”. It ends before it answers anything, and the web server says 502.`,
      next: 'Mend that and deploy again, or roll back to a release that ran.',
    };
  },
  (app, facts) => {
    const socket = socketUnit(app, facts);
    if (socket?.state === 'active' && facts.socket !== undefined) return undefined;
    return {
      kind: 'socketGone',
      text: `The socket /run/${app.name}.sock ${facts.socket === undefined ? 'is not there' : 'is not systemd’s any more'} (${socket?.name ?? 'its unit'} is ${socket?.state ?? 'missing'}): the web server finds nobody and answers 502.`,
      next: `Start ${app.name}.socket, or deploy again.`,
    };
  },
  (app, { socket, proxyMay }) =>
    socket === undefined || proxyMay
      ? undefined
      : {
          kind: 'socketDenied',
          text: `${app.proxy.kind} may not open the socket /run/${app.name}.sock: it belongs to ${socket.owner}:${socket.group} with mode ${socket.mode}. It answers 502 for that.`,
          next: `Restart ${app.name}.socket, which sets the right owner; if it comes back, see whether ${app.proxy.kind}’s user is in the group ${socket.group}.`,
        },
  (app, facts) => {
    const killed = facts.units.find(({ result }) => result === 'oom-kill');
    if (killed === undefined && facts.oom.length === 0) return undefined;
    return {
      kind: 'outOfMemory',
      text: `The kernel ended ${killed?.name ?? app.name} for want of memory${facts.oom.length > 0 ? ` (${facts.oom.at(-1) ?? ''})` : ''}.`,
      next: 'Fewer workers at web.workers, a swap file (“Limits and Time…”), or a larger machine.',
    };
  },
  (app, facts) => {
    const unit = webUnit(app, facts);
    if (unit === undefined) return { kind: 'unitStopped', text: `The unit ${app.name}.service is missing.`, next: 'Deploy again.' };
    if (unit.state === 'failed') {
      const said = facts.journal.findLast((line) => line.trim() !== '' && !/^(Started|Stopped|Starting|Stopping) /.test(line));
      return {
        kind: 'unitFails',
        text: `${unit.name} failed (${unit.result}, code ${unit.code})${said === undefined ? '' : `; its journal ends with “${said.trim()}”`}. With nobody behind the socket, the web server answers 502.`,
        next: 'Mend the cause and start it, or roll back to a release that ran.',
      };
    }
    if (unit.state === 'inactive' && !ok(facts.direct.status)) {
      return {
        kind: 'unitStopped',
        text: `${unit.name} is stopped, so nobody answers behind the socket: the web server says 502 or waits.`,
        next: `Start ${unit.name}.`,
      };
    }
    return undefined;
  },
  (app, facts) => {
    const late = facts.journal.filter((line) => /WORKER TIMEOUT/.test(line));
    if (late.length === 0) return undefined;
    const where = facts.late === '' ? '' : ` The request was ${facts.late}.`;
    return {
      kind: 'workerTimeout',
      text: `A request took longer than the ${app.web.timeout} s that gunicorn waits; it ended that worker${late.length > 1 ? ` (${late.length} times within an hour)` : ''}, and whoever asked got a 502, or a 500.${where}`,
      next: 'Make the request faster, give its work to a worker of a queue, or raise web.timeout, with which the web server’s limit is raised too.',
    };
  },
  (app, facts) => {
    if (facts.proxyTimeout === undefined || facts.proxyTimeout > app.web.timeout) return undefined;
    return {
      kind: 'proxyTimeout',
      text: `${app.proxy.kind} waits ${facts.proxyTimeout} s and gunicorn ${app.web.timeout} s: the web server gives up first and answers 504, while the work goes on.`,
      next: 'Deploy again, which writes the limits so that they fit.',
    };
  },
  (app, facts) => {
    if (facts.direct.status < 500) return undefined;
    const raised = exception(facts.journal);
    return {
      kind: 'appError',
      text: `${app.name} itself answers ${facts.direct.status}${raised === undefined ? '' : `: “${raised.trim()}”`}. Web server and gunicorn are well.`,
      next: `Follow its logs${facts.current === '' ? '' : `, or roll back: ${short(facts.commit)} serves now`}.`,
    };
  },
  (app, facts) => {
    const down = facts.units.filter(({ name, state }) => name !== `${app.name}.service` && name.endsWith('.service') && state !== 'active');
    if (down.length === 0) return undefined;
    const names = down.map(({ name, state }) => `${name} (${state})`).join(', ');
    return {
      kind: 'workerDown',
      text: `Pages are answered, but what works beside them does not run: ${names}.`,
      next: 'Look at the journal of that unit and start it.',
    };
  },
];
