/** See images.mjs. */
export function ensureImages(options: { say: (line: string) => void }): Promise<{ seconds: Record<string, number> }>;
export function registryParts(): { program: string; storage: string; tls: string };
