import { causeChain, isCancelled, SkylabError, throwIfCancelled } from '../../errors';
import type { RemoteCommand } from '../../remote/command';
import { aliasFor } from '../../ssh/alias';
import { HostTrust } from '../../ssh/hostTrust';
import type { SshTarget } from '../../ssh/model';
import type { SshQuestions } from '../../ssh/ports';
import { capabilitiesOf } from '../capabilities';
import type { LaunchPorts } from '../launch';
import { addressOf } from '../launchRun';
import type { Machines } from '../machines';
import type { Instance, Machine } from '../model';
import type { CloudProvider } from '../ports';
import type { InstanceActs, InstanceActsSource } from './ports';
import { diagnose, type Diagnosis, type PortAnswer, type ReachFacts } from './reach';

/** Knocks at a port from this computer. Adapter: adapters/net/portProbe.ts */
export interface PortProbe {
  /** Connects, and reads what the other side says first. Never throws but CancelledError. */
  knock(host: string, port: number, signal?: AbortSignal): Promise<PortAnswer>;
}

/** Finds out why a machine cannot be reached: state, address, group, route, port, host key, login, set-up. Changes nothing in the cloud. */
export class ReachChecker {
  constructor(
    private readonly machines: Machines,
    private readonly ports: LaunchPorts,
    private readonly acts: InstanceActsSource,
    private readonly probe: PortProbe,
  ) {}

  /** @throws SkylabError when the cloud cannot be asked */
  async check(machine: Machine, signal?: AbortSignal): Promise<Diagnosis> {
    return diagnose(
      machine.kind === 'given'
        ? await this.#given(machine.given.target, machine.name, signal)
        : await this.#instance(machine.instance, signal),
    );
  }

