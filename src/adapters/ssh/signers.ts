import type { Client, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { BaseAgent, utils } from 'ssh2';
import { signatureBlob } from '../../core/ssh/keys/certificates';
import { keyOfCertificate } from '../../core/ssh/keys/publicKeys';
import { mpint, string, uint32, WireReader } from '../../core/ssh/wire';
import type { AgentClient } from './agent';
import { RSA_SHA2_512 } from './agent';

/** Something that proves who logs in: a key or a certificate, in a file or in the agent. */
export interface Signer {
  /** Name of the public key algorithm in the login request (RFC 4252, 7). */
  readonly algorithm: string;
  /** Public key or certificate. */
  readonly blob: Buffer;
  /** The whole signature: algorithm and value. */
  sign(data: Buffer): Promise<Buffer>;
}

/** RSA signs with SHA-512; SHA-1 is no longer safe. */
const algorithmOf = (type: string): string => type.replace(/^ssh-rsa/, 'rsa-sha2-512');

const typeOf = (blob: Buffer): string => new WireReader(blob).text();

/** @param blob key or certificate to show @param held the key by which the agent knows it; the same unless given */
export function agentSigner(agent: AgentClient, blob: Buffer, held = blob): Signer {
  const type = typeOf(blob);
  return { algorithm: algorithmOf(type), blob, sign: (data) => agent.sign(held, data, type.startsWith('ssh-rsa') ? RSA_SHA2_512 : 0) };
}

/** @param certificate shown instead of the key's public half */
export function fileSigner(key: ParsedKey, certificate?: Buffer): Signer {
  const type = key.type as string;
  const blob = certificate ?? key.getPublicSSH();
  return {
    algorithm: algorithmOf(typeOf(blob)),
    blob,
    sign: (data) => {
      const value = key.sign(data, type === 'ssh-rsa' ? 'sha512' : undefined) as Buffer | Error;
      if (value instanceof Error) return Promise.reject(value);
      return Promise.resolve(signatureBlob(algorithmOf(type), type.startsWith('ecdsa-') ? ecdsaNumbers(value) : value));
    },
  };
}

/** OpenSSL gives r and s in DER; SSH wants two mpints (RFC 5656, 3.1.2). */
function ecdsaNumbers(der: Buffer): Buffer {
  let at = (der[1] ?? 0) >= 0x80 ? 3 : 2;
  const number = (): Buffer => {
    const length = der[at + 1] ?? 0;
    const value = der.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return mpint(value);
  };
  return Buffer.concat([number(), number()]);
}

/** ssh2's own kind of key, which certificates and security keys are dressed as; its numbers are never used. */
const dress = utils.parseKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f') as ParsedKey;

const dressed = new WeakMap<object, Signer>();

/** ssh2 asks an agent for keys and signatures; this one offers what it is given, and remembers what was signed with. */
export class SignerAgent extends BaseAgent {
  /** The key (of a certificate: the one it speaks of) that has signed last. */
  used: Buffer | undefined;
  readonly #keys: ParsedKey[];

  constructor(signers: readonly Signer[]) {
    super();
    this.#keys = signers.map((signer) => {
      const key = Object.create(dress, {
        type: { value: signer.algorithm },
        getPublicSSH: { value: () => signer.blob },
      }) as ParsedKey;
      dressed.set(key, signer);
      return key;
    });
  }

  getIdentities(callback: IdentityCallback): void {
    callback(undefined, this.#keys);
  }

  sign(key: ParsedKey | Buffer | string, data: Buffer, options: SigningRequestOptions | SignCallback, callback?: SignCallback): void {
    const done = typeof options === 'function' ? options : callback;
    const signer = typeof key === 'object' ? dressed.get(key) : undefined;
    if (signer === undefined) {
      done?.(new Error('This key is not the agent’s.'));
      return;
    }
    signer.sign(data).then(
      (signature) => {
        this.used = keyOfCertificate(signer.blob) ?? signer.blob;
        done?.(null, signature);
      },
      (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error))),
    );
  }
}

/** The part of ssh2's protocol that writes a login request. */
interface LoginProtocol {
  authPK(user: string, key: unknown, algorithm?: unknown, sign?: unknown): void;
  readonly _kex: { readonly sessionID: Buffer };
  readonly _authsQueue: string[];
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: { readonly write: { allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer } };
}

const USERAUTH_REQUEST = 50;

/**
 * ssh2 writes the name of a key's algorithm into its signature, too. A certificate's signature carries its key's own (PROTOCOL.certkeys),
 * and a security key's has more than a value: for such keys the request is written here, with the signature as it was made.
 */
export function teachCertificates(client: Client): void {
  const protocol = (client as unknown as { readonly _protocol?: LoginProtocol })._protocol;
  if (protocol === undefined) return;
  const plain = protocol.authPK.bind(protocol);
  protocol.authPK = (user, key, algorithm, sign) => {
    const signer = typeof key === 'object' && key !== null ? dressed.get(key) : undefined;
    if (signer === undefined) {
      plain(user, key, algorithm, sign);
      return;
    }
    const ask = typeof algorithm === 'function' ? algorithm : sign;
    const request = (signing: boolean): Buffer =>
      Buffer.concat([
        Buffer.from([USERAUTH_REQUEST]),
        ...[user, 'ssh-connection', 'publickey'].map((text) => string(text)),
        Buffer.from([signing ? 1 : 0]),
        string(signer.algorithm),
        string(signer.blob),
      ]);
    const send = (payload: Buffer): void => {
      const { write } = protocol._packetRW;
      // the buffer is as long as the payload and what frames it: where the payload begins is known after the allocation at the earliest
      const packet = write.alloc(payload.length);
      packet.set(payload, write.allocStart);
      protocol._authsQueue.push('publickey');
      protocol._cipher.encrypt(write.finalize(packet));
    };
    if (typeof ask !== 'function') {
      send(request(false));
      return;
    }
    const signed = Buffer.concat([uint32(protocol._kex.sessionID.length), protocol._kex.sessionID, request(true)]);
    (ask as (data: Buffer, done: (signature: Buffer) => void) => void)(signed, (signature) =>
      send(Buffer.concat([request(true), string(signature)])),
    );
  };
}
