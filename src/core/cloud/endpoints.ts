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

/** Image files that are sent to a cloud which takes them (capability `uploadImage`). Adapter: adapters/aws/compat. */
export interface ImageUploads {
  /**
   * Streams the file to the cloud. It cannot be launched before it is registered.
   * @param onProgress told the bytes that went out so far
   * @returns the image's id
   */
  upload(account: EndpointAccount, file: string, onProgress: (bytes: number, of: number) => void, signal: AbortSignal): Promise<string>;
  /** Makes an image one that machines can be launched from. */
  register(account: EndpointAccount, imageId: string): Promise<void>;
  /** Names it. @throws SkylabError */
  name(account: EndpointAccount, imageId: string, name: string): Promise<void>;
}
