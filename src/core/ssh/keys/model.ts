import type { KeyFacts } from './publicKeys';

/** What keeps ssh from using a key file. */
type KeyProblem =
  /** Others may read the private key, so ssh ignores it. */
  { readonly kind: 'modes'; readonly mode: number } | { readonly kind: 'unreadable'; readonly reason: string };

/** A key of this computer's files. */
export interface KeyFile {
  /** Absolute path of the private key, or of the public one where there is no private one beside it. */
  readonly path: string;
  /** Whether a passphrase locks the private key; `public` where there is only the public half. */
  readonly secrecy: 'open' | 'locked' | 'public';
  /** Absent where only the passphrase would tell. */
  readonly publicBlob?: Buffer;
  readonly comment: string;
  /** Absolute path of the certificate beside it (`id_x-cert.pub`). */
  readonly certificate?: string;
  readonly problem?: KeyProblem;
}

/** A key that the agent holds. */
export interface AgentKey {
  /** Public key or certificate. */
  readonly blob: Buffer;
  readonly comment: string;
}

/** One row of the Keys view: a file, a key of the agent, or both. */
export interface KeyEntry {
  /** The file's path, or `agent:` and the fingerprint. */
  readonly id: string;
  readonly file?: KeyFile;
  readonly agent?: AgentKey;
  /** Absent where the file does not tell without its passphrase. */
  readonly facts?: KeyFacts;
  readonly comment: string;
  /** Aliases of the machines whose entry names the file. */
  readonly usedBy: readonly string[];
}

export interface NewKey {
  /** File name below `~/.ssh`. */
  readonly name: string;
  readonly type: 'ed25519' | 'ecdsa' | 'rsa';
  readonly comment: string;
}
