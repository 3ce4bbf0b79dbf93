import type { Operation, Operations } from '../operations/operations';
import type { LaunchPorts } from './launch';
import type { Machines } from './machines';
import type { Machine } from './model';

/** What terminating would take along, found before asking. */
export interface TerminatePreview {
  /** Whole GiB of disks that are deleted; undefined when unknown. */
  readonly diskGiB?: number;
  /** Made by Skylab for this machine and used by no other. */
  readonly keyPair?: { readonly name: string; readonly identityFile?: string };
  readonly securityGroup?: { readonly id: string; readonly name: string };
}

/** Stop, start, reboot, terminate; ssh entries and host keys follow. */
export class Lifecycle {
  constructor(
    private readonly machines: Machines,
    private readonly operations: Operations,
    private readonly ports: LaunchPorts,
  ) {}

  /** Resolves when running again and SSH answers; HostName follows the new address. */
  start(machine: Machine): Operation {
    throw new Error(`not built yet ${machine.key} ${String(this.machines)} ${String(this.operations)} ${String(this.ports)}`);
  }

  stop(machine: Machine): Operation {
    throw new Error(`not built yet ${machine.key}`);
  }

  reboot(machine: Machine): Operation {
    throw new Error(`not built yet ${machine.key}`);
  }

  previewTerminate(machine: Machine): Promise<TerminatePreview> {
    throw new Error(`not built yet ${machine.key}`);
  }

  /** Removes instance, ssh entry and host key; and, when asked, the key pair (with its private key) and the security group. */
  terminate(machine: Machine, also: { keyPair: boolean; securityGroup: boolean }): Operation {
    throw new Error(`not built yet ${machine.key} ${String(also)}`);
  }
}
