import type { DeployAnswers, DeployForm, DeployPlanView, FileChange, StackChoice } from '../../shared/deployModel';
import type { Machine, MachineKey } from '../cloud/model';
import type { Memento } from '../cloud/ports';
import { SkylabError } from '../errors';
import type { Log } from '../log';
import type { Operation, Operations } from '../operations/operations';
import type { RemoteSession } from '../remote/session';
import type { SshTarget } from '../ssh/model';
import type { MachineAccess } from '../ssh/access';
import type { Uploader } from '../transfer/upload';
import { DeployRun } from './deployRun';
import { deploySteps } from './deploySteps';
import type { Whereabouts } from './domain';
import { isAddress, namesToResolve } from './domain';
import { EnvFile } from './envFile';
import type { MachineFacts } from './facts';
import { factsCommand } from './facts';
import { buildFields, isSiteAddress, variableNames } from './fields';
import { endState } from './endState';
import { findingsOf, givenBy, stackFolder } from './findings';
import type { GateLimits } from './gate';
import type { Lab } from './lab';
import { firstChoice, readLab, stackName } from './lab';
import type { DeployCase } from './plan';
import { decide, formOf, planDeploy, unitNameOf } from './plan';
import type { LabFolderReader, PasswordHasher, SiteProbe } from './ports';
import { DEPLOYMENTS, forgetDeployments, readDeployments } from './remembered';
import { textsCommand } from './releaseContents';
import type { Serving } from './update';
import { comparedPaths, updateChange } from './update';

/** One stack on one machine, remembered across windows. */
export interface Deployment {
  readonly machineKey: MachineKey;
  /** Stack name: the compose project and the folder under ~/skylab. */
  readonly name: string;
  readonly url: string;
  /** File name of the systemd unit; empty where the machine has no systemd. */
  readonly unit: string;
  /** Folder on this computer it came from. */
  readonly root: string;
  /** Milliseconds since the epoch. */
  readonly deployedAt: number;
}

export interface DeployPorts {
  readonly reader: LabFolderReader;
  readonly hasher: PasswordHasher;
  readonly probe: SiteProbe;
  readonly memento: Memento;
  readonly log: Log;
  /** Who deploys from where, such as `ada@laptop`: shown to others while the lock is held. */
  readonly owner?: string;
  /** How patient deployments are, where it differs from GATE_LIMITS. */
  readonly limits?: Partial<GateLimits>;
}

/** A folder and a machine on the deploy page: form, plan, run. */
export interface DeploySession {
  readonly form: DeployForm;
  /** Pure and quick: called on every change of the form. */
  plan(answers: DeployAnswers): DeployPlanView;
  /** A file as it serves now and as it would be sent, secrets masked; undefined for what cannot be shown. */
  updated(answers: DeployAnswers, path: string): FileChange | undefined;
  /** @throws SkylabError `PlanProblems` while the plan has problems */
  run(answers: DeployAnswers): Operation;
}

/** Deploys lab folders to machines; stacks/ looks after what was deployed. */
export class Deployer {
  constructor(
    private readonly access: MachineAccess,
    private readonly uploader: Uploader,
    private readonly operations: Operations,
    private readonly ports: DeployPorts,
  ) {}

  /**
   * Reads the folder and asks the machine what it has.
   * @param choice which Compose files and profiles; absent, those that serve on the machine, or what Compose itself would take
   * @throws SkylabError when there is no compose file or it does not parse (names file and line)
   */
  async open(root: string, machine: Machine, signal?: AbortSignal, choice?: StackChoice): Promise<DeploySession> {
    const folder = await this.ports.reader.read(root);
    const stack = this.#stackFor(folder.name, root, machine.key);
    const read = readLab(folder, stack, choice);
    const target = await this.access.prepare(machine, signal);
    const session = await this.access.session(machine, signal);
    const paths = [...read.compose.services, ...read.compose.resting]
      .flatMap((service) => service.mounts.map((mount) => mount.source))
      .filter((path) => path.startsWith('/'));
    const options = signal ? { signal } : {};
    const facts = await session.run(factsCommand(stack, [...new Set(paths)], { unit: unitNameOf(read), contents: true }), options);
    const prior = facts.current?.env === undefined ? undefined : EnvFile.parse(facts.current.env);
    const lab = choice || !prior ? read : readLab(folder, stack, firstChoice(folder, prior));
    const serving = await this.#serving(lab, facts, session, signal);
    const where = await this.#whereabouts(lab, machine, target);
    const fields = buildFields(lab, where, prior);
    const deployCase: DeployCase = {
      lab,
      facts,
      machineName: machine.name,
      address: where.address,
      fields,
      drafts: findingsOf(lab, facts, givenBy(fields, prior)),
      ...(prior ? { prior } : {}),
      ...(serving ? { serving } : {}),
    };
    return {
      form: formOf(deployCase),
      plan: (answers) => planDeploy(deployCase, answers),
      updated: (answers, path) => updateChange(deployCase, decide(deployCase, answers), path),
      run: (answers) => this.#run(deployCase, answers, machine),
    };
  }

