import { Acts, type ActSettings, type ResourcePorts } from './act';
import { AddressActs } from './addresses';
import { GroupActs } from './groups';
import { ImageActs } from './images';
import { KeyPairActs } from './keyPairs';
import { Sweeper } from './sweep';
import { DisksOnMachine } from './onMachine';
import { VolumeActs } from './volumes';

/** Everything that can be done with what an account has besides machines; each act is an operation. */
export class ResourceActs {
  readonly addresses: AddressActs;
  readonly groups: GroupActs;
  readonly images: ImageActs;
  readonly keyPairs: KeyPairActs;
  readonly sweeper: Sweeper;
  readonly onMachine: DisksOnMachine;
  readonly volumes: VolumeActs;

  /** @param settings read at each act */
  constructor(ports: ResourcePorts, settings: () => Partial<ActSettings>) {
    const acts = new Acts(ports, settings);
    this.addresses = new AddressActs(acts);
    this.groups = new GroupActs(acts);
    this.images = new ImageActs(acts);
    this.keyPairs = new KeyPairActs(acts);
    this.sweeper = new Sweeper(acts);
    this.onMachine = new DisksOnMachine(ports.access);
    this.volumes = new VolumeActs(acts);
  }
}
