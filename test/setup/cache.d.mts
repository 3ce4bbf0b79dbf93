/** See cache.mjs. */
export function cacheDir(...parts: string[]): string;
