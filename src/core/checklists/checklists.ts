import type { PortProbe } from '../cloud/life/reachCheck';
import type { Machine } from '../cloud/model';
import type { Certificates } from '../certificates/certificates';
import { covers, daysLeft, endsSoon } from '../certificates/x509';
import type { Clock } from '../clock';
import type { SiteProbe } from '../deploy/ports';
import type { Stacks } from '../deploy/stacks/stacks';
import { isCancelled, SkylabError, sentenceOf } from '../errors';
import type { RemoteSession } from '../remote/session';
import type { MachineAccess } from '../ssh/access';
import type { SshTarget } from '../ssh/model';
import type { Checklist, CheckItem, CheckResult, Look } from './model';
import { machineChecks } from './onMachine';
import { judgeAge, secretAges } from './rotation';

/** Milliseconds for one command of a list. */
const COMMAND_MS = 2 * 60_000;

interface ChecklistPorts {
  readonly access: MachineAccess;
  readonly stacks: Stacks;
  readonly certificates: Certificates;
  readonly site: SiteProbe;
  readonly knock: PortProbe;
  readonly clock: Pick<Clock, 'now'>;
  /** Who looks from where: `ada@laptop`. */
  readonly owner: string;
}

interface RunOptions {
  /** Command lines of the list may be run on the machine: the person was asked. */
  readonly commands: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of items that are looked at. */
  readonly progress?: (done: number) => void;
}

/** Goes through checklists: asks the machine and its site, and leaves to the person what only a person can see. */
export class Checklists {
  constructor(private readonly ports: ChecklistPorts) {}

  /** Who looks, and ticks. */
  get owner(): string {
    return this.ports.owner;
  }

  /** @returns one result for each item, in order; what cannot be told is `unknown`, and never hinders the others. @throws CancelledError */
  async run(machine: Machine, list: Checklist, { commands, signal, progress }: RunOptions): Promise<readonly CheckResult[]> {
    const looking = new Looking(this.ports, machine, list, signal);
    const results: CheckResult[] = [];
    for (const [index, item] of list.items.entries()) {
      progress?.(index);
      try {
        results.push(item.look.kind === 'command' && !commands ? notRun : await looking.at(item, index));
      } catch (error) {
        if (isCancelled(error) || signal?.aborted === true) throw error;
        results.push({ state: 'unknown', said: sentenceOf(error) });
      }
    }
    return results;
  }
}

const notRun: CheckResult = { state: 'unknown', said: 'not run' };

/** What is asked only once for a whole list. */
class Looking {
  #session: Promise<RemoteSession> | undefined;
  #checks: Promise<ReadonlyMap<number, CheckResult>> | undefined;
  #site: Promise<string> | undefined;

  constructor(
    private readonly ports: ChecklistPorts,
    private readonly machine: Machine,
    private readonly list: Checklist,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async at({ look }: CheckItem, index: number): Promise<CheckResult> {
    switch (look.kind) {
      case 'get':
        return this.#get(look);
      case 'port':
        return this.#port(look);
      case 'hostKeyKnown':
        return this.#hostKey();
      case 'certificateDays':
        return this.#certificates(look.days);
      case 'command':
        return this.#command(look.command);
      case 'byHand':
        return { state: 'open', said: '' };
      case 'rotate': {
        const session = await this.#connect();
        const ages = await session.run(secretAges, this.#options());
        return judgeAge(look.secret, ages, look.olderThan, this.ports.clock.now());
      }
      default: {
        this.#checks ??= this.#connect().then((session) => session.run(machineChecks(this.list.items), this.#options()));
        return (await this.#checks).get(index) ?? { state: 'unknown', said: 'the machine said nothing' };
      }
    }
  }

  #options(): { signal?: AbortSignal } {
    return this.signal === undefined ? {} : { signal: this.signal };
  }

  #connect(): Promise<RemoteSession> {
    this.#session ??= this.ports.access.session(this.machine, this.signal);
    return this.#session;
  }

  /** The machine as this computer reaches it. @throws SkylabError behind a jump host */
  async #target(): Promise<SshTarget> {
    const target = await this.ports.access.prepare(this.machine, this.signal);
    if (target.jump === undefined) return target;
    throw new SkylabError(`${this.machine.name} stands behind a jump host: this computer cannot knock there.`, { code: 'BehindJump' });
  }

