/** What a person asks for in the launch form. Shared by the form (checks while typing) and the host (which parses it again). */
export interface LaunchSpec {
  readonly accountId: string;
  readonly name: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly keyPair:
    | { readonly kind: 'existing'; readonly name: string; readonly identityFile?: string }
    | { readonly kind: 'new'; readonly name: string }
    | { readonly kind: 'import'; readonly name: string; readonly publicKeyFile: string };
  readonly securityGroup:
    | { readonly kind: 'existing'; readonly id: string }
    | { readonly kind: 'new'; readonly name: string; readonly ssh: boolean; readonly http: boolean; readonly https: boolean };
  readonly diskGiB: number;
  /** A script (`#!`) or cloud-config; empty for none. At most 16 KiB. */
  readonly userData: string;
  /** 1 to 50. */
  readonly count: number;
}

/** Field names as in LaunchSpec, nested ones with a dot; the value is a sentence to show beside the field. */
export type SpecProblems = Readonly<Record<string, string>>;
