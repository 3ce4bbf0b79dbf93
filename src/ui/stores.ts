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

const KEPT = 'skylab.keptAnswers';

/** Passphrases and passwords that the person wants kept: in the system's keychain; which ones there are stands in the editor's state. */
export class KeptAnswers {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly memento: Memento,
  ) {}

  async get(id: string): Promise<Secret | undefined> {
    if (!this.#ids().includes(id)) return undefined;
    const value = await this.secrets.get(answerName(id));
    return value === undefined ? undefined : new Secret(value);
  }

  async keep(id: string, answer: Secret): Promise<void> {
    await this.secrets.store(answerName(id), answer.reveal());
    await this.memento.set(KEPT, [...new Set([...this.#ids(), id])]);
  }

  async forget(id: string): Promise<void> {
    if (!this.#ids().includes(id)) return;
    await this.secrets.delete(answerName(id));
    await this.memento.set(
      KEPT,
      this.#ids().filter((other) => other !== id),
    );
  }

  /** @returns how many there were */
  async forgetAll(): Promise<number> {
    const ids = this.#ids();
    for (const id of ids) await this.secrets.delete(answerName(id));
    await this.memento.set(KEPT, []);
    return ids.length;
  }

  #ids(): readonly string[] {
    const ids: unknown = this.memento.get(KEPT);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  }
}

const answerName = (id: string): string => `skylab.answer.${id}`;
