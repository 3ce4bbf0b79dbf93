/** See docker.mjs. */
export function ensureDocker(options: { say: (line: string) => void }): Promise<{ stop(): Promise<void> }>;
export function dockerEnv(): NodeJS.ProcessEnv;
