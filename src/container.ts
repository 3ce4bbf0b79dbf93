import os from 'node:os';
import path from 'node:path';
import type * as vscode from 'vscode';
import { FileHostEntryStore } from './adapters/files/hostEntryStore';
import { FileLedger } from './adapters/files/ledger';
import {
  lazyDialer,
  lazyHasher,
  lazyIdentities,
  lazyKnownHosts,
  lazyMachineCache,
  lazyNames,
  lazyOffers,
  lazyPriceList,
  lazyProfiles,
  lazyProviders,
  lazyPublicAddress,
  lazySender,
  makeRecipes,
  once,
} from './containerPorts';
import { Accounts } from './core/cloud/accounts';
import { systemClock } from './core/clock';
import type { LaunchPorts, LaunchSettings } from './core/cloud/launch';
import { Machines } from './core/cloud/machines';
import type { MachineKey } from './core/cloud/model';
import type { ResourcesOf } from './core/cloud/resources/ports';
import type { PasswordHasher } from './core/deploy/ports';
import type { Disposable } from './core/events';
import { Operations } from './core/operations/operations';
import { MachineAccess } from './core/ssh/access';
import type { IdentityFiles } from './core/ssh/ports';
import { Transfers } from './core/transfer/transfers';
import { EditorQuestions } from './ui/questions';
import type { Services } from './ui/services';
import type { Settings } from './ui/settings';
import { KeptAnswers, SecretKeyVault, StateMemento } from './ui/stores';

