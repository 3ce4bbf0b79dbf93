/** What the hasher asks its worker. The password's bytes are moved, not copied, and wiped there. */
export type Job =
  | { readonly kind: 'hash'; readonly password: Uint8Array; readonly salt: Uint8Array; readonly cost: number }
  | { readonly kind: 'verify'; readonly password: Uint8Array; readonly hash: string };

export type Answer = { readonly value: string | boolean } | { readonly failed: string };
