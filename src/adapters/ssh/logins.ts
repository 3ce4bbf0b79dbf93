import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyAuthMethod, ParsedKey, Prompt } from 'ssh2';
import { utils } from 'ssh2';
import type { AgentKey } from '../../core/ssh/keys/model';
import { parseCertificate } from '../../core/ssh/keys/certificates';
import { keyOfCertificate, parsePublicLine } from '../../core/ssh/keys/publicKeys';
import type { SshTarget } from '../../core/ssh/model';
import type { AnswerKey, DialOptions, TypedQuestion } from '../../core/ssh/ports';
import type { AgentClient } from './agent';
import type { KeyCode } from './keyCode';
import { readPrivateKey } from './keys';
import type { Signer } from './signers';
import { agentSigner, fileSigner, SignerAgent } from './signers';

/** Where this computer keeps what can log in. */
export interface LoginPlaces {
  readonly homeDir: string;
  /** `SSH_AUTH_SOCK`, or OpenSSH's pipe on Windows; no agent when absent. */
  readonly agentSocket?: string;
}

/** What logins of one window share. */
export interface LoginParts {
  readonly homeDir: string;
  readonly agent: AgentClient;
  readonly code: KeyCode;
  /** Keys that a passphrase has opened, by the text of their file: asked once per window, and the slow derivation is done once. */
  readonly unlocked: Map<string, ParsedKey>;
}

/** As often as ssh asks (NumberOfPasswordPrompts). */
const tries = 3;

type Ways = AsyncGenerator<AnyAuthMethod, void, readonly string[] | undefined>;

/**
 * The ways to log in to one machine, in the order they are tried: the identity file (by the agent where that holds its key),
 * or else the agent's keys and the default keys; last, where the server offers it, what the person types. A certificate goes before its key.
 */
export class Logins {
  /** What was tried, in a person's words. */
  readonly tried: string[] = [];
  /** True once the person declined to answer. */
  declined = false;
  readonly #ways: Ways;
  /** The key of the last try, where it was one; an agent knows which of its keys. */
  #key: Buffer | SignerAgent | undefined;
  /** Answers given but not yet seen to be right. */
  #given: AnswerKey | undefined;

  constructor(
    private readonly target: SshTarget,
    private readonly parts: LoginParts,
    private readonly options: Pick<DialOptions, 'questions' | 'onlyAgentKey' | 'keysOnly'>,
    /** Runs a question with the connection's deadline stopped. */
    private readonly ask: <T>(question: () => Promise<T>) => Promise<T>,
  ) {
    this.#ways = this.#list();
  }

  /** The public key that let in (base64), where one did. */
  get key(): string | undefined {
    return (this.#key instanceof SignerAgent ? this.#key.used : this.#key)?.toString('base64');
  }

  /**
   * The next way, or undefined when none is left.
   * @param methods what the server still offers, once it has said so @param partly the last way was right, but the server wants another one, too
   */
  async next(methods: readonly string[] | undefined, partly: boolean): Promise<AnyAuthMethod | undefined> {
    this.#judge(partly);
    const { value, done } = await this.#ways.next(methods);
    return done === true ? undefined : value;
  }

  /** The server has let in. */
  succeeded(): void {
    this.#judge(true);
  }

  #judge(right: boolean): void {
    if (this.#given !== undefined) this.options.questions.judged?.(this.#given, right);
    this.#given = undefined;
  }

  async *#list(): Ways {
    // what the server offers is known after its first refusal
    let methods: readonly string[] | undefined;
    const offers = (method: string): boolean => methods === undefined || methods.includes(method);
    for (const keys of this.#keySources()) {
      if (!offers('publickey')) break;
      for await (const way of keys()) {
        methods = yield way;
        if (!offers('publickey')) break;
      }
    }
    if (this.options.keysOnly === true) return;
    this.#key = undefined;
    const username = this.target.user;
    for (let i = 0; i < tries && !this.declined && offers('keyboard-interactive'); i++) {
      methods = yield {
        type: 'keyboard-interactive',
        username,
        prompt: (name, instructions, _lang, prompts, finish) => void this.#interactive(name, instructions, prompts, finish),
      };
    }
    for (let i = 0; i < tries && !this.declined && offers('password'); i++) {
      const { alias } = this.target;
      const password = await this.#typed({ prompt: `Password of ${username} on ${alias}`, title: alias, id: this.#id() });
      if (password === undefined) return;
      if (i === 0) this.tried.push('a password');
      methods = yield { type: 'password', username, password };
    }
  }

  #keySources(): (() => AsyncGenerator<AnyAuthMethod, void>)[] {
    const { identityFile } = this.target;
    const { onlyAgentKey } = this.options;
    if (onlyAgentKey !== undefined) return [() => this.#agentKeys(onlyAgentKey)];
    if (identityFile !== undefined) return [() => this.#identity(identityFile, true)];
    const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(this.parts.homeDir, '.ssh', name));
    return [() => this.#agentKeys(), ...defaults.map((path) => () => this.#identity(path, false))];
  }

  /** @param only base64 of the one key to offer */
  async *#agentKeys(only?: string): AsyncGenerator<AnyAuthMethod, void> {
    const held = (await this.parts.agent.list()) ?? [];
    const wanted = held.filter(({ blob }) => only === undefined || plain(blob).toString('base64') === only);
    if (wanted.length === 0) return;
    this.tried.push(`${wanted.length} ${wanted.length === 1 ? 'key' : 'keys'} of the agent`);
    yield this.#offer(certificatesFirst(wanted).map(({ blob }) => agentSigner(this.parts.agent, blob)));
  }