/** The composition root: the one place that knows which adapter stands behind which port. Loads no cloud or SSH code. */
export function createServices(context: vscode.ExtensionContext, settings: Settings, log: vscode.LogOutputChannel): Services & Disposable {
  const homeDir = os.homedir();
  const { version } = context.extension.packageJSON as { version: string };
  const vault = new SecretKeyVault(context.secrets);
  const memento = new StateMemento(context.globalState);
  const hostEntries = new FileHostEntryStore(homeDir);
  const aws = once(async () => new (await import('./adapters/aws/providers')).AwsProviders(vault));
  const providers = lazyProviders(aws);
  const instanceActs = once(async () => new (await import('./adapters/aws/instanceActs')).AwsInstanceActs(await aws()));
  const identities = lazyIdentities(homeDir);
  const knownHosts = lazyKnownHosts(homeDir);
  const dialer = lazyDialer(homeDir, log, () => keyCode());
  const questions = new EditorQuestions(homeDir, () => privateKeys(identities), new KeptAnswers(context.secrets, memento));
  const accounts = new Accounts(memento, vault, providers);
  const machines = new Machines(
    accounts,
    providers,
    systemClock,
    lazyMachineCache(path.join(context.globalStorageUri.fsPath, 'machines'), log),
  );
  const operations = new Operations(new FileLedger(path.join(context.globalStorageUri.fsPath, 'ledger'), log), log);
  const transfers = new Transfers(memento);
  const access = new MachineAccess(accounts, { providers, hostEntries, knownHosts, identities, dialer, questions, log });
  const names = lazyNames(aws);
  const resources: ResourcesOf = async (account) => (await aws()).resources(account);
  const ports: LaunchPorts = {
    providers,
    publicAddress: lazyPublicAddress(settings),
    identities,
    hostEntries,
    knownHosts,
    dialer,
    questions,
    names,
    recent: {
      add: async (spec, at) => new (await import('./core/cloud/specs/recent')).RecentLaunches(memento).add(spec, at),
    },
    log,
    resources,
    sender: lazySender(homeDir, () => uploader()),
    recipeScripts: async (id) => (await recipes()).scripts(id),
    offers: lazyOffers(aws, log),
  };
  const launchSettings = (): Partial<LaunchSettings> => ({
    owner: os.userInfo().username,
    version,
    bootTimeoutMs: settings.launchTimeoutMs,
  });
  /** What was loaded on the way and holds something open. */
  const loaded: Disposable[] = [];
  const hasher = once(async (): Promise<PasswordHasher> => {
    const { WorkerPasswordHasher } = await import('./adapters/password/hasher');
    const worker = new WorkerPasswordHasher(path.join(context.extensionPath, 'dist', 'password-worker.js'));
    loaded.push(worker);
    return worker;
  });
  const keyCode = once(async () => {
    const { WorkerKeyCode } = await import('./adapters/ssh/keyCode');
    const code = new WorkerKeyCode(path.join(context.extensionPath, 'dist', 'key-worker.js'));
    loaded.push(code);
    return code;
  });
  const localFolder = once(async () => {
    const { WorkerFolder } = await import('./adapters/files/workerFolder');
    const folder = new WorkerFolder(path.join(context.extensionPath, 'dist', 'folder-worker.js'));
    loaded.push(folder);
    return folder;
  });
  const recipes = once(() => makeRecipes(context.extensionPath, context.globalStorageUri.fsPath, log));
  const uploader = once(async () => new (await import('./core/transfer/upload')).Uploader(await localFolder()));
  const syncer = once(async () => new (await import('./core/transfer/sync')).Syncer(await localFolder()));
  const prices = once(async () => {
    const [{ PriceBook }, { FilePriceCache, readPriceTable }] = await Promise.all([
      import('./core/cloud/money/priceBook'),
      import('./adapters/files/priceFiles'),
    ]);
    const cache = new FilePriceCache(path.join(context.globalStorageUri.fsPath, 'prices.json'));
    const table = await readPriceTable(path.join(context.extensionPath, 'media', 'prices.json'));
    return new PriceBook(table, await cache.read(), lazyPriceList(accounts, aws), cache, log);
  });
  const launcher = once(async () => {
    // A launch goes without the note of its price rather than not at all.
    const [{ Launcher }, known] = await Promise.all([import('./core/cloud/launch'), prices().catch(() => undefined)]);
    return new Launcher(accounts, machines, operations, known === undefined ? ports : { ...ports, prices: known }, launchSettings);
  });
  const launchCatalog = once(async () => {
    const [{ LaunchCatalog }, { FileKeptOffers }] = await Promise.all([
      import('./core/cloud/launchCatalog'),
      import('./adapters/files/keptOffers'),
    ]);
    const kept = new FileKeptOffers(path.join(context.globalStorageUri.fsPath, 'offers'));
    return new LaunchCatalog(async (accountId, signal) => (await launcher()).options(accountId, signal), kept, log);
  });
  const stacks = once(async () => {
    const [{ Stacks }, remembered] = await Promise.all([import('./core/deploy/stacks/stacks'), import('./core/deploy/remembered')]);
    return new Stacks({
      access,
      operations,
      owner: `${os.userInfo().username}@${os.hostname()}`,
      remembered: (key) => remembered.readDeployments(memento, key).map(({ name }) => name),
      forget: (key, name) => remembered.forgetDeployments(memento, key, name),
    });
  });
  return {
    accounts,
    machines,
    operations,
    profiles: lazyProfiles(homeDir),
    hostEntries,
    identities,
    access,
    homeDir,
    memento,
    transfers,
    launcher,
    launchCatalog,
    tryLaunch: async (spec, signal) => (await launcher()).tryLaunch(spec, signal),
    endpointProbe: once(async () => {
      const [{ HttpEndpointProbe }, clients] = await Promise.all([import('./adapters/aws/compat/probe'), aws()]);
      return new HttpEndpointProbe((account, keys) => clients.open(account, keys));
    }),
    imageUploader: once(async () => {
      const [{ ImageUploader }, { OpenNebulaImageUploads }, { bytesText }, clients] = await Promise.all([
        import('./core/cloud/imageUpload'),
        import('./adapters/aws/compat/imageUploads'),
        import('./ui/model/bytes'),
        aws(),
      ]);
      return new ImageUploader(operations, new OpenNebulaImageUploads(clients), bytesText);
    }),
    lifecycle: once(async () => {
      const { Lifecycle } = await import('./core/cloud/lifecycle');
      return new Lifecycle(machines, operations, ports, await instanceActs(), launchSettings);
    }),
    machineNames: once(async () => {
      const [{ MachineNames }, { Naming }] = await Promise.all([
        import('./core/cloud/names/machineNames'),
        import('./core/cloud/names/naming'),
      ]);
      return new MachineNames(machines, operations, names, new Naming(names, providers), log);
    }),
    endings: once(async () => {
      const [{ Endings }, { AwsShutdownBehavior }] = await Promise.all([
        import('./core/cloud/money/endings'),
        import('./adapters/aws/shutdownBehavior'),
      ]);
      return new Endings(machines, { access, providers, shutdown: new AwsShutdownBehavior(await aws()), memento });
    }),
    prices,
    claims: once(async () => {
      const { FileClaims } = await import('./adapters/files/claims');
      return new FileClaims(path.join(context.globalStorageUri.fsPath, 'claims'));
    }),
    resources,
    resourceStock: once(async () => {
      const stock = new (await import('./core/cloud/resources/stock')).ResourceStock(accounts, machines, resources);
      loaded.push(stock);
      return stock;
    }),
    resourceActs: once(async () => {
      const { ResourceActs } = await import('./core/cloud/resources/acts');
      return new ResourceActs({ ...ports, machines, operations, resources, access }, launchSettings);
    }),
    machineActs: once(async () => {
      const [{ LifeSteps }, { MachineChanges }, { BulkActs }, { ReachChecker }, { TcpProbe }] = await Promise.all([
        import('./core/cloud/life/lifeSteps'),
        import('./core/cloud/life/changes'),
        import('./core/cloud/life/bulk'),
        import('./core/cloud/life/reachCheck'),
        import('./adapters/net/portProbe'),
      ]);
      const acts = await instanceActs();
      const life = new LifeSteps(machines, operations, ports, acts, launchSettings);
      const reach = new ReachChecker(machines, ports, acts, new TcpProbe());
      return { changes: new MachineChanges(life), bulk: new BulkActs(life, operations), reach, acts };
    }),
    provider: (account) => providers.for(account),
    publicAddress: ports.publicAddress,
    uploader,
    syncer,
    downloader: once(async () => {
      const [{ FileDownloader }, { FolderDownloader }, { DiskReceiver }] = await Promise.all([
        import('./core/transfer/download/fileDownload'),
        import('./core/transfer/download/folderDownload'),
        import('./adapters/files/receiveFolder'),
      ]);
      const disk = new DiskReceiver(path.join(context.extensionPath, 'dist', 'receive-worker.js'));
      loaded.push(disk);
      return { files: new FileDownloader(disk), folders: new FolderDownloader(disk) };
    }),
    deployer: once(async () => {
      const [{ Deployer }, { DiskLabFolderReader }, { HttpSiteProbe }] = await Promise.all([
        import('./core/deploy/deployer'),
        import('./adapters/files/labFolder'),
        import('./adapters/http/siteProbe'),
      ]);
      const deployPorts = { reader: new DiskLabFolderReader(), hasher: lazyHasher(hasher), probe: new HttpSiteProbe(), memento, log };
      return new Deployer(access, await uploader(), operations, deployPorts);
    }),
    docker: once(async () => {
      const [{ DockerHost }, { engines }] = await Promise.all([import('./core/docker/dockerHost'), stacks()]);
      return new DockerHost(access, operations, engines);
    }),
    stacks,
    hasher,
    labFolders: once(async () => new (await import('./adapters/files/labFolder')).DiskLabFolderReader()),
    recipes,
    forgetAnswers: () => questions.forgetAll(),
    keyring: once(async () => {
      const [{ Keyring }, { DiskKeyFiles }, { AgentClient, agentSocket }] = await Promise.all([
        import('./core/ssh/keys/keyring'),
        import('./adapters/files/keyFiles'),
        import('./adapters/ssh/agent'),
      ]);
      const agent = new AgentClient(agentSocket(process.env, process.platform));
      return new Keyring({ files: new DiskKeyFiles(homeDir, await keyCode()), agent, targets: () => hostEntries.list() });
    }),
    machineKeys: once(async () => new (await import('./core/ssh/keys/machineKeys')).MachineKeys(access)),
    sshConfig: once(async () => {
      const [{ FilePersonConfig }, { InstalledSsh }, { ConfigEditor }] = await Promise.all([
        import('./adapters/files/personConfig'),
        import('./adapters/ssh/effective'),
        import('./core/ssh/config/editor'),
      ]);
      const [config, oracle] = [new FilePersonConfig(homeDir), new InstalledSsh()];
      return { config, oracle, editor: new ConfigEditor(config, oracle) };
    }),
    findProgram: async (name) => (await import('./adapters/files/programs')).findProgram(name),
    tunnels: once(async () => {
      const [{ Tunnels }, { NodeLocalNet }] = await Promise.all([import('./core/ssh/tunnels/tunnels'), import('./adapters/net/localNet')]);
      const tunnels = new Tunnels(memento, { access, machines, net: new NodeLocalNet(), clock: systemClock });
      loaded.push(tunnels);
      return tunnels;
    }),
    units: once(async () => new (await import('./core/units/units')).Units(access, operations)),
    upkeep: once(async () => {
      const [{ Upkeep }, { TcpProbe }] = await Promise.all([import('./core/upkeep/upkeep'), import('./adapters/net/portProbe')]);
      const owner = `${os.userInfo().username}@${os.hostname()}`;
      return { upkeep: new Upkeep({ access, operations, clock: systemClock, owner }), probe: new TcpProbe(2_000) };
    }),
    cleanUp: async (record) => {
      const { ActCleanUp, isAct } = await import('./core/cloud/resources/actCleanUp');
      if (isAct(record)) return new ActCleanUp(accounts, operations, { resources, identities }).start(record);
      const { cutOffRelease } = await import('./core/deploy/stacks/cutOff');
      const cutOff = cutOffRelease(record);
      const key = record.machineKey as MachineKey | undefined;
      if (cutOff && key !== undefined) {
        if (!machines.get(key)) await machines.refresh(record.accountId);
        const machine = machines.get(key);
        if (machine) return (await stacks()).putRight(machine, cutOff, () => operations.settle(record.id));
      }
      const { CleanUp } = await import('./core/cloud/cleanUp');
      return new CleanUp(accounts, machines, operations, ports).start(record);
    },
    dispose: () => {
      for (const one of loaded) one.dispose();
      access.dispose();
      transfers.dispose();
      operations.dispose();
      machines.dispose();
      accounts.dispose();
    },
  };
}

/** The private keys whose public halves lie beside them. */
async function privateKeys(identities: IdentityFiles): Promise<readonly string[]> {
  return (await identities.listPublic()).map(({ path: file }) => file.replace(/\.pub$/, ''));
}
