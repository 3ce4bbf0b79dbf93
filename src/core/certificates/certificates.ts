import type { Machine } from '../cloud/model';
import type { Clock } from '../clock';
import type { Stacks } from '../deploy/stacks/stacks';
import { isCancelled, SkylabError } from '../errors';
import type { Operation } from '../operations/operations';
import type { RemoteSession } from '../remote/session';
import type { MachineAccess } from '../ssh/access';
import type { CertificateFacts } from './facts';
import { certificateFacts } from './facts';
import type { InStack } from './inStack';
import { inStackSteps } from './inStack';
import { targetsOf } from './own';
import type { Presented, TlsProbe } from './ports';
import type { Certificate } from './x509';
import { firstCertificate } from './x509';

/** Milliseconds for the look: each stack is read by Compose. */
const LOOK_MS = 2 * 60_000;
/** Ports on which TLS is usual, besides those of sites that are known. */
const USUAL: ReadonlySet<number> = new Set([443, 465, 636, 853, 993, 995, 2376, 5986, 6443, 8443, 9443]);
const WEB_SERVERS = /^(caddy|nginx|apache2|httpd|haproxy|traefik|envoy|lighttpd)$/;
/** Handshakes at once. */
const SIDE_BY_SIDE = 4;

/** What one port shows to who asks for one name. */
export interface Shown {
  readonly port: number;
  /** The name that was asked for; undefined where none was. */
  readonly name: string | undefined;
  readonly certificate: Certificate;
  /** How many certificates were sent, its own among them. */
  readonly sent: number;
  /** What hinders a client, by OpenSSL's name; absent where nothing does. */
  readonly problem?: string;
  /** Whether the same was shown to this computer; undefined where it could not ask. */
  readonly here?: 'same' | 'other' | 'nothing';
}

export interface CertificateLook {
  readonly facts: CertificateFacts;
  readonly shown: readonly Shown[];
  /** The login's name. */
  readonly user: string;
}

interface CertificatePorts {
  readonly access: MachineAccess;
  readonly stacks: Stacks;
  readonly probe: TlsProbe;
  readonly clock: Pick<Clock, 'now'>;
  /** Who acts from where: `ada@laptop`. */
  readonly owner: string;
}

/** Certificates of machines: what lies there, what is shown, and one's own put in. */
export class Certificates {
  constructor(private readonly ports: CertificatePorts) {}

  /** Asks the machine, and shakes hands with whoever speaks TLS there: from the machine itself, and from here where there is a way. */
  async look(machine: Machine, signal?: AbortSignal): Promise<CertificateLook> {
    const { access } = this.ports;
    const session = await access.session(machine, signal);
    const facts = await session.run(certificateFacts(session.user), { timeoutMs: LOOK_MS, ...(signal ? { signal } : {}) });
    const target = await access.prepare(machine, signal);
    const host = target.jump === undefined ? target.hostName : undefined;
    const asked = questionsFor(facts);
    const shown: Shown[] = [];
    const next = async (): Promise<void> => {
      for (let one = asked.shift(); one !== undefined; one = asked.shift()) {
        const found = await this.#hello(session, host, one, signal);
        if (found !== undefined) shown.push(found);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, next));
    shown.sort((a, b) => a.port - b.port || (a.name ?? '').localeCompare(b.name ?? ''));
    return { facts, shown: withoutEchoes(shown), user: session.user };
  }

  /** Gives a stack's site a certificate by a new release. */
  install(machine: Machine, what: InStack): Operation {
    const { stacks, probe, owner, clock } = this.ports;
    const now = (): string => new Date(clock.now()).toISOString();
    const title = `Use the certificate for ${what.host} on ${machine.name}`;
    return stacks.act(machine, what.stack.name, title, inStackSteps(what, { probe, owner, now }));
  }

  async #hello(
    session: RemoteSession,
    host: string | undefined,
    { port, name }: Question,
    signal: AbortSignal | undefined,
  ): Promise<Shown | undefined> {
    const { probe } = this.ports;
    const stream = await session.connect({ host: '127.0.0.1', port }, signal ? { signal } : {}).catch((error: unknown) => {
      if (isCancelled(error) || !(error instanceof SkylabError) || error.code === 'ConnectionLost') throw error;
      return undefined;
    });
    const [inside, outside] = await Promise.all([
      stream === undefined ? undefined : probe.hello(stream, name, signal),
      host === undefined ? undefined : probe.hello({ host, port }, name, signal),
    ]);
    const seen = inside ?? outside;
    const certificate = leafOf(seen);
    if (seen === undefined || certificate === undefined) return undefined;
    const same = leafOf(outside)?.fingerprint === certificate.fingerprint;
    return {
      port,
      name,
      certificate,
      sent: seen.chain.length,
      ...(seen.problem === undefined ? {} : { problem: seen.problem }),
      ...(host === undefined ? {} : { here: outside === undefined ? 'nothing' : same ? 'same' : 'other' }),
    };
  }
}

const leafOf = (shown: Presented | undefined): Certificate | undefined => firstCertificate(shown?.chain[0] ?? '');

interface Question {
  readonly port: number;
  readonly name: string | undefined;
}

/** Which ports to ask for which names: each site for its own, everything else for none. */
function questionsFor(facts: CertificateFacts): Question[] {
  const sites = targetsOf(facts).filter(({ host }) => !host.includes('*'));
  const listening = new Set(facts.ports.map(({ port }) => port));
  const usual = facts.ports.filter(
    ({ port, process }) => (USUAL.has(port) || WEB_SERVERS.test(process ?? '')) && port !== 80 && port !== 2019,
  );
  const named = sites.filter(({ port }) => listening.has(port)).map(({ port, host }): Question => ({ port, name: host }));
  // Sites in files that a Caddyfile imports are known by what Caddy has fetched for them: it answers no other name, and none without a name.
  const fetched = facts.kept.flatMap(({ keeper, certificate }) => (keeper === 'caddy' && listening.has(443) ? certificate.names : []));
  const more = [...new Set(fetched)].filter((name) => !name.includes('*') && !sites.some(({ host }) => host === name));
  const asked = [...named, ...more.map((name): Question => ({ port: 443, name }))];
  return [
    ...asked,
    ...usual.filter(({ port }) => !asked.some((one) => one.port === port)).map(({ port }): Question => ({ port, name: undefined })),
  ];
}

/** What is shown to who asks for no name is said only where no site of that port was asked for. */
const withoutEchoes = (shown: readonly Shown[]): readonly Shown[] =>
  shown.filter((one) => one.name !== undefined || !shown.some((other) => other.port === one.port && other.name !== undefined));
