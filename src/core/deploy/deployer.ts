import type { DeployAnswers, DeployForm, DeployPlanView, DeploymentStatus } from '../../shared/deployModel';
import type { Machine, MachineKey } from '../cloud/model';
import type { Memento } from '../cloud/ports';
import type { Log } from '../log';
import type { Operation, Operations } from '../operations/operations';
import type { RemoteProcess } from '../remote/session';
import type { MachineAccess } from '../ssh/access';
import type { Uploader } from '../transfer/upload';
import type { LabFolderReader, PasswordHasher, SiteProbe } from './ports';

/** One stack on one machine, remembered across windows. */
export interface Deployment {
  readonly machineKey: MachineKey;
  /** Stack name: the compose project and the folder under ~/skylab. */
  readonly name: string;
  readonly url: string;
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
}

/** A folder and a machine on the deploy page: form, plan, run. */
export interface DeploySession {
  readonly form: DeployForm;
  /** Pure and quick: called on every change of the form. */
  plan(answers: DeployAnswers): DeployPlanView;
  run(answers: DeployAnswers): Operation;
}

export class Deployer {
  constructor(
    private readonly access: MachineAccess,
    private readonly uploader: Uploader,
    private readonly operations: Operations,
    private readonly ports: DeployPorts,
  ) {}

  /** Reads the folder and asks the machine what it has. @throws SkylabError when there is no compose file or it does not parse (names file and line) */
  open(root: string, machine: Machine, signal?: AbortSignal): Promise<DeploySession> {
    throw new Error(`not built yet ${root} ${machine.key} ${String(signal)} ${String(this.access)} ${String(this.uploader)}`);
  }

  deployments(machineKey: MachineKey): readonly Deployment[] {
    throw new Error(`not built yet ${machineKey} ${String(this.operations)} ${String(this.ports)}`);
  }

  status(machine: Machine, name: string, signal?: AbortSignal): Promise<DeploymentStatus> {
    throw new Error(`not built yet ${machine.key} ${name} ${String(signal)}`);
  }

  /** Follows the logs of all services until killed. */
  logs(machine: Machine, name: string, signal?: AbortSignal): Promise<RemoteProcess> {
    throw new Error(`not built yet ${machine.key} ${name} ${String(signal)}`);
  }

  stop(machine: Machine, name: string): Operation {
    throw new Error(`not built yet ${machine.key} ${name}`);
  }

  start(machine: Machine, name: string): Operation {
    throw new Error(`not built yet ${machine.key} ${name}`);
  }

  /** Takes the stack, its unit and its releases off the machine; volumes only when asked. */
  remove(machine: Machine, name: string, withVolumes: boolean): Operation {
    throw new Error(`not built yet ${machine.key} ${name} ${String(withVolumes)}`);
  }

  /** Forgets the deployments of a machine that is gone. */
  forget(machineKey: MachineKey): Promise<void> {
    throw new Error(`not built yet ${machineKey}`);
  }
}
