import type { Writable } from 'node:stream';
import { SkylabError } from '../errors';

const PROGRESS_MS = 100;

/** Resolves when the stream takes more, or never will. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle).off('error', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle).on('error', settle);
  });
}

/**
 * The destination without `~/` and trailing slashes.
 * @throws SkylabError (code `BadDestination`) where it names no folder of its own
 */
export function destination(remoteDir: string): string {
  const dest = remoteDir.replace(/^~\//, '').replace(/\/+$/, '');
  const parts = dest.split('/');
  if (dest === '' || dest === '~' || parts.some((part) => part === '..' || part === '.') || /[\0\n]/.test(dest)) {
    throw new SkylabError(`"${remoteDir.replace(/[\0\n]/g, ' ')}" is no folder to upload to.`, {
      code: 'BadDestination',
      next: 'Name a folder, such as lab or /srv/lab.',
    });
  }
  return dest;
}

/** Passes progress on at most every 100 ms; `flush` gives the last state. */
export function throttled<T extends object>(first: T, onProgress: ((progress: T) => void) | undefined) {
  let last = 0;
  let latest = first;
  return {
    report: (done: Partial<T>) => {
      latest = { ...latest, ...done };
      const now = Date.now();
      if (now - last < PROGRESS_MS) return;
      last = now;
      onProgress?.(latest);
    },
    flush: () => onProgress?.(latest),
  };
}
