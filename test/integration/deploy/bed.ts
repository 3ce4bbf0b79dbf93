import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { FileIdentityFiles } from '../../../src/adapters/files/identityFiles';
import { FileKnownHosts } from '../../../src/adapters/files/knownHosts';
import { FileLedger } from '../../../src/adapters/files/ledger';
import { WorkerPasswordHasher } from '../../../src/adapters/password/hasher';
import { HttpSiteProbe } from '../../../src/adapters/http/siteProbe';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { Accounts } from '../../../src/core/cloud/accounts';
import type { Machine } from '../../../src/core/cloud/model';
import { givenKey } from '../../../src/core/cloud/model';
import type { CloudProviders, KeyVault, Memento } from '../../../src/core/cloud/ports';
import { Deployer } from '../../../src/core/deploy/deployer';
import type { GateLimits } from '../../../src/core/deploy/gate';
import type { DeploySession } from '../../../src/core/deploy/deployer';
import { forgetDeployments, readDeployments } from '../../../src/core/deploy/remembered';
import { Stacks } from '../../../src/core/deploy/stacks/stacks';
import type { Log } from '../../../src/core/log';
import type { Operation } from '../../../src/core/operations/operations';
import { Operations } from '../../../src/core/operations/operations';
import { MachineAccess } from '../../../src/core/ssh/access';
import type { SshAlias, SshTarget } from '../../../src/core/ssh/model';
import { Uploader } from '../../../src/core/transfer/upload';
import type { DeployAnswers } from '../../../src/shared/deployModel';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { workerFolder } from '../support/folder';
import { person } from '../support/person';
import type { Result } from '../practice-cloud/lab';
import { DEBIAN, Lab, until } from '../practice-cloud/lab';

const repo = resolve(__dirname, '../../..');
export const sampleLab = join(repo, 'test/fixtures/sample-lab');
export const courseLab = process.env['SKYLAB_COURSE_LAB'] ?? join(repo, '../shared/inputs/cicf-week08');
export const hasCourseLab = existsSync(join(courseLab, 'compose.yml'));

/** A fresh practice machine, reached as a person's own Skylab would. */
export class Bed {
  readonly scratch = mkdtempSync(join(tmpdir(), 'skylab-deploy-'));
  readonly values = new Map<string, unknown>();
  readonly said: string[] = [];
  readonly access: MachineAccess;
  readonly operations: Operations;
  readonly probe = new HttpSiteProbe();
  readonly ssh: (command: string) => Promise<Result>;

  private constructor(
    readonly lab: Lab,
    readonly instanceId: string,
    readonly address: string,
    readonly machine: Machine & { kind: 'given' },
    hostKeys: string[],
    private readonly ownsLab: boolean,
  ) {
    const say = (line: string) => void this.said.push(line);
    const log: Log = { debug: say, info: say, warn: say, error: say };
    this.operations = new Operations(new FileLedger(join(this.scratch, 'ledger'), log), log);
    const vault: KeyVault = { get: async () => undefined, set: async () => undefined, delete: async () => undefined };
    const providers: CloudProviders = { for: () => Promise.reject(new Error('a given machine has no cloud')), forget: () => undefined };
    const knownHosts = new FileKnownHosts(this.scratch);
    this.memento = {
      get: (key) => this.values.get(key) as never,
      set: async (key, value) => void this.values.set(key, value),
    };
    this.access = new MachineAccess(new Accounts(this.memento, vault, providers), {
      providers,
      hostEntries: new FileHostEntryStore(this.scratch),
      knownHosts,
      identities: new FileIdentityFiles(this.scratch),
      dialer: new Ssh2Dialer({ homeDir: this.scratch }, log),
      questions: person(),
      log,
    });
    const workerFile = join(this.scratch, 'password-worker.js');
    buildSync({ entryPoints: [join(repo, 'src/adapters/password/worker.ts')], outfile: workerFile, bundle: true, platform: 'node' });
    this.hasher = new WorkerPasswordHasher(workerFile);
    this.trusting = knownHosts.trust(
      machine.given.target.hostKeyAlias,
      hostKeys.map((line) => ({ type: line.split(' ')[0] ?? '', blob: line.split(' ')[1] ?? '' })),
    );
    this.ssh = (command) => lab.ssh(address, hostKeys, command);
    this.log = log;
  }

