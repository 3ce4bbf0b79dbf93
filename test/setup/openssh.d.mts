/** See openssh.mjs. */
export function ensureOpenSsh(options: { say: (line: string) => void }): Promise<void>;
