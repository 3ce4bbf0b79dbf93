import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  type Instance,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { PracticeCloud } from '../../practice-cloud/cloud';

/** Newest Debian of the practice cloud's images: its login user is admin. */
export const DEBIAN = { Owners: ['136693071363'], Filters: [{ Name: 'name', Values: ['debian-13-amd64-*'] }] };

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export function run(file: string, args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(file, args, { encoding: 'utf8', maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
    });
  });
}

/** Tries until something is there; fails with the last reason after this many seconds. */
export async function until<T>(seconds: number, what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  let reason = '';
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 250))) {
    try {
      const got = await attempt();
      if (got !== undefined) return got;
    } catch (error) {
      reason = String(error);
    }
  }
  throw new Error(`Not within ${seconds} s: ${what}. ${reason}`);
}

/** What a connection attempt meets: an open port, a refusal, or silence for 1.5 s. */
export function knock(host: string, port: number): Promise<'open' | 'refused' | 'timeout'> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (result: 'open' | 'refused' | 'timeout'): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1500, () => done('timeout'));
    socket.once('connect', () => done('open'));
    socket.once('error', () => done('refused'));
  });
}

/** A key pair, a security group that opens port 22 to this computer, and what launches machines with them. */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'skylab-lab-'));
  readonly client: EC2Client;
  readonly keyFile = join(this.folder, 'key');
  readonly keyName = 'lab-key';
  groupId = '';
  imageId = '';

  constructor(readonly cloud: PracticeCloud) {
    this.client = new EC2Client({ region: cloud.region, endpoint: cloud.endpoint, credentials: cloud.credentials });
  }

  async prepare(imageId: string): Promise<void> {
    this.imageId = imageId;
    const key = await this.client.send(new CreateKeyPairCommand({ KeyName: this.keyName, KeyType: 'ed25519' }));
    writeFileSync(this.keyFile, key.KeyMaterial ?? '', { mode: 0o600 });
    const group = await this.client.send(new CreateSecurityGroupCommand({ GroupName: 'lab-group', Description: 'lab' }));
    this.groupId = group.GroupId ?? '';
    await this.open(22, `${this.cloud.clientAddress}/32`);
  }

  async open(port: number, from = '0.0.0.0/0'): Promise<void> {
    const rule = { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: from }] };
    await this.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: this.groupId, IpPermissions: [rule] }));
  }

  async launch(more: Partial<RunInstancesCommandInput> = {}): Promise<string> {
    const launched = await this.client.send(
      new RunInstancesCommand({
        ImageId: this.imageId,
        InstanceType: 't3.small',
        MinCount: 1,
        MaxCount: 1,
        KeyName: this.keyName,
        SecurityGroupIds: [this.groupId],
        ...more,
      }),
    );
    return launched.Instances?.[0]?.InstanceId ?? '';
  }

  async instance(id: string): Promise<Instance> {
    const { Reservations } = await this.client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const instance = Reservations?.[0]?.Instances?.[0];
    if (!instance) throw new Error(`There is no instance ${id}.`);
    return instance;
  }

  /** Waits for a state and gives the instance in it. */
  reach(id: string, state: string, seconds = 30): Promise<Instance> {
    return until(seconds, `${id} ${state}`, async () => {
      const instance = await this.instance(id);
      return instance.State?.Name === state ? instance : undefined;
    });
  }

  async console(id: string): Promise<string> {
    const { Output } = await this.client.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }));
    return Buffer.from(Output ?? '', 'base64').toString();
  }

  /** The host key lines of the console's last complete block. */
  async consoleKeys(id: string): Promise<string[]> {
    const blocks = [
      ...(await this.console(id)).matchAll(/-----BEGIN SSH HOST KEY KEYS-----\r?\n([\s\S]*?)-----END SSH HOST KEY KEYS-----/g),
    ];
    return (blocks.at(-1)?.[1] ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
  }

  /** Runs a command over the real ssh, which accepts only the keys given. */
  async ssh(address: string, keys: string[], command: string, user = 'admin'): Promise<Result> {
    const known = join(this.folder, `known-${address}`);
    writeFileSync(known, keys.map((key) => `${address} ${key}\n`).join(''));
    const options = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${known}`, 'GlobalKnownHostsFile=/dev/null', 'ConnectTimeout=3'];
    const identity = ['-F', 'none', '-i', this.keyFile, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'];
    return run('ssh', [...identity, ...options.flatMap((option) => ['-o', option]), `${user}@${address}`, command]);
  }

  dispose(): void {
    this.client.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
