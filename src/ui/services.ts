import type { Accounts } from '../core/cloud/accounts';
import type { EndpointProbe } from '../core/cloud/endpoints';
import type { ImageUploader } from '../core/cloud/imageUpload';
import type { BulkActs } from '../core/cloud/life/bulk';
import type { MachineChanges } from '../core/cloud/life/changes';
import type { InstanceActsSource } from '../core/cloud/life/ports';
import type { PortProbe, ReachChecker } from '../core/cloud/life/reachCheck';
import type { Launcher } from '../core/cloud/launch';
import type { LaunchCatalog } from '../core/cloud/launchCatalog';
import type { Lifecycle } from '../core/cloud/lifecycle';
import type { MachineNames } from '../core/cloud/names/machineNames';
import type { Machines } from '../core/cloud/machines';
import type { Endings } from '../core/cloud/money/endings';
import type { Claims, Prices } from '../core/cloud/money/ports';
import type { ResourceActs } from '../core/cloud/resources/acts';
import type { ResourcesOf } from '../core/cloud/resources/ports';
import type { ResourceStock } from '../core/cloud/resources/stock';
import type { Account } from '../core/cloud/model';
import type { CloudProvider, Memento, ProfileSource, PublicAddress } from '../core/cloud/ports';
import type { Deployer } from '../core/deploy/deployer';
import type { Stacks } from '../core/deploy/stacks/stacks';
import type { DockerHost } from '../core/docker/dockerHost';
import type { LabFolderReader, PasswordHasher } from '../core/deploy/ports';
import type { LedgerRecord, Operation, Operations } from '../core/operations/operations';
import type { Recipes } from '../core/recipes/recipes';
import type { MachineAccess } from '../core/ssh/access';
import type { Keyring } from '../core/ssh/keys/keyring';
import type { MachineKeys } from '../core/ssh/keys/machineKeys';
import type { ConfigEditor } from '../core/ssh/config/editor';
import type { PersonConfig, SshOracle } from '../core/ssh/config/ports';
import type { HostEntryStore, IdentityFiles } from '../core/ssh/ports';
import type { Syncer } from '../core/transfer/sync';
import type { Transfers } from '../core/transfer/transfers';
import type { Tunnels } from '../core/ssh/tunnels/tunnels';
import type { FileDownloader } from '../core/transfer/download/fileDownload';
import type { FolderDownloader } from '../core/transfer/download/folderDownload';
import type { Uploader } from '../core/transfer/upload';
import type { Units } from '../core/units/units';
import type { Upkeep } from '../core/upkeep/upkeep';
import type { LaunchSpec } from '../shared/launchSpec';

/** What the SSH Hosts view and the language support for ssh configurations work with. */
export interface SshConfigServices {
  readonly config: PersonConfig;
  readonly editor: ConfigEditor;
  readonly oracle: SshOracle;
}

/** Acts on machines beyond start and stop. */
interface MachineActServices {
  readonly changes: MachineChanges;
  readonly bulk: BulkActs;
  readonly reach: ReachChecker;
  readonly acts: InstanceActsSource;
}

/**
 * What the editor's side works with; the container makes it. What is behind a function that promises is loaded
 * when first asked for, so that activation stays light.
 */
export interface Services {
  readonly accounts: Accounts;
  readonly machines: Machines;
  readonly operations: Operations;
  readonly profiles: ProfileSource;
  readonly hostEntries: HostEntryStore;
  readonly identities: IdentityFiles;
  readonly access: MachineAccess;
  /** The person's home folder, as the ssh files use it. */
  readonly homeDir: string;
  /** Small values that outlive the window, such as the form's last answers. */
  readonly memento: Memento;
  readonly transfers: Transfers;
  /** Looks at EC2-compatible endpoints before they are kept as accounts. */
  endpointProbe(): Promise<EndpointProbe>;
  /** Brings image files into clouds that take them. */
  imageUploader(): Promise<ImageUploader>;
  launcher(): Promise<Launcher>;
  launchCatalog(): Promise<LaunchCatalog>;
  /** Asks the cloud whether it would launch this, and makes nothing. @throws SkylabError with the reason why not */
  tryLaunch(spec: LaunchSpec, signal?: AbortSignal): Promise<void>;
  lifecycle(): Promise<Lifecycle>;
  machineNames(): Promise<MachineNames>;
  endings(): Promise<Endings>;
  prices(): Promise<Prices>;
  /** For what one window of several is to do. */
  claims(): Promise<Claims>;
  readonly resources: ResourcesOf;
  resourceStock(): Promise<ResourceStock>;
  resourceActs(): Promise<ResourceActs>;
  machineActs(): Promise<MachineActServices>;
  provider(account: Account): Promise<CloudProvider>;
  readonly publicAddress: PublicAddress;
  uploader(): Promise<Uploader>;
  syncer(): Promise<Syncer>;
  downloader(): Promise<{ readonly files: FileDownloader; readonly folders: FolderDownloader }>;
  deployer(): Promise<Deployer>;
  /** What Docker has on machines. */
  docker(): Promise<DockerHost>;
  /** Looks after what is deployed on machines. */
  stacks(): Promise<Stacks>;
  hasher(): Promise<PasswordHasher>;
  labFolders(): Promise<LabFolderReader>;
  /** Recipes that ship, and the person's own. */
  recipes(): Promise<Recipes>;
  /** Forgets passphrases and passwords, also those in the keychain. @returns how many stood there */
  forgetAnswers(): Promise<number>;
  keyring(): Promise<Keyring>;
  machineKeys(): Promise<MachineKeys>;
  sshConfig(): Promise<SshConfigServices>;
  tunnels(): Promise<Tunnels>;
  units(): Promise<Units>;
  /** Tasks on machines, and what knocks at their ports. */
  upkeep(): Promise<{ readonly upkeep: Upkeep; readonly probe: PortProbe }>;
  /** The file behind a program's name on this computer, or undefined when it is not installed. */
  findProgram(name: string): Promise<string | undefined>;
  /** Removes what an operation of a window that is gone has left. */
  cleanUp(record: LedgerRecord): Promise<Operation>;
}
