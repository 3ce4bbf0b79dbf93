import type { RemoteCommand } from '../remote/command';
import type { RemoteSession } from '../remote/session';
import { encodeName } from './names';

/** Milliseconds that hashing may take at least, and bytes that a slow disk reads in a millisecond. */
const PATIENCE_MS = 60_000;
const SLOW_BYTES_PER_MS = 10_000;

/**
 * SHA-256 of files on the machine, in hexadecimal, in order. Empty where they cannot be told apart safely: the program is missing, or a
 * file has gone meanwhile. @param bytes size of all of them
 */
export async function remoteHashes(
  session: RemoteSession,
  folder: string,
  paths: readonly string[],
  bytes: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const command: RemoteCommand<readonly string[]> = {
    argv: ['sh', '-c', 'cd -- "$1" && xargs -0 sha256sum --', 'skylab-hash', folder],
    stdin: encodeName(paths.map((path) => `${path}\0`).join('')),
    okCodes: [0, 1, 123, 127],
    what: 'compare the contents',
    parse: (stdout, code) => (code === 0 ? hashLines(stdout) : []),
  };
  const hashes = await session.run(command, { timeoutMs: PATIENCE_MS + bytes / SLOW_BYTES_PER_MS, ...(signal && { signal }) });
  return hashes.length === paths.length ? hashes : [];
}

/** A name with a newline is written with a backslash before the hash (coreutils manual, "cksum output modes"). */
const hashLines = (text: string): string[] => Array.from(text.matchAll(/^\\?([0-9a-f]{64}) [ *]/gm), ([, hash = '']) => hash);