  /** @param named the entry names this file: it must be there and be a key */
  async *#identity(path: string, named: boolean): AsyncGenerator<AnyAuthMethod, void> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (named) this.tried.push(`${path} (cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'})`);
      return;
    }
    const opened = this.parts.unlocked.get(text);
    const first = opened === undefined ? readPrivateKey(text) : ({ kind: 'key', key: opened } as const);
    if (first.kind === 'none') {
      if (named) this.tried.push(`${path} (is no private key)`);
      return;
    }
    if (first.kind === 'locked') {
      const { agent } = this.parts;
      const publicBlob = first.publicBlob ?? (await publicHalf(path));
      const held = publicBlob === undefined ? [] : ((await agent.list()) ?? []).filter(({ blob }) => plain(blob).equals(publicBlob));
      const [one] = held;
      if (one !== undefined && publicBlob !== undefined) {
        const certificate = await certificateOf(path, publicBlob);
        const shown = certificatesFirst(held).map(({ blob }) => agentSigner(agent, blob));
        this.tried.push(`${path} (by the agent)`);
        yield this.#offer(certificate === undefined ? shown : [agentSigner(agent, certificate, one.blob), ...shown]);
        return;
      }
    }
    const key = first.kind === 'key' ? first.key : await this.#unlock(path, text);
    if (key === undefined) {
      this.tried.push(`${path} (locked by a passphrase)`);
      return;
    }
    const certificate = await certificateOf(path, key.getPublicSSH());
    this.tried.push(certificate === undefined ? path : `${path} with its certificate`);
    if (certificate !== undefined) yield this.#offer([fileSigner(key, certificate)]);
    this.#key = key.getPublicSSH();
    yield { type: 'publickey', username: this.target.user, key };
  }

  #offer(signers: readonly Signer[]): AnyAuthMethod {
    const agent = new SignerAgent(signers);
    this.#key = agent;
    return { type: 'agent', username: this.target.user, agent };
  }

  async #unlock(path: string, text: string): Promise<ParsedKey | undefined> {
    const { questions } = this.options;
    for (let i = 0; i < tries; i++) {
      const passphrase = await this.ask(() => questions.passphrase(path));
      if (passphrase === undefined) {
        this.declined = true;
        return undefined;
      }
      // PuTTY's files are ssh2's to read
      const answer = await this.parts.code.do({ kind: 'open', text, passphrase });
      const read =
        answer.kind === 'opened'
          ? readPrivateKey(answer.plain)
          : readPrivateKey(text, answer.kind === 'none' ? passphrase.reveal() : undefined);
      questions.judged?.({ kind: 'passphrase', identityFile: path }, read.kind === 'key');
      if (read.kind === 'key') {
        this.parts.unlocked.set(text, read.key);
        return read.key;
      }
    }
    return undefined;
  }

  /** What the server asks (RFC 4256): it may ask several things at once, and say something before. */
  async #interactive(name: string, instructions: string, prompts: readonly Prompt[], finish: (answers: string[]) => void): Promise<void> {
    const answers: string[] = [];
    for (const { prompt, echo } of prompts) {
      // a password may be kept; a code of the moment may not
      const isPassword = prompts.length === 1 && echo !== true && /^\s*(?:\S+'s )?password\b/i.test(prompt);
      const title = [this.target.alias, name].filter((part) => part !== '').join(': ');
      const answer = await this.#typed({
        prompt: prompt.trim(),
        title,
        ...(instructions.trim() !== '' && { instructions: instructions.trim() }),
        ...(echo === true && { echo }),
        ...(isPassword && { id: this.#id() }),
      });
      answers.push(answer ?? '');
    }
    if (prompts.length > 0 && !this.tried.includes('what was typed in')) this.tried.push('what was typed in');
    finish(answers);
  }

  async #typed(question: TypedQuestion): Promise<string | undefined> {
    if (this.declined) return undefined;
    const answer = await this.ask(() => this.options.questions.password(question.prompt, question));
    if (answer === undefined) this.declined = true;
    else if (question.id !== undefined) this.#given = { kind: 'password', id: question.id };
    return answer?.reveal();
  }

  #id(): string {
    return `${this.target.user}@${this.target.hostKeyAlias}`;
  }
}

const plain = (blob: Buffer): Buffer => keyOfCertificate(blob) ?? blob;

/** As ssh does it: a server that wants certificates may count refused keys against the person. */
function certificatesFirst(keys: readonly AgentKey[]): readonly AgentKey[] {
  const isCertificate = ({ blob }: AgentKey): boolean => keyOfCertificate(blob) !== undefined;
  return [...keys.filter(isCertificate), ...keys.filter((key) => !isCertificate(key))];
}

/** The certificate beside a private key (`id_x-cert.pub`), where it speaks of that key. */
async function certificateOf(path: string, publicBlob: Buffer): Promise<Buffer | undefined> {
  const text = await readFile(`${path}-cert.pub`, 'utf8').catch(() => '');
  const line = parsePublicLine(text.split('\n')[0] ?? '');
  const certificate = line === undefined ? undefined : parseCertificate(line.blob);
  return certificate?.kind === 'user' && certificate.key.equals(publicBlob) ? line?.blob : undefined;
}

async function publicHalf(path: string): Promise<Buffer | undefined> {
  const text = await readFile(`${path}.pub`, 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : utils.parseKey(text);
  return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH();
}
