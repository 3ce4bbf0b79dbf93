import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyAuthMethod, IdentityCallback, ParsedKey, Prompt, PublicKeyEntry, SignCallback, SigningRequestOptions } from 'ssh2';
import { BaseAgent, createAgent, utils } from 'ssh2';
import type { SshTarget } from '../../core/ssh/model';
import type { SshQuestions } from '../../core/ssh/ports';
import { readPrivateKey } from './keys';

/** Where this computer keeps what can log in. */
export interface LoginPlaces {
  readonly homeDir: string;
  /** `SSH_AUTH_SOCK`, or OpenSSH's pipe on Windows; no agent when absent. */
  readonly agentSocket?: string;
}

/** Keys that a passphrase has opened, by the text of their file: asked once per window, and the slow derivation is done once. */
export type UnlockedKeys = Map<string, ParsedKey>;

const agentPatience = 3000;
const passphraseTries = 3;

/**
 * The ways to log in to one machine, in the order they are tried: the identity file (by the agent where that holds its key),
 * or else the agent's keys and the default keys; last, where the server offers it, what the person types.
 */
export class Logins {
  /** What was tried, in a person's words. */
  readonly tried: string[] = [];
  /** True once the person declined to answer. */
  declined = false;
  readonly #ways: AsyncGenerator<AnyAuthMethod, void, readonly string[] | undefined>;

  constructor(
    private readonly target: SshTarget,
    private readonly places: LoginPlaces,
    private readonly questions: SshQuestions,
    private readonly unlocked: UnlockedKeys,
    /** Runs a question with the connection's deadline stopped. */
    private readonly ask: <T>(question: () => Promise<T>) => Promise<T>,
  ) {
    this.#ways = this.#list();
  }

  /** The next way, or undefined when none is left. @param methods what the server still offers, once it has said so */
  async next(methods: readonly string[] | undefined): Promise<AnyAuthMethod | undefined> {
    const { value, done } = await this.#ways.next(methods);
    return done === true ? undefined : value;
  }

  async *#list(): AsyncGenerator<AnyAuthMethod, void, readonly string[] | undefined> {
    const username = this.target.user;
    const { identityFile } = this.target;
    // what the server offers is known after its first refusal
    let methods: readonly string[] | undefined;
    const offers = (method: string): boolean => methods === undefined || methods.includes(method);
    if (offers('publickey')) {
      if (identityFile !== undefined) {
        for await (const way of this.#identity(identityFile, true)) methods = yield way;
      } else {
        const agent = await this.#agent();
        if (agent !== undefined && agent.count > 0) {
          this.tried.push(`${agent.count} ${agent.count === 1 ? 'key' : 'keys'} of the agent`);
          methods = yield { type: 'agent', username, agent: agent.agent };
        }
        for (const name of ['id_ed25519', 'id_ecdsa', 'id_rsa']) {
          for await (const way of this.#identity(join(this.places.homeDir, '.ssh', name), false)) methods = yield way;
        }
      }
    }
    if (!this.declined && offers('keyboard-interactive')) {
      methods = yield {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _lang, prompts, finish) => void this.#interactive(prompts, finish),
      };
    }
    if (!this.declined && offers('password')) {
      const password = await this.#typed(`Password of ${username} on ${this.target.alias}`);
      if (password !== undefined) {
        this.tried.push('a password');
        yield { type: 'password', username, password };
      }
    }
  }

