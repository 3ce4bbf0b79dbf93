import { SkylabError } from '../../errors';
import type { Secret } from '../../secret';
import type { SshTarget } from '../model';
import type { KeyEntry, KeyFile, NewKey } from './model';
import type { KeyFiles, SshAgent } from './ports';
import { keyFacts, keyOfCertificate } from './publicKeys';

export interface KeyringPorts {
  readonly files: KeyFiles;
  readonly agent: SshAgent;
  /** Every machine's ssh entry. */
  readonly targets: () => Promise<readonly SshTarget[]>;
}

export interface KeyList {
  readonly keys: readonly KeyEntry[];
  /** False where no agent answers. */
  readonly agent: boolean;
}

/** The keys of this computer: files and the agent's, as one list. */
export class Keyring {
  constructor(private readonly ports: KeyringPorts) {}

  /** Files by name, then the keys that only the agent has. */
  async list(): Promise<KeyList> {
    const targets = await this.ports.targets();
    const named = targets.flatMap(({ identityFile }) => (identityFile === undefined ? [] : [identityFile]));
    const [files, inAgent] = await Promise.all([this.ports.files.list([...new Set(named)]), this.ports.agent.list()]);
    const held = inAgent ?? [];
    const keyBlob = (blob: Buffer): Buffer => keyOfCertificate(blob) ?? blob;
    const keys: KeyEntry[] = files.map((file) => {
      const agent = held.find(
        ({ blob }) => file.secrecy !== 'public' && file.publicBlob !== undefined && keyBlob(blob).equals(file.publicBlob),
      );
      const facts = file.publicBlob === undefined ? undefined : keyFacts(file.publicBlob);
      return {
        id: file.path,
        file,
        ...(agent !== undefined && { agent }),
        ...(facts !== undefined && { facts }),
        comment: file.comment || (agent?.comment ?? ''),
        usedBy: targets.filter(({ identityFile }) => identityFile === file.path).map(({ alias }) => alias),
      };
    });
    for (const agent of held) {
      if (keys.some((one) => one.agent !== undefined && keyBlob(one.agent.blob).equals(keyBlob(agent.blob)))) continue;
      const facts = keyFacts(agent.blob);
      const id = `agent:${facts?.kind ?? ''}:${facts?.fingerprint ?? agent.blob.toString('base64')}`;
      keys.push({ id, agent, ...(facts !== undefined && { facts }), comment: agent.comment, usedBy: [] });
    }
    return { keys, agent: inAgent !== undefined };
  }

  /** @returns the private key's path */
  create(key: NewKey, passphrase?: Secret): Promise<string> {
    return this.ports.files.create(key, passphrase);
  }

  /** The public key as it stands in `authorized_keys`. */
  async publicLine(entry: KeyEntry): Promise<string> {
    if (entry.file !== undefined) return this.ports.files.publicLine(entry.file.path);
    const blob = entry.agent?.blob ?? Buffer.alloc(0);
    const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
    return [type, blob.toString('base64'), entry.comment].join(' ').trim();
  }

  /** @throws SkylabError `WrongPassphrase` */
  async check(file: KeyFile, passphrase: Secret): Promise<void> {
    await this.ports.files.open(file.path, passphrase);
  }

  setPassphrase(file: KeyFile, old: Secret | undefined, next: Secret | undefined): Promise<void> {
    return this.ports.files.setPassphrase(file.path, old, next);
  }

  /** @throws SkylabError `WrongPassphrase`, `NoAgent`, `AgentRefused` */
  async addToAgent(file: KeyFile, passphrase: Secret | undefined): Promise<void> {
    await this.ports.agent.add(await this.ports.files.open(file.path, passphrase));
  }

  /** Takes the key and its certificates out of the agent. */
  async removeFromAgent(entry: KeyEntry): Promise<void> {
    const blob = entry.agent?.blob;
    if (blob === undefined) throw new SkylabError('The agent does not hold this key.', { code: 'NotInAgent', next: 'Refresh the list.' });
    const key = keyOfCertificate(blob) ?? blob;
    for (const held of (await this.ports.agent.list()) ?? []) {
      if ((keyOfCertificate(held.blob) ?? held.blob).equals(key)) await this.ports.agent.remove(held.blob);
    }
  }

  repairModes(file: KeyFile): Promise<void> {
    return this.ports.files.repairModes(file.path);
  }

  remove(file: KeyFile): Promise<void> {
    return this.ports.files.remove(file.path);
  }
}
