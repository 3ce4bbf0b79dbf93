import type { DeployAnswers, DeployForm, DeployPlanView, DeploymentStatus, StackChoice } from '../../shared/deployModel';
import type { Machine, MachineKey } from '../cloud/model';
import type { Memento } from '../cloud/ports';
import { SkylabError } from '../errors';
import type { Log } from '../log';
import type { Operation, Operations } from '../operations/operations';
import type { Step } from '../operations/step';
import type { RemoteProcess, RemoteSession } from '../remote/session';
import type { SshTarget } from '../ssh/model';
import type { MachineAccess } from '../ssh/access';
import type { Uploader } from '../transfer/upload';
import { DeployRun } from './deployRun';
import { deploySteps } from './deploySteps';
import type { Whereabouts } from './domain';
import { isAddress, namesToResolve } from './domain';
import { EnvFile } from './envFile';
import { factsCommand } from './facts';
import { buildFields, isSiteAddress, variableNames } from './fields';
import { findingsOf, givenBy } from './findings';
import type { Lab } from './lab';
import { firstChoice, readLab, stackName } from './lab';
import type { StackAct } from './manageSteps';
import { removeSteps, startSteps, stopSteps } from './manageSteps';
import type { DeployCase } from './plan';
import { formOf, planDeploy } from './plan';
import type { LabFolderReader, PasswordHasher, SiteProbe } from './ports';
import { psCommand } from './stackHost';
import { unitState } from './unitCommands';

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
}

/** A folder and a machine on the deploy page: form, plan, run. */
export interface DeploySession {
  readonly form: DeployForm;
  /** Pure and quick: called on every change of the form. */
  plan(answers: DeployAnswers): DeployPlanView;
  /** @throws SkylabError `PlanProblems` while the plan has problems */
  run(answers: DeployAnswers): Operation;
}

const MEMENTO_KEY = 'skylab.deployments';

/** Deploys lab folders to machines, and looks after what was deployed. */
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
    const facts = await session.run(factsCommand(stack, [...new Set(paths)]), signal ? { signal } : {});
    const prior = facts.current?.env === undefined ? undefined : EnvFile.parse(facts.current.env);
    const lab = choice || !prior ? read : readLab(folder, stack, firstChoice(folder, prior));
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
    };
    return {
      form: formOf(deployCase),
      plan: (answers) => planDeploy(deployCase, answers),
      run: (answers) => this.#run(deployCase, answers, machine),
    };
  }

  deployments(machineKey: MachineKey): readonly Deployment[] {
    return this.#all().filter((deployment) => deployment.machineKey === machineKey);
  }

  /** @throws SkylabError when the machine cannot be asked */
  async status(machine: Machine, name: string, signal?: AbortSignal): Promise<DeploymentStatus> {
    const options = signal ? { signal } : {};
    const session = await this.access.session(machine, signal);
    const sudo = await needsSudo(session, signal);
    const services = await session.run(psCommand({ stack: name, folder: '', sudo }), options);
    const unit = this.#find(machine.key, name)?.unit ?? '';
    const state = unit === '' ? undefined : await session.run(unitState(unit), options);
    return {
      services: services.map(({ service, state: now, health, image }) => ({ name: service, state: now, health, image })),
      ...(state ? { unit: { name: unit, active: state.active, enabled: state.enabled === '' ? 'not installed' : state.enabled } } : {}),
    };
  }

  /** Follows the logs of all services until killed. Some versions of Compose put terminal codes before each line: strip them before showing. */
  async logs(machine: Machine, name: string, signal?: AbortSignal): Promise<RemoteProcess> {
    const session = await this.access.session(machine, signal);
    const sudo = await needsSudo(session, signal);
    const argv = ['docker', 'compose', '--ansi', 'never', '-p', name, 'logs', '--no-color', '--follow', '--tail', '200'];
    return session.start({ argv, sudo, what: `follow the logs of ${name}` }, signal ? { signal } : {});
  }

  /** Stops the services; they stay stopped when the machine restarts. */
  stop(machine: Machine, name: string): Operation {
    return this.#act(machine, name, `Stop ${name} on ${machine.name}`, stopSteps, false);
  }

  start(machine: Machine, name: string): Operation {
    return this.#act(machine, name, `Start ${name} on ${machine.name}`, startSteps, false);
  }

  /** Takes the stack, its unit and its releases off the machine; volumes and the kept work only when asked. */
  remove(machine: Machine, name: string, withVolumes: boolean): Operation {
    return this.#act(machine, name, `Remove ${name} from ${machine.name}`, removeSteps, withVolumes);
  }

  /** Forgets the deployments of a machine that is gone. */
  async forget(machineKey: MachineKey): Promise<void> {
    await this.#save(this.#all().filter((deployment) => deployment.machineKey !== machineKey));
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
    });
  }

  #act(machine: Machine, name: string, title: string, steps: readonly Step<StackAct>[], withVolumes: boolean): Operation {
    const context: StackAct = {
      name,
      unit: this.#find(machine.key, name)?.unit ?? '',
      owner: this.ports.owner ?? 'another Skylab',
      session: (signal) => this.access.session(machine, signal),
      forget: () => this.#replace(machine.key, name, undefined),
      withVolumes,
    };
    const accountId = machine.kind === 'instance' ? { accountId: machine.instance.accountId } : {};
    return this.operations.start({ kind: 'task', title, machineKey: machine.key, ...accountId, steps, context });
  }

  /** The folder's name, unless another folder of that name was deployed to the machine already. */
  #stackFor(folderName: string, root: string, key: MachineKey): string {
    const base = stackName(folderName);
    const taken = (name: string) => this.deployments(key).some((deployment) => deployment.name === name && deployment.root !== root);
    let name = base;
    for (let n = 2; taken(name); n++) name = `${base}-${n}`;
    return name;
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
    return this.ports.memento.get<readonly Deployment[]>(MEMENTO_KEY) ?? [];
  }

  async #replace(key: MachineKey, name: string, deployment: Deployment | undefined): Promise<void> {
    const others = this.#all().filter((other) => other.machineKey !== key || other.name !== name);
    await this.#save(deployment ? [...others, deployment] : others);
  }

  async #save(deployments: readonly Deployment[]): Promise<void> {
    await this.ports.memento.set(MEMENTO_KEY, deployments);
  }
}

/** Whether this login reaches Docker's engine only through sudo: it may have been opened before the user joined the group docker. */
async function needsSudo(session: RemoteSession, signal: AbortSignal | undefined): Promise<boolean> {
  if (session.user === 'root') return false;
  const command = {
    argv: ['docker', 'version', '--format', '{{.Server.Version}}'],
    okCodes: [0, 1, 126, 127],
    parse: (_: string, code: number) => code !== 0,
  };
  return session.run(command, signal ? { signal } : {});
}
