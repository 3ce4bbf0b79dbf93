import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** OpenNebula's short names of a machine's state. */
export type VmStatus = 'pend' | 'prol' | 'runn' | 'epil' | 'poff' | 'shut' | 'done' | 'unkn' | 'susp';

export interface Vm {
  readonly id: number;
  readonly imageId: string;
  readonly type: string;
  readonly keyName: string | undefined;
  /** In OpenSSH's form; empty where the key pair was not known. */
  readonly publicKey: string;
  readonly userData: string | undefined;
  readonly token: string | undefined;
  addresses: readonly string[];
  readonly startedAt: number;
  endedAt: number;
  readonly tags: Map<string, string>;
  status: VmStatus;
  /** What it becomes, and when, in milliseconds since the epoch. */
  next?: { readonly at: number; readonly status: VmStatus; readonly then?: VmStatus };
  readonly disks: { readonly imageId: number; readonly target: string }[];
}

/** Images, volumes and snapshots are all images there and share their numbers. */
export interface OneImage {
  readonly id: number;
  name: string;
  readonly type: 'OS' | 'DATABLOCK';
  readonly sizeMiB: number;
  readonly createdAt: number;
  ec2Ami: boolean;
  snapshot: boolean;
  state: 'READY' | 'USED' | 'LOCKED';
  readonly tags: Map<string, string>;
  ebs?: { readonly instanceId: string; readonly device: string; readonly attachedAt: number };
  /** SHA-256 and length of what was uploaded. */
  readonly upload?: { readonly sha256: string; readonly bytes: number };
}

export interface KeyPairKept {
  readonly fingerprint: string;
  readonly publicKey: string;
}

export interface ElasticIp {
  readonly ip: string;
  /** Taken out of the network's pool. */
  held: boolean;
  user?: string;
  vmId?: number;
}

/** Milliseconds that the changes of state take. */
export interface Pace {
  readonly bootMs: number;
  readonly stopMs: number;
}

/** What the cloud consists of; machines change state as time goes by. */
export class CloudState {
  readonly vms: Vm[] = [];
  readonly images: OneImage[] = [];
  readonly keyPairs = new Map<string, KeyPairKept>();
  readonly elasticIps: ElasticIp[];
  #nextVm: number;
  #nextImage: number;

  constructor(
    private readonly pace: Pace,
    first: { readonly vm: number; readonly image: number },
    elasticIps: readonly string[],
  ) {
    this.#nextVm = first.vm;
    this.#nextImage = first.image;
    this.elasticIps = elasticIps.map((ip) => ({ ip, held: false }));
  }

  addVm(vm: Omit<Vm, 'id' | 'startedAt' | 'endedAt' | 'tags' | 'status' | 'next' | 'disks'>): Vm {
    const now = Date.now();
    const made: Vm = {
      ...vm,
      id: this.#nextVm++,
      startedAt: now,
      endedAt: 0,
      tags: new Map(),
      status: 'pend',
      next: { at: now + this.pace.bootMs, status: 'runn' },
      disks: [],
    };
    this.vms.push(made);
    return made;
  }

  addImage(image: Partial<OneImage> & Pick<OneImage, 'name' | 'type'>): OneImage {
    const made: OneImage = {
      sizeMiB: 2048,
      createdAt: Date.now(),
      ec2Ami: false,
      snapshot: false,
      state: 'READY',
      tags: new Map(),
      ...image,
      id: this.#nextImage++,
    };
    this.images.push(made);
    return made;
  }

  /** Brings a machine to what time has made of it. */
  settle(vm: Vm): void {
    const { next } = vm;
    if (next === undefined || Date.now() < next.at) return;
    vm.status = next.status;
    delete vm.next;
    if (next.then !== undefined) vm.next = { at: next.at + this.pace.stopMs, status: next.then };
    if (vm.status === 'done') vm.endedAt = Date.now();
    this.settle(vm);
  }

  /** A clean shutdown shows as "shutting-down", also when it ends in a machine that is only stopped. */
  shutDown(vm: Vm, end: 'poff' | 'done'): void {
    vm.status = 'epil';
    vm.next = { at: Date.now() + this.pace.stopMs, status: end };
  }

  resume(vm: Vm): void {
    vm.status = 'prol';
    vm.next = { at: Date.now() + this.pace.bootMs, status: 'runn' };
  }

  /** @returns the private key; its line ends are carriage returns, as the server's JSON and templates leave them */
  newKeyPair(name: string): KeyPairKept & { readonly privateKey: string } {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = privateKey.export({ type: 'pkcs1', format: 'der' });
    const fingerprint = createHash('md5')
      .update(der)
      .digest('hex')
      .replace(/(..)(?=.)/g, '$1:');
    const kept = { fingerprint, publicKey: `${openSshRsa(publicKey.export({ type: 'pkcs1', format: 'pem' }) as string)} ${name}` };
    this.keyPairs.set(name, kept);
    return { ...kept, privateKey: (privateKey.export({ type: 'pkcs1', format: 'pem' }) as string).trim().replaceAll('\n', '\r') };
  }
}

/** RFC 4253, 6.6. */
function openSshRsa(pem: string): string {
  const { e = '', n = '' } = createPublicKey(pem).export({ format: 'jwk' });
  const number = (text: string) => {
    const bytes = Buffer.from(text, 'base64url');
    return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  };
  const parts = [Buffer.from('ssh-rsa'), number(e), number(n)];
  const blob = Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
  return `ssh-rsa ${blob.toString('base64')}`;
}