  deployments(machineKey: MachineKey): readonly Deployment[] {
    return this.#all().filter((deployment) => deployment.machineKey === machineKey);
  }

  /** Forgets the deployments of a machine that is gone. */
  async forget(machineKey: MachineKey): Promise<void> {
    await forgetDeployments(this.ports.memento, machineKey);
  }

  #run(deployCase: DeployCase, answers: DeployAnswers, machine: Machine): Operation {
    const [problem] = Object.entries(planDeploy(deployCase, answers).problems);
    if (problem) throw new SkylabError(`${problem[0]}: ${problem[1]}`, { code: 'PlanProblems' });
    const { stack } = deployCase.lab;
    const recalled = this.#find(machine.key, stack);
    const context = new DeployRun(deployCase, answers, machine, {
      access: this.access,
      uploader: this.uploader,
      ports: this.ports,
      recalled,
      remember: (deployment) => this.#replace(machine.key, stack, deployment),
    });
    return this.operations.start({
      kind: 'deploy',
      title: `Deploy ${deployCase.lab.folder.name} to ${machine.name}`,
      machineKey: machine.key,
      ...(machine.kind === 'instance' ? { accountId: machine.instance.accountId } : {}),
      steps: deploySteps,
      context,
      explain: endState,
    });
  }

  /** The folder's name, unless another folder of that name was deployed to the machine already. */
  #stackFor(folderName: string, root: string, key: MachineKey): string {
    const base = stackName(folderName);
    const taken = (name: string) => this.deployments(key).some((deployment) => deployment.name === name && deployment.root !== root);
    let name = base;
    for (let n = 2; taken(name); n++) name = `${base}-${n}`;
    return name;
  }

  /** Both sides of what may differ from the release that serves; undefined before the first one. */
  async #serving(lab: Lab, facts: MachineFacts, session: RemoteSession, signal: AbortSignal | undefined): Promise<Serving | undefined> {
    const { current } = facts;
    if (current?.contents === undefined) return undefined;
    const { reader } = this.ports;
    const { root } = lab.folder;
    const folder = await reader.contents(root, signal);
    const paths = comparedPaths(lab, folder, current.contents.entries);
    const release = `${stackFolder(lab, facts)}/releases/${current.id}`;
    const there = new Set(current.contents.entries.map(({ path }) => path));
    const { texts } = current.contents;
    const asked = paths.filter((path) => there.has(path) && !texts.has(path));
    const theirs = asked.length === 0 ? [] : await session.run(textsCommand(release, asked), signal ? { signal } : {});
    const ours = await reader.texts(root, paths);
    const byPath = (names: readonly string[], found: readonly (string | undefined)[]) =>
      names.flatMap((path, index) => (found[index] === undefined ? [] : [[path, found[index]] as const]));
    return { folder, ours: new Map(byPath(paths, ours)), theirs: new Map([...texts, ...byPath(asked, theirs)]) };
  }

  async #whereabouts(lab: Lab, machine: Machine, target: SshTarget): Promise<Whereabouts> {
    const { probe } = this.ports;
    const host = machine.kind === 'instance' ? (machine.instance.publicAddress ?? target.hostName) : target.hostName;
    const named = isAddress(host) ? undefined : host;
    const address = named === undefined ? host : ((await probe.resolve(named))[0] ?? host);
    const names = variableNames(lab)
      .filter((key) => isSiteAddress(lab, key))
      .flatMap((key) => namesToResolve(lab.env.get(key) ?? '', key, target.alias, named));
    const resolved = await Promise.all([...new Set(names)].map(async (name) => [name, await probe.resolve(name)] as const));
    return { alias: target.alias, address, resolved: new Map(resolved), ...(named === undefined ? {} : { hostName: named }) };
  }

  #find(key: MachineKey, name: string): Deployment | undefined {
    return this.deployments(key).find((deployment) => deployment.name === name);
  }

  #all(): readonly Deployment[] {
    return readDeployments(this.ports.memento);
  }

  async #replace(key: MachineKey, name: string, deployment: Deployment | undefined): Promise<void> {
    const others = this.#all().filter((other) => other.machineKey !== key || other.name !== name);
    await this.#save(deployment ? [...others, deployment] : others);
  }

  async #save(deployments: readonly Deployment[]): Promise<void> {
    await this.ports.memento.set(DEPLOYMENTS, deployments);
  }
}
