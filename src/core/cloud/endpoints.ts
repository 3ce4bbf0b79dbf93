import type { CloudFlavor, EndpointAccount } from './model';
import type { AccessKeys } from './ports';

/** Finds out how an EC2-compatible endpoint wants to be spoken to. Adapter: adapters/aws/compat. */
export interface EndpointProbe {
  /**
   * Asks without any key what answers there. @param caFile as in EndpointAccount
   * @throws SkylabError `EndpointUnreachable`, `UntrustedCertificate`, `NoCloudThere`
   */
  look(endpoint: string, caFile?: string, signal?: AbortSignal): Promise<CloudFlavor>;
  /**
   * Tries the ways of signing until one is accepted. OpenNebula's secret is a hash of the password: either may be typed.
   * @returns the account with the way that works, and the keys to keep: the hash instead of a password
   * @throws SkylabError `BadKey` when none is accepted, and as `look`
   */
  signIn(account: EndpointAccount, keys: AccessKeys, signal?: AbortSignal): Promise<{ account: EndpointAccount; keys: AccessKeys }>;
}
