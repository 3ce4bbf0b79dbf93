import type * as vscode from 'vscode';
import type { AccessKeys, KeyVault, Memento } from '../core/cloud/ports';
import { Secret } from '../core/secret';

/** Access keys in the editor's SecretStorage (the system's keychain), one entry per account. */
export class SecretKeyVault implements KeyVault {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  async get(accountId: string): Promise<AccessKeys | undefined> {
    const text = await this.secrets.get(name(accountId));
    if (text === undefined) return undefined;
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { accessKeyId, secretAccessKey, sessionToken } = value as Record<string, unknown>;
    if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
    return {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      ...(typeof sessionToken === 'string' && { sessionToken: new Secret(sessionToken) }),
    };
  }

  async set(accountId: string, keys: AccessKeys): Promise<void> {
    const value = {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey.reveal(),
      ...(keys.sessionToken && { sessionToken: keys.sessionToken.reveal() }),
    };
    await this.secrets.store(name(accountId), JSON.stringify(value));
  }

  async delete(accountId: string): Promise<void> {
    await this.secrets.delete(name(accountId));
  }
}

const name = (accountId: string): string => `skylab.keys.${accountId}`;

/** The editor's global state as core's Memento. Windows share it; the last writer of a key wins. */
export class StateMemento implements Memento {
  constructor(private readonly state: vscode.Memento) {}

  readonly get: Memento['get'] = (key) => this.state.get(key);

  async set(key: string, value: unknown): Promise<void> {
    await this.state.update(key, value);
  }
}
