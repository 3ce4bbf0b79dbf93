/** See python.mjs. */
export function ensureMoto(options: { say: (line: string) => void }): Promise<string>;