  /** @param named the entry names this file: it must be there and be a key */
  async *#identity(path: string, named: boolean): AsyncGenerator<AnyAuthMethod, void> {
    const username = this.target.user;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (named) this.tried.push(`${path} (cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`);
      return;
    }
    const opened = this.unlocked.get(text);
    const first = opened === undefined ? readPrivateKey(text) : ({ kind: 'key', key: opened } as const);
    if (first.kind === 'none') {
      if (named) this.tried.push(`${path} (is no private key)`);
      return;
    }
    if (first.kind === 'locked') {
      const publicBlob = first.publicBlob ?? (await publicHalf(path));
      const agent = publicBlob === undefined ? undefined : await this.#agent(publicBlob);
      if (agent !== undefined && agent.count > 0) {
        this.tried.push(`${path} (by the agent)`);
        yield { type: 'agent', username, agent: agent.agent };
        return;
      }
    }
    const key = first.kind === 'key' ? first.key : await this.#unlock(path, text);
    if (key === undefined) {
      this.tried.push(`${path} (locked by a passphrase)`);
      return;
    }
    this.tried.push(path);
    yield { type: 'publickey', username, key };
  }

  async #unlock(path: string, text: string): Promise<ParsedKey | undefined> {
    for (let i = 0; i < passphraseTries; i++) {
      const passphrase = await this.ask(() => this.questions.passphrase(path));
      if (passphrase === undefined) {
        this.declined = true;
        return undefined;
      }
      const read = readPrivateKey(text, passphrase.reveal());
      if (read.kind === 'key') {
        this.unlocked.set(text, read.key);
        return read.key;
      }
    }
    return undefined;
  }

  async #interactive(prompts: readonly Prompt[], finish: (answers: string[]) => void): Promise<void> {
    const answers: string[] = [];
    for (const { prompt } of prompts) answers.push((await this.#typed(prompt)) ?? '');
    if (prompts.length > 0) this.tried.push('what was typed in');
    finish(answers);
  }

  async #typed(prompt: string): Promise<string | undefined> {
    if (this.declined) return undefined;
    const answer = await this.ask(() => this.questions.password(prompt));
    if (answer === undefined) this.declined = true;
    return answer?.reveal();
  }

  /** The agent with its keys (only the one asked for); undefined where none answers. */
  async #agent(only?: Buffer): Promise<{ agent: BaseAgent; count: number } | undefined> {
    const socket = this.places.agentSocket;
    if (socket === undefined || socket === '') return undefined;
    const agent = new OneAnswerAgent(createAgent(socket), only);
    const count = await agent.count();
    return count === undefined ? undefined : { agent, count };
  }
}

type AgentKey = string | Buffer | ParsedKey;

/** An agent asked once for its keys; may be narrowed to one of them, as IdentitiesOnly does. */
class OneAnswerAgent extends BaseAgent {
  #keys: AgentKey[] = [];

  constructor(
    private readonly inner: BaseAgent,
    private readonly only: Buffer | undefined,
  ) {
    super();
  }

  /** How many keys it offers; undefined where it does not answer in time. */
  async count(): Promise<number | undefined> {
    const keys = await new Promise<readonly AgentKey[] | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), agentPatience);
      this.inner.getIdentities((error, list) => {
        clearTimeout(timer);
        resolve(error ? undefined : (list ?? []).map(plainKey));
      });
    });
    if (keys === undefined) return undefined;
    this.#keys = keys.filter((key) => this.only === undefined || blobOf(key)?.equals(this.only) === true);
    return this.#keys.length;
  }

  getIdentities(callback: IdentityCallback): void {
    callback(undefined, this.#keys);
  }

  sign(key: AgentKey, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    if (typeof options === 'function') this.inner.sign(key, data, options);
    else this.inner.sign(key, data, options, callback);
  }
}

function plainKey(key: AgentKey | PublicKeyEntry): AgentKey {
  if (typeof key === 'string' || !('pubKey' in key)) return key;
  return 'pubKey' in key.pubKey ? key.pubKey.pubKey : key.pubKey;
}

function blobOf(key: AgentKey): Buffer | undefined {
  const parsed = utils.parseKey(key);
  return parsed instanceof Error ? undefined : parsed.getPublicSSH();
}

async function publicHalf(path: string): Promise<Buffer | undefined> {
  const text = await readFile(`${path}.pub`, 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : utils.parseKey(text);
  return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH();
}
