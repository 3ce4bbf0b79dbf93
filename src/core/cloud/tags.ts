/** The tags that Skylab puts on everything it makes in a cloud. */
export const TAG = {
  name: 'Name',
  /** The local user who launched it. */
  owner: 'skylab:owner',
  /** The launch that made it: instances, disks, key pair and group of one launch share the value. */
  launch: 'skylab:launch',
  /** The act that made it, besides a launch: what a lost answer or a crash leaves is found by it. */
  act: 'skylab:act',
  /** Skylab's version. */
  version: 'skylab:version',
  /**
   * On key pairs: `new` when Skylab made the private key (and may delete it), `imported` when it is the person's own. On machines of clouds
   * whose key pairs take no tags: `new` when theirs was made by their launch.
   */
  key: 'skylab:key',
  /** On instances: the DNS name that Skylab leads to it; empty for none any more. */
  dns: 'skylab:dns',
  /** On instances: what that name was set to. */
  dnsTarget: 'skylab:dns-target',
} as const;

/** EC2 takes at most 256 UTF-16 units in a tag's value. */
export function tagValue(text: string): string {
  return text.slice(0, 256);
}
