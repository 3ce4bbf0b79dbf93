import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { SkylabError } from '../../core/errors';
import type { AgentKey } from '../../core/ssh/keys/model';
import type { OpenKey, SshAgent } from '../../core/ssh/keys/ports';
import { string, uint32, WireReader } from '../../core/ssh/wire';

/** Messages of the agent protocol (draft-miller-ssh-agent, 5.1 and 7.1). */
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const ADD_IDENTITY = 17;
const REMOVE_IDENTITY = 18;
const SUCCESS = 6;
const MAX_ANSWER = 256 * 1024;
const patienceMs = 3000;
/** A key may ask its person to confirm or to touch it. */
const signPatienceMs = 120_000;

/** Signature flags (7.3): RSA with SHA-512. */
export const RSA_SHA2_512 = 4;

/** OpenSSH agent of this computer, from the environment (OpenSSH's pipe on Windows). */
export function agentSocket(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const named = env['SSH_AUTH_SOCK'];
  if (named !== undefined && named !== '') return named;
  return platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : undefined;
}

/** Speaks with an ssh-agent over its socket or pipe, one connection per question. */
export class AgentClient implements SshAgent {
  /** @param socket undefined where there is no agent */
  constructor(private readonly socket: string | undefined) {}

  async list(): Promise<readonly AgentKey[] | undefined> {
    try {
      const reader = new WireReader(await this.#ask(Buffer.from([REQUEST_IDENTITIES]), patienceMs));
      if (reader.byte() !== IDENTITIES_ANSWER) return undefined;
      return Array.from({ length: reader.uint32() }, () => ({ blob: Buffer.from(reader.string()), comment: reader.text() }));
    } catch {
      // no agent, one that is gone, or one that speaks something else
      return undefined;
    }
  }

  /** @param blob public key or certificate @returns the whole signature: algorithm and value (and what a security key adds) */
  async sign(blob: Buffer, data: Buffer, flags = 0): Promise<Buffer> {
    const request = Buffer.concat([Buffer.from([SIGN_REQUEST]), string(blob), string(data), uint32(flags)]);
    const reader = new WireReader(await this.#ask(request, signPatienceMs));
    if (reader.byte() !== SIGN_RESPONSE) throw new Error('The agent does not sign with this key.');
    return Buffer.from(reader.string());
  }

  async add({ fields }: OpenKey): Promise<void> {
    await this.#order(Buffer.concat([Buffer.from([ADD_IDENTITY]), fields]), 'take the key');
  }

  async remove(blob: Buffer): Promise<void> {
    await this.#order(Buffer.concat([Buffer.from([REMOVE_IDENTITY]), string(blob)]), 'give up the key');
  }

  async #order(message: Buffer, what: string): Promise<void> {
    let answer: Buffer;
    try {
      answer = await this.#ask(message, signPatienceMs);
    } catch (error) {
      throw new SkylabError('No ssh-agent answers on this computer.', {
        code: 'NoAgent',
        next: 'Start one (`eval "$(ssh-agent)"`, or the service “OpenSSH Authentication Agent” on Windows) and open this editor from there.',
        cause: error,
      });
    }
    if (answer[0] === SUCCESS) return;
    throw new SkylabError(`The ssh-agent does not ${what}.`, {
      code: 'AgentRefused',
      next: 'It may be locked, or of a kind that takes no orders: use its own program.',
    });
  }

  async #ask(message: Buffer, timeoutMs: number): Promise<Buffer> {
    const stream = await this.#stream();
    return new Promise<Buffer>((resolve, reject) => {
      const pieces: Buffer[] = [];
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        stream.destroy();
        act();
      };
      const timer = setTimeout(() => settle(() => reject(new Error('The agent does not answer.'))), timeoutMs);
      stream.on('error', (error: Error) => settle(() => reject(error)));
      stream.on('close', () => settle(() => reject(new Error('The agent closed the connection.'))));
      stream.on('data', (piece: Buffer) => {
        pieces.push(piece);
        const all = Buffer.concat(pieces);
        if (all.length < 4) return;
        const length = all.readUInt32BE(0);
        if (length > MAX_ANSWER) settle(() => reject(new Error('The agent answers too much.')));
        else if (all.length >= 4 + length) settle(() => resolve(all.subarray(4, 4 + length)));
      });
      stream.write(Buffer.concat([uint32(message.length), message]));
    });
  }

  async #stream(): Promise<Duplex> {
    const { socket } = this;
    if (socket === undefined || socket === '') throw new Error('There is no agent.');
    if (process.platform !== 'win32' || socket.startsWith('\\\\.\\pipe\\')) return connect(socket);
    // Cygwin's and PuTTY's agents are reached in ways of their own
    const { createAgent } = await import('ssh2');
    const agent = createAgent(socket);
    return new Promise((resolve, reject) => {
      if (agent.getStream === undefined) reject(new Error('This agent cannot be reached.'));
      else agent.getStream((error, stream) => (error ? reject(error) : resolve(stream as Duplex)));
    });
  }
}
