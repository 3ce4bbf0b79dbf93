import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { AwsInstanceActs } from '../../../src/adapters/aws/instanceActs';
import { AwsOffers } from '../../../src/adapters/aws/offers';
import { AwsProviders } from '../../../src/adapters/aws/providers';
import { HttpPublicAddress } from '../../../src/adapters/aws/publicAddress';
import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { FileIdentityFiles } from '../../../src/adapters/files/identityFiles';
import { FileKnownHosts } from '../../../src/adapters/files/knownHosts';
import { FileLedger } from '../../../src/adapters/files/ledger';
import { DiskFolder } from '../../../src/adapters/files/localFolder';
import { DiskSender } from '../../../src/adapters/files/localSender';
import { Ssh2Dialer } from '../../../src/adapters/ssh/dialer';
import { Accounts } from '../../../src/core/cloud/accounts';
import { CleanUp } from '../../../src/core/cloud/cleanUp';
import { Launcher, type LaunchPorts, type LaunchSettings } from '../../../src/core/cloud/launch';
import { Lifecycle } from '../../../src/core/cloud/lifecycle';
import { Machines } from '../../../src/core/cloud/machines';
import type { Account } from '../../../src/core/cloud/model';
import type { Log } from '../../../src/core/log';
import { Operations } from '../../../src/core/operations/operations';
import { Secret } from '../../../src/core/secret';
import type { SshQuestions } from '../../../src/core/ssh/ports';
import { Uploader } from '../../../src/core/transfer/upload';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { MapMemento, MapVault } from '../../unit/core/cloud/support';
import { shipped } from '../../unit/core/recipes/support';

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a person's side needs to know of a practice cloud. */
export type CloudSeen = Pick<PracticeCloud, 'endpoint' | 'region' | 'credentials' | 'checkAddressUrl'>;

/** The person's side: an empty home folder, everything of Skylab that launches, and the practice cloud as the account. */
export class World {
  readonly vault = new MapVault();
  readonly providers = new AwsProviders(this.vault);
  readonly acts = new AwsInstanceActs(this.providers);
  readonly accounts = new Accounts(new MapMemento(), this.vault, this.providers);
  readonly machines = new Machines(this.accounts, this.providers);
  readonly ledger: FileLedger;
  readonly operations: Operations;
  readonly ports: LaunchPorts;
  readonly launcher: Launcher;
  readonly lifecycle: Lifecycle;
  readonly cleanUp: CleanUp;
  /** What the person was asked, and what they answer. */
  readonly asked: Parameters<SshQuestions['acceptHostKey']>[0][] = [];
  accepts = false;
  settings: Partial<LaunchSettings> = { owner: 'ada', version: '0.1.0', pollMs: 300 };

  private constructor(
    readonly home: string,
    readonly cloud: CloudSeen,
    readonly ec2: EC2Client,
  ) {
    this.ledger = new FileLedger(join(home, 'ledger'), quiet);
    this.operations = new Operations(this.ledger, quiet);
    this.ports = {
      providers: this.providers,
      publicAddress: new HttpPublicAddress([cloud.checkAddressUrl]),
      identities: new FileIdentityFiles(home),
      hostEntries: new FileHostEntryStore(home),
      knownHosts: new FileKnownHosts(home),
      dialer: new Ssh2Dialer({ homeDir: home }, quiet),
      questions: {
        acceptHostKey: (question) => {
          this.asked.push(question);
          return Promise.resolve(this.accepts);
        },
        passphrase: () => Promise.resolve(undefined),
        password: () => Promise.reject(new Error('A launch asks for no password.')),
        identityFor: () => Promise.resolve(undefined),
      },
      log: quiet,
      resources: (account) => this.providers.resources(account),
      sender: new DiskSender(home, () => Promise.resolve(new Uploader(new DiskFolder()))),
      recipeScripts: async (id) =>
        (await shipped(id)).files
          .map(({ path, content }) => ({ path, text: content.toString('utf8') }))
          .filter(({ path }) => path.startsWith('scripts/')),
      offers: new AwsOffers((account) => this.providers.client(account), quiet),
    };
    this.launcher = new Launcher(this.accounts, this.machines, this.operations, this.ports, () => this.settings);
    this.lifecycle = new Lifecycle(this.machines, this.operations, this.ports, this.acts, () => this.settings);
    this.cleanUp = new CleanUp(this.accounts, this.machines, this.operations, this.ports);
  }

  /** @param at a home folder that another process has used; a new one otherwise */
  static async open(cloud: CloudSeen, at?: string): Promise<World> {
    const home = at ?? (await mkdtemp(join(tmpdir(), 'skylab-home-')));
    const { endpoint, region, credentials } = cloud;
    const world = new World(home, cloud, new EC2Client({ endpoint, region, credentials }));
    await world.accounts.add(world.account, world.keys());
    return world;
  }

  get account(): Account {
    return { kind: 'endpoint', id: 'practice', name: 'Practice', endpoint: this.cloud.endpoint, region: this.cloud.region };
  }

  keys(accessKeyId = this.cloud.credentials.accessKeyId, secret = this.cloud.credentials.secretAccessKey) {
    return { accessKeyId, secretAccessKey: new Secret(secret) };
  }

  async spec(change: Partial<LaunchSpec> = {}): Promise<LaunchSpec> {
    const images = await (await this.providers.for(this.account)).listImages();
    return {
      accountId: this.account.id,
      name: 'ada',
      imageId: images[0]!.id,
      instanceType: 't3.small',
      keyPair: { kind: 'new', name: 'skylab-ada' },
      securityGroup: { kind: 'new', name: 'skylab-ada', ssh: true, http: true, https: true },
      diskGiB: 12,
      userData: '',
      count: 1,
      ...change,
    };
  }

  /** Everything that a launch could leave behind, in the cloud and at home. */
  async remains() {
    const provider = await this.providers.for(this.account);
    const instances: string[] = [];
    for await (const page of provider.listInstances()) instances.push(...page.filter((i) => i.state !== 'terminated').map((i) => i.name));
    const ssh = join(this.home, '.ssh', 'skylab');
    return {
      instances,
      groups: (await provider.listSecurityGroups()).map((g) => g.name).filter((name) => name !== 'default'),
      keyPairs: (await provider.listKeyPairs()).map((p) => p.name),
      entries: (await this.ports.hostEntries.list()).map((e) => e.alias as string),
      knownHosts: await readFile(join(ssh, 'known_hosts'), 'utf8').catch(() => ''),
      keys: await readdir(join(ssh, 'keys')).catch(() => []),
      ledger: (await this.ledger.list()).map((r) => r.title),
    };
  }

  async close(): Promise<void> {
    this.machines.dispose();
    this.ec2.destroy();
    await rm(this.home, { recursive: true, force: true });
  }
}

export const NOTHING = { instances: [], groups: [], keyPairs: [], entries: [], knownHosts: '', keys: [], ledger: [] };
