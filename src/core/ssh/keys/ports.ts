import type { Secret } from '../../secret';
import type { AgentKey, KeyFile, NewKey } from './model';

/** Key files of this computer. Adapter: adapters/files. */
export interface KeyFiles {
  /** Keys under `~/.ssh` and `~/.ssh/skylab/keys`, and those at the further paths. */
  list(further: readonly string[]): Promise<readonly KeyFile[]>;
  /** Makes `~/.ssh/<name>` (0600) and `.pub`; never over a file that is there. @returns the private key's path */
  create(key: NewKey, passphrase?: Secret): Promise<string>;
  /** The public line: of the `.pub` beside it, or out of the key itself. */
  publicLine(path: string): Promise<string>;
  /** Writes the key with another passphrase, or none. The old file stays until the new one is whole. @throws SkylabError `WrongPassphrase` */
  setPassphrase(path: string, old: Secret | undefined, next: Secret | undefined): Promise<void>;
  /** Lets nobody but the person read the private key. */
  repairModes(path: string): Promise<void>;
  /** Removes the private key with its public half and certificate. */
  remove(path: string): Promise<void>;
  /** What the agent is given. @throws SkylabError `WrongPassphrase` */
  open(path: string, passphrase: Secret | undefined): Promise<OpenKey>;
}

/** An opened key for the agent. */
export interface OpenKey {
  /** Type, numbers and comment (PROTOCOL.agent, SSH_AGENTC_ADD_IDENTITY). */
  readonly fields: Buffer;
  readonly publicBlob: Buffer;
}

/** This computer's ssh-agent. Adapter: adapters/ssh. */
export interface SshAgent {
  /** Its keys; undefined where no agent answers. */
  list(): Promise<readonly AgentKey[] | undefined>;
  /** @throws SkylabError `NoAgent`, `AgentRefused` */
  add(key: OpenKey): Promise<void>;
  /** @throws SkylabError `NoAgent`, `AgentRefused` */
  remove(blob: Buffer): Promise<void>;
}
