import type { Accounts } from '../core/cloud/accounts';
import type { Launcher } from '../core/cloud/launch';
import type { Lifecycle } from '../core/cloud/lifecycle';
import type { Machines } from '../core/cloud/machines';
import type { ProfileSource } from '../core/cloud/ports';
import type { Deployer } from '../core/deploy/deployer';
import type { PasswordHasher } from '../core/deploy/ports';
import type { Operations } from '../core/operations/operations';
import type { MachineAccess } from '../core/ssh/access';
import type { HostEntryStore, IdentityFiles } from '../core/ssh/ports';
import type { Uploader } from '../core/transfer/upload';

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
  launcher(): Promise<Launcher>;
  lifecycle(): Promise<Lifecycle>;
  uploader(): Promise<Uploader>;
  deployer(): Promise<Deployer>;
  hasher(): Promise<PasswordHasher>;
}
