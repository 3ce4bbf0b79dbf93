import { Acts, type ActSettings, type ResourcePorts } from './act';
import { VolumeActs } from './volumes';

/** Everything that can be done with what an account has besides machines; each act is an operation. */
export class ResourceActs {
  readonly volumes: VolumeActs;

  /** @param settings read at each act */
  constructor(ports: ResourcePorts, settings: () => Partial<ActSettings>) {
    const acts = new Acts(ports, settings);
    this.volumes = new VolumeActs(acts);
  }
}