  private readonly log: Log;
  private readonly memento: Memento;
  private readonly hasher: WorkerPasswordHasher;
  private readonly trusting: Promise<void>;

  /** @param beside a machine of the same network, which outlives this one */
  static async launch(cloud: PracticeCloud, name: string, beside?: Bed): Promise<Bed> {
    const lab = beside?.lab ?? new Lab(cloud);
    if (beside === undefined) {
      const { Images } = await lab.client.send(new DescribeImagesCommand(DEBIAN));
      await lab.prepare(Images?.[0]?.ImageId ?? '');
    }
    const id = await lab.launch({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }] });
    const address = (await lab.reach(id, 'running')).PublicIpAddress ?? '';
    const keys = await until(300, 'host keys on the console', async () => {
      const found = await lab.consoleKeys(id);
      return found.length > 0 ? found : undefined;
    });
    await until(300, 'ssh', async () => (await lab.ssh(address, keys, 'true')).code === 0 || undefined);
    const alias = name as SshAlias;
    const target: SshTarget = { alias, hostName: address, port: 22, user: 'admin', identityFile: lab.keyFile, hostKeyAlias: id };
    const machine = { kind: 'given' as const, key: givenKey(name), name, given: { id: name, name, target } };
    const bed = new Bed(lab, id, address, machine, keys, beside === undefined);
    await bed.trusting;
    return bed;
  }

  /** A Deployer as another window, or another person, would have it. */
  deployer(owner = 'ada@laptop', limits: Partial<GateLimits> = {}): Deployer {
    const reader = new DiskLabFolderReader();
    const ports = { reader, hasher: this.hasher, probe: this.probe, memento: this.memento, log: this.log, owner, limits };
    return new Deployer(this.access, new Uploader(workerFolder()), this.operations, ports);
  }

  /** What looks after deployments, as another window, or another person, would have it. */
  stacks(owner = 'ada@laptop', limits: Partial<GateLimits> = {}): Stacks {
    return new Stacks({
      access: this.access,
      operations: this.operations,
      owner,
      limits,
      remembered: (key) => readDeployments(this.memento, key).map(({ name }) => name),
      forget: (key, name) => forgetDeployments(this.memento, key, name),
    });
  }

  /** A copy of a lab folder that a test may change. */
  copyOf(folder: string, name = 'lab'): string {
    const copy = join(this.scratch, name);
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  dispose(): void {
    this.access.dispose();
    this.hasher.dispose();
    rmSync(this.scratch, { recursive: true, force: true });
    if (this.ownsLab) this.lab.dispose();
  }
}

/** The answers of someone who types only what is given. */
export function answersTo(session: DeploySession, values: Record<string, string>): DeployAnswers {
  const defaults = Object.fromEntries(session.form.fields.map((field) => [field.key, field.value]));
  const fixes = session.form.findings.filter((finding) => finding.fix?.onByDefault).map((finding) => finding.id);
  return { values: { ...defaults, ...values }, fixes };
}

/** Waits for the end and gives the steps' states by name. */
export async function ended(
  operation: Operation,
): Promise<{ outcome: string; error?: Error; steps: Record<string, string>; detail: Record<string, string> }> {
  const outcome = await operation.outcome;
  const { steps } = operation.view;
  return {
    outcome: outcome.kind,
    ...(outcome.kind === 'failed' ? { error: outcome.error } : {}),
    steps: Object.fromEntries(steps.map((step) => [step.name, step.state])),
    detail: Object.fromEntries(steps.map((step) => [step.name, step.detail ?? ''])),
  };
}