  async #get({ get, status, contains }: Look & { kind: 'get' }): Promise<CheckResult> {
    const { site } = this.ports;
    const path = get.startsWith('/');
    const url = path ? new URL(get, await (this.#site ??= this.#findSite())).href : get;
    const own = path && this.list.site === undefined;
    const address = own ? (await this.#target()).hostName : (await site.resolve(new URL(url).hostname))[0];
    if (address === undefined) return { state: 'fail', said: `${new URL(url).hostname} resolves to nothing` };
    let answer;
    try {
      answer = await site.probe(url, address, undefined, this.signal);
    } catch (error) {
      if (isCancelled(error)) throw error;
      return { state: 'fail', said: sentenceOf(error) };
    }
    if (!status.includes(answer.status))
      return { state: 'fail', said: `${url} answers ${answer.status} instead of ${status.join(' or ')}` };
    if (contains !== undefined && !answer.body.includes(contains))
      return { state: 'fail', said: `${answer.status}, without “${contains}”` };
    return { state: 'pass', said: `${answer.status} from ${url}` };
  }

  /** The list's own site, or the one that is deployed on the machine. */
  async #findSite(): Promise<string> {
    if (this.list.site !== undefined) return this.list.site;
    const { stacks, apps } = await this.ports.stacks.survey(this.machine, this.signal);
    const url = stacks.find((stack) => stack.url !== '')?.url ?? apps[0]?.serving.release.url;
    if (url !== undefined) return url;
    throw new SkylabError(`No site was deployed on ${this.machine.name}.`, {
      next: 'Write “site: https://…” into the list.',
      code: 'NoSite',
    });
  }

  async #port({ port, open }: Look & { kind: 'port' }): Promise<CheckResult> {
    const answer = await this.ports.knock.knock((await this.#target()).hostName, port, this.signal);
    const words = { open: 'answers', refused: 'refuses', silent: 'is silent', noWay: 'cannot be reached' };
    return { state: (answer.kind === 'open') === open ? 'pass' : 'fail', said: `port ${port} ${words[answer.kind]}` };
  }

  /** A connection is only made to who shows the trusted key. */
  async #hostKey(): Promise<CheckResult> {
    try {
      await this.#connect();
      return { state: 'pass', said: 'the trusted one' };
    } catch (error) {
      if (error instanceof SkylabError && error.code?.startsWith('HostKey') === true) return { state: 'fail', said: error.message };
      throw error;
    }
  }

  async #certificates(days: number): Promise<CheckResult> {
    const { shown } = await this.ports.certificates.look(this.machine, this.signal);
    if (shown.length === 0) return { state: 'unknown', said: 'nothing speaks TLS there' };
    const now = this.ports.clock.now();
    const left = shown.map(({ name, certificate }) => ({
      site: name ?? certificate.names[0] ?? '',
      days: daysLeft(certificate.until, now),
      soon: endsSoon(certificate, days, now),
      wrong: name !== undefined && !covers(certificate.names, name),
    }));
    const said = left.map((one) => `${one.site}: ${one.wrong ? 'a certificate for another name' : `${one.days} days`}`).join('; ');
    return { state: left.some((one) => one.wrong || one.soon) ? 'fail' : 'pass', said };
  }

  async #command(command: string): Promise<CheckResult> {
    const session = await this.#connect();
    let last = '';
    const code = await session.run(
      {
        argv: ['sh', '-c', command],
        okCodes: Array.from({ length: 256 }, (_, one) => one),
        parse: (_, one) => one,
        what: 'run a command of the list',
      },
      { ...this.#options(), timeoutMs: COMMAND_MS, onOutput: (text) => (last = `${last}${text}`.slice(-2000)) },
    );
    const line = last.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return {
      state: code === 0 ? 'pass' : 'fail',
      said: [code === 0 ? '' : `ended with ${code}`, line].filter((one) => one !== '').join(': '),
    };
  }
}
