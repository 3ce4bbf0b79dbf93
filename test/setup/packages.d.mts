/** See packages.mjs. */
export function asRoot(argv: string[]): string[];
export function aptInstall(names: string[], say: (line: string) => void): Promise<string[]>;
