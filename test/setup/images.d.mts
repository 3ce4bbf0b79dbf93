/** See images.mjs. */
export function ensureImages(options: { say: (line: string) => void }): Promise<{ seconds: Record<string, number> }>;
export function ensureDjangoImage(options: { say: (line: string) => void }): Promise<void>;
export function ensureGraphTermImage(options: { say: (line: string) => void }): Promise<void>;
export function ensureHubImages(options: { say: (line: string) => void }): Promise<void>;
export function ensureOpenNebulaImage(options: { say: (line: string) => void }): Promise<void>;
export function ensureUbuntuImage(options: { say: (line: string) => void }): Promise<void>;
export function registryParts(): { program: string; storage: string; tls: string };
