import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bcrypt, bcryptVerify } from 'hash-wasm';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import { DiskFolder } from '../../../src/adapters/files/localFolder';
import { HttpSiteProbe } from '../../../src/adapters/http/siteProbe';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import type { Accounts } from '../../../src/core/cloud/accounts';
import type { Machine } from '../../../src/core/cloud/model';
import { givenKey } from '../../../src/core/cloud/model';
import type { CloudProviders } from '../../../src/core/cloud/ports';
import { Deployer } from '../../../src/core/deploy/deployer';
import type { DeploySession } from '../../../src/core/deploy/deployer';
import type { PasswordHasher } from '../../../src/core/deploy/ports';
import type { Log } from '../../../src/core/log';
import type { LedgerRecord, Operation } from '../../../src/core/operations/operations';
import { Operations } from '../../../src/core/operations/operations';
import { MachineAccess } from '../../../src/core/ssh/access';
import type { HostKey, SshAlias, SshTarget } from '../../../src/core/ssh/model';
import { Uploader } from '../../../src/core/transfer/upload';
import type { DeployAnswers } from '../../../src/shared/deployModel';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import type { Result } from '../practice-cloud/lab';
import { DEBIAN, Lab, until } from '../practice-cloud/lab';

const repo = resolve(__dirname, '../../..');
export const sampleLab = join(repo, 'test/fixtures/sample-lab');
export const courseLab = process.env['SKYLAB_COURSE_LAB'] ?? join(repo, '../shared/inputs/cicf-week08');
export const hasCourseLab = existsSync(join(courseLab, 'compose.yml'));

/** bcrypt of the usual cost, in this thread. */
const hasher: PasswordHasher = {
  hash: async (password) => {
    const salt = crypto.getRandomValues(new Uint8Array(16));
    return (await bcrypt({ password: password.reveal(), salt, costFactor: 14, outputType: 'encoded' })).replace(/^\$2.\$/, '$2a$');
  },
  verify: (password, hash) => bcryptVerify({ password: password.reveal(), hash }),
};

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
  ) {
    const say = (line: string) => void this.said.push(line);
    const log: Log = { debug: say, info: say, warn: say, error: say };
    const records = new Map<string, LedgerRecord>();
    const ledger = {
      save: async (record: LedgerRecord) => void records.set(record.id, record),
      remove: async (id: string) => void records.delete(id),
      list: async () => [...records.values()],
    };
    this.operations = new Operations(ledger, log);
    const trusted: HostKey[] = hostKeys.map((line) => ({ type: line.split(' ')[0] ?? '', blob: line.split(' ')[1] ?? '' }));
    const entries: SshTarget[] = [];
    const questions = {
      acceptHostKey: async () => false,
      passphrase: async () => undefined,
      password: async () => undefined,
      identityFor: async () => undefined,
    };
    this.access = new MachineAccess({} as Accounts, {
      providers: {} as CloudProviders,
      hostEntries: {
        list: async () => entries,
        takenNames: async () => new Set<string>(),
        upsert: async (target) => void entries.push(target),
        remove: async () => undefined,
        includeChange: async () => undefined,
      },
      knownHosts: { lookup: async () => ({ trusted, revoked: [] }), trust: async () => undefined, forget: async () => undefined },
      identities: {
        create: async () => ({ path: '', publicKey: '' }),
        remove: async () => undefined,
        find: async () => undefined,
        listPublic: async () => [],
        publicKeyOf: async () => '',
      },
      dialer: new Ssh2Dialer({ homeDir: this.scratch }, log),
      questions,
      log,
    });
    this.ssh = (command) => lab.ssh(address, hostKeys, command);
    this.log = log;
  }

  private readonly log: Log;

  static async launch(cloud: PracticeCloud, name: string): Promise<Bed> {
    const lab = new Lab(cloud);
    const { Images } = await lab.client.send(new DescribeImagesCommand(DEBIAN));
    await lab.prepare(Images?.[0]?.ImageId ?? '');
    const id = await lab.launch({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }] });
    const address = (await lab.reach(id, 'running')).PublicIpAddress ?? '';
    const keys = await until(30, 'host keys on the console', async () => {
      const found = await lab.consoleKeys(id);
      return found.length > 0 ? found : undefined;
    });
    await until(40, 'ssh', async () => (await lab.ssh(address, keys, 'true')).code === 0 || undefined);
    const alias = name as SshAlias;
    const target: SshTarget = { alias, hostName: address, port: 22, user: 'admin', identityFile: lab.keyFile, hostKeyAlias: id };
    const machine = { kind: 'given' as const, key: givenKey(name), name, given: { id: name, name, target } };
    return new Bed(lab, id, address, machine, keys);
  }

  /** A Deployer as another window, or another person, would have it. */
  deployer(owner = 'ada@laptop'): Deployer {
    const memento = {
      get: <T>(key: string) => this.values.get(key) as T | undefined,
      set: async (key: string, value: unknown) => void this.values.set(key, value),
    };
    const reader = new DiskLabFolderReader();
    const ports = { reader, hasher, probe: this.probe, memento, log: this.log, owner };
    return new Deployer(this.access, new Uploader(new DiskFolder()), this.operations, ports);
  }

  /** A copy of a lab folder that a test may change. */
  copyOf(folder: string, name = 'lab'): string {
    const copy = join(this.scratch, name);
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  dispose(): void {
    this.access.dispose();
    rmSync(this.scratch, { recursive: true, force: true });
    this.lab.dispose();
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