  async #given(target: SshTarget, name: string, signal: AbortSignal | undefined): Promise<ReachFacts> {
    const facts: ReachFacts = { name, port: target.port, address: target.hostName, mine: [] };
    // Behind a jump host the port is out of reach from here: the login tells.
    if (target.jump !== undefined) return { ...facts, ...(await this.#login(name, target, undefined, signal)) };
    const answer = await this.probe.knock(target.hostName, target.port, signal);
    return { ...facts, answer, ...(speaksSsh(answer) ? await this.#login(name, target, undefined, signal) : {}) };
  }

  async #instance(before: Instance, signal: AbortSignal | undefined): Promise<ReachFacts> {
    const account = this.machines.accountOf(before.accountId);
    const [cloud, acts] = await Promise.all([this.ports.providers.for(account), this.acts.for(account)]);
    const [instance] = await cloud.describeInstances([before.id], signal);
    throwIfCancelled(signal);
    if (instance === undefined) return { name: before.name, state: 'terminated', port: 22, mine: [] };
    this.machines.upsert([instance]);
    const address = addressOf(instance);
    const entry = (await this.ports.hostEntries.list()).find(({ hostKeyAlias }) => hostKeyAlias === instance.id);
    const port = entry?.port ?? 22;
    const facts: ReachFacts = {
      name: instance.name,
      state: instance.state,
      port,
      mine: [],
      upMs: Date.now() - instance.launchedAt,
      ...(address === undefined ? {} : { address }),
    };
    if (instance.state !== 'running' || address === undefined) return facts;
    const [answer, around] = await Promise.all([this.probe.knock(address, port, signal), this.#around(instance, cloud, acts, signal)]);
    const reached: ReachFacts = { ...facts, ...around, answer };
    if (!speaksSsh(answer)) return reached;
    const target = entry === undefined ? await this.#target(instance, address, cloud) : { ...entry, hostName: address };
    return { ...reached, ...(await this.#login(instance.name, target, () => cloud.consoleOutput(instance.id, signal), signal)) };
  }

  /** What the cloud says of the way; each part by itself, as an account may be allowed to ask only some of it. */
  async #around(
    instance: Instance,
    cloud: CloudProvider,
    acts: InstanceActs,
    signal: AbortSignal | undefined,
  ): Promise<Pick<ReachFacts, 'mine' | 'checks' | 'groups' | 'network'>> {
    const ids = instance.securityGroups.map(({ id }) => id);
    const { vpcId, subnetId } = instance;
    const { attributes, networks, securityGroups } = capabilitiesOf(this.machines.accountOf(instance.accountId));
    const [mine, checks, groups, network] = await Promise.all([
      this.#orNone('this computer’s address', this.ports.publicAddress.find(signal)),
      attributes ? this.#orNone('the status checks', acts.statusChecks(instance.id, signal)) : undefined,
      securityGroups ? this.#orNone('the security groups', cloud.listSecurityGroups()) : undefined,
      vpcId === undefined || subnetId === undefined || !networks
        ? undefined
        : this.#orNone('the routes', acts.subnetNetwork(vpcId, subnetId, signal)),
    ]);
    throwIfCancelled(signal);
    return {
      mine: mine ?? [],
      ...(checks === undefined ? {} : { checks }),
      ...(groups === undefined ? {} : { groups: groups.filter(({ id }) => ids.includes(id)) }),
      ...(network === undefined ? {} : { network }),
    };
  }

  /** How the machine would be reached at a first connection; nothing is written. */
  async #target(instance: Instance, hostName: string, cloud: CloudProvider): Promise<SshTarget> {
    const image = await this.#orNone('the image', cloud.describeImage(instance.imageId));
    const identityFile = instance.keyName === undefined ? undefined : await this.ports.identities.find(instance.keyName);
    return {
      alias: aliasFor(instance.name, new Set()),
      hostName,
      port: 22,
      user: image?.loginUser ?? 'ec2-user',
      hostKeyAlias: instance.id,
      ...(identityFile === undefined ? {} : { identityFile }),
    };
  }

  async #login(
    name: string,
    target: SshTarget,
    console: (() => Promise<string | undefined>) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Pick<ReachFacts, 'hostKey' | 'login' | 'setUp'>> {
    // A key that nobody vouches for is an answer here, not a question.
    const questions: SshQuestions = { ...asked(this.ports.questions), acceptHostKey: () => Promise.resolve(false) };
    const trust = new HostTrust({ ...this.ports, questions });
    try {
      await trust.settle(name, target, console, signal);
      const session = await this.ports.dialer.dial(target, {
        ...trust.dialOptions(name, target),
        questions,
        keysOnly: true,
        knownKeyTypes: await trust.keyTypes(target),
        ...(signal === undefined ? {} : { signal }),
      });
      try {
        const setUp = await this.#orNone('the set-up', session.run(setUpState, { timeoutMs: 10_000, ...(signal && { signal }) }));
        return { hostKey: 'trusted', login: { user: target.user, ok: true }, ...(setUp === undefined ? {} : { setUp }) };
      } finally {
        session.close();
      }
    } catch (error) {
      if (isCancelled(error) || !(error instanceof SkylabError)) throw error;
      switch (error.code) {
        case 'HostKeyChanged':
        case 'HostKeyMismatch':
          return { hostKey: 'changed' };
        case 'HostKeyRevoked':
          return { hostKey: 'revoked' };
        case 'HostKeyDeclined':
        case 'HostKeyUnknown':
          return { hostKey: 'unvouched' };
        case 'AuthFailed':
          return { hostKey: 'trusted', login: { user: target.user, ok: false, why: error.message } };
        default:
          throw error;
      }
    }
  }

  async #orNone<T>(what: string, found: Promise<T>): Promise<T | undefined> {
    try {
      return await found;
    } catch (error) {
      if (isCancelled(error)) throw error;
      this.ports.log.info(`The check of the connection goes without ${what}: ${causeChain(error)}`);
      return undefined;
    }
  }
}

/** The same questions as an object of plain functions, so that one of them can be answered differently. */
function asked(questions: SshQuestions): SshQuestions {
  return {
    acceptHostKey: (question) => questions.acceptHostKey(question),
    passphrase: (file) => questions.passphrase(file),
    password: (prompt, about) => questions.password(prompt, about),
    judged: (answer, right) => questions.judged?.(answer, right),
    identityFor: (machine, keyPair) => questions.identityFor(machine, keyPair),
  };
}

const speaksSsh = (answer: PortAnswer): boolean => answer.kind === 'open' && answer.banner?.startsWith('SSH-') === true;

/** `cloud-init status` says "status: running", "done", "error", "disabled" or "not run" (its page "CLI commands"). */
const setUpState: RemoteCommand<'running' | 'done' | 'failed' | 'none'> = {
  argv: ['sh', '-c', 'command -v cloud-init >/dev/null 2>&1 || exit 69; cloud-init status 2>/dev/null'],
  okCodes: [0, 1, 2, 69],
  parse: (text, code) => {
    if (code === 69) return 'none';
    const state = /^status: (.+)$/m.exec(text)?.[1];
    if (state === 'running' || state === 'not run' || state === 'not started') return 'running';
    if (state === 'error') return 'failed';
    return state === 'done' ? 'done' : 'none';
  },
  what: 'read the state of the first-boot set-up',
};
