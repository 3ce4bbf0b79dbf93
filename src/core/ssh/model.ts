/** `^[a-z0-9][a-z0-9_-]{0,62}$`: the name after `ssh`. */
export type SshAlias = string & { readonly brand: 'SshAlias' };

/** How one machine is reached; the same values stand in `~/.ssh/skylab/hosts.conf`. */
export interface SshTarget {
  readonly alias: SshAlias;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of the private key; the agent and the default keys are tried when absent. */
  readonly identityFile?: string;
  /** The name under which the host key stands in Skylab's known_hosts: the instance id, or the given machine's id. */
  readonly hostKeyAlias: string;
  /** The machine that it is reached through (ProxyJump); that one may have its own. */
  readonly jump?: SshTarget;
}

/** A host key as it stands in known_hosts: type and base64 blob. */
export interface HostKey {
  readonly type: string;
  readonly blob: string;
}

/** `SHA256:` + unpadded base64, as `ssh-keygen -l` prints it. */
export type Fingerprint = string & { readonly brand: 'Fingerprint' };
