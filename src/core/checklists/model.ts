/** A secret that can be made anew. */
export type SecretKind = 'loginKeys' | 'deployKeys' | 'hostKeys' | 'envSecrets' | 'sitePassword' | 'githubSecret' | 'certificate';

/** How an item is looked at. */
export type Look =
  | { readonly kind: 'get'; readonly get: string; readonly status: readonly number[]; readonly contains?: string }
  | { readonly kind: 'port'; readonly port: number; readonly open: boolean }
  | { readonly kind: 'unit'; readonly unit: string }
  | { readonly kind: 'container'; readonly container: string }
  | { readonly kind: 'diskFree'; readonly percent: number; readonly on: string }
  | { readonly kind: 'certificateDays'; readonly days: number }
  | { readonly kind: 'hostKeyKnown' }
  | { readonly kind: 'backup'; readonly path: string; /** Hours. */ readonly youngerThan: number }
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'byHand' }
  | { readonly kind: 'rotate'; readonly secret: SecretKind; /** Days. */ readonly olderThan?: number };

export interface CheckItem {
  /** What has to be so. */
  readonly title: string;
  readonly help?: string;
  readonly look: Look;
}

export interface Checklist {
  readonly title: string;
  /** Address that paths belong to. */
  readonly site?: string;
  readonly items: readonly CheckItem[];
}

/** `open`: a person has to look; `unknown`: it could not be told. */
export type CheckState = 'pass' | 'fail' | 'open' | 'unknown';

export interface CheckResult {
  readonly state: CheckState;
  /** What was seen, in a few words. */
  readonly said: string;
}

/** What a person says of an item. */
export interface Tick {
  readonly state: 'pass' | 'fail';
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly note: string;
}
