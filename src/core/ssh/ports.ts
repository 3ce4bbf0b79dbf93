import { SkylabError } from '../errors';
import type { Secret } from '../secret';
import type { RemoteSession } from '../remote/session';
import type { Fingerprint, HostKey, SshAlias, SshTarget } from './model';

/** Skylab's own `~/.ssh/skylab/hosts.conf` and the `Include` that reaches it. Adapter: adapters/files. */
export interface HostEntryStore {
  list(): Promise<readonly SshTarget[]>;
  /** Writes the whole file anew (atomic, mode 0600), two windows at once safe. */
  upsert(target: SshTarget): Promise<void>;
  remove(alias: SshAlias): Promise<void>;
  /** Host names that the person's own `~/.ssh/config` uses, lower case: an alias of Skylab's must not shadow them. */
  takenNames(): Promise<ReadonlySet<string>>;
  /** The change to `~/.ssh/config` that makes `ssh NAME` work, or undefined when the Include is there already. @throws SkylabError when the file cannot be read */
  includeChange(): Promise<IncludeChange | undefined>;
}

export interface IncludeChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Applies it unless the file changed meanwhile (then throws). */
  apply(): Promise<void>;
}

export interface HostKeyLookup {
  readonly trusted: readonly HostKey[];
  /**
   * `alias`: the trusted keys stand in Skylab's file. `address`: only in the person's, under the address, which a cloud may have given
   * to another machine since. Absent when none is trusted.
   */
  readonly trustedBy?: 'alias' | 'address';
  readonly revoked: readonly HostKey[];
  /** Keys of certificate authorities (`@cert-authority`) that may vouch for the host. */
  readonly authorities: readonly HostKey[];
}

/** Host keys in `~/.ssh/skylab/known_hosts`, plus the person's own known_hosts, which is only read. */
export interface KnownHosts {
  /** Keys trusted (or revoked) for the alias in Skylab's file; where it has none, for the address in the person's. Unreadable means refuse: throws. */
  lookup(hostKeyAlias: string, address: { host: string; port: number }): Promise<HostKeyLookup>;
  /** Adds the keys to those trusted for the alias. */
  trust(hostKeyAlias: string, keys: readonly HostKey[]): Promise<void>;
  forget(hostKeyAlias: string): Promise<void>;
  /** Trusts exactly this key for the alias from now on, in one write. */
  replace(hostKeyAlias: string, key: HostKey): Promise<void>;
}

/** Private keys on this computer. */
export interface IdentityFiles {
  /**
   * Makes an ed25519 key without passphrase as `~/.ssh/skylab/keys/<name>` (0600) and `.pub`.
   * @param before told the path once it is known to be free, and before anything is written there
   * @returns path and the OpenSSH public line
   */
  create(name: string, comment: string, before?: (path: string) => Promise<void>): Promise<{ path: string; publicKey: string }>;
  /** Keeps a private key that a cloud has made, where `create` would have put it. @param before as there @returns its path */
  keep(name: string, privateKey: Secret, before?: (path: string) => Promise<void>): Promise<string>;
  remove(path: string): Promise<void>;
  /** Looks for the private key of a key pair by name: skylab's folder, then `~/.ssh/<name>`, `.pem`. */
  find(keyPairName: string): Promise<string | undefined>;
  /** Public key lines under `~/.ssh` that could be imported. */
  listPublic(): Promise<readonly { path: string; line: string; comment: string }[]>;
  /** OpenSSH public line of a private or public key file. @throws SkylabError when it is no key or needs a passphrase to be read */
  publicKeyOf(path: string): Promise<string>;
}

export type HostKeyVerdict = { accept: true } | { accept: false; reason: Error };

export interface DialOptions {
  /** @param target the machine itself, or one that it is reached through */
  readonly verify: (key: HostKey, target: SshTarget) => Promise<HostKeyVerdict>;
  readonly questions: SshQuestions;
  readonly signal?: AbortSignal;
  /** Milliseconds until the machine must have shown its host key and answered the login; time spent asking the person does not count. Default 20 s. */
  readonly timeoutMs?: number;
  /** Host key types to ask for first, such as those of the trusted keys. */
  readonly knownKeyTypes?: readonly string[];
  /** The same for a machine on the way. */
  readonly jumpKeyTypes?: (jump: SshTarget) => Promise<readonly string[]>;
  /** Log in with this key of the agent (base64) or none: to see whether the machine lets it in. */
  readonly onlyAgentKey?: string;
  /** Never ask for a password. */
  readonly keysOnly?: boolean;
}

/** A machine on the way did not let the person in. */
export class JumpRefused extends SkylabError {
  constructor(
    readonly jump: SshTarget,
    cause: SkylabError,
  ) {
    super(cause.message, { code: 'JumpAuthFailed', next: 'Choose the private key that belongs to it, and check the user name.', cause });
  }
}

/** Opens SSH connections (adapters/ssh, ssh2). The verifier always runs before authentication. */
export interface SshDialer {
  /**
   * Machines on the way are dialed first, each verified and logged in to by itself; they are let go with the connection.
   * @throws SkylabError codes `Unreachable`, `AuthFailed`, `JumpAuthFailed`, `ForwardingRefused`, and the verifier's own reason
   */
  dial(target: SshTarget, options: DialOptions): Promise<RemoteSession>;
  /** The certificates that the host shows for its keys, unverified; none where it has none. @throws as `dial` */
  hostCertificates(target: SshTarget, options: DialOptions): Promise<readonly Buffer[]>;
}

/** An answer that is kept, or not, once it was seen to be right or wrong. */
export type AnswerKey = { readonly kind: 'passphrase'; readonly identityFile: string } | { readonly kind: 'password'; readonly id: string };

/** What a person should see when something is to be typed for a machine. */
export interface TypedQuestion {
  readonly prompt: string;
  /** The machine, and what its server says before it asks. */
  readonly title?: string;
  readonly instructions?: string;
  /** The answer may be seen while it is typed. */
  readonly echo?: boolean;
  /** Whose password it is (`user@host`): the same question need not be asked again. Absent for answers that serve once. */
  readonly id?: string;
}

/** The answer to the one honest question: yes, no, or what the person was given to compare with. */
export type HostKeyAnswer = boolean | { readonly pasted: string };

/** What only a person can answer. The UI implements it. */
export interface SshQuestions {
  /** One honest question with the SHA256 where no console could vouch. */
  acceptHostKey(question: {
    machine: string;
    fingerprint: Fingerprint;
    keyType: string;
    why: string;
    key: HostKey;
  }): Promise<HostKeyAnswer>;
  passphrase(identityFile: string): Promise<Secret | undefined>;
  password(prompt: string, about?: TypedQuestion): Promise<Secret | undefined>;
  /** Was an answer right? A right one may be given again without asking, a wrong one may not. */
  judged?(answer: AnswerKey, right: boolean): void;
  /** Which private key opens this machine, when none is known. Undefined: try the agent and the default keys. */
  identityFor(machine: string, keyPairName: string | undefined): Promise<string | undefined>;
}
