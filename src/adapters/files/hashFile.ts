import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { localPath } from './localPath';

const PIECE_BYTES = 1024 * 1024;
const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);

/**
 * SHA-256 of a file of the folder, or of its first bytes, in hexadecimal.
 * @param length bytes from the start; all unless given
 * @returns undefined where the file cannot be read that far: it is then not the one that was meant
 */
export function hashFile(root: string, path: string, length = Number.POSITIVE_INFINITY): string | undefined {
  let file: number | undefined;
  try {
    file = fs.openSync(localPath(root, path), 'r');
    const hash = createHash('sha256');
    let at = 0;
    while (at < length) {
      const read = fs.readSync(file, piece, 0, Math.min(PIECE_BYTES, length - at), at);
      if (read === 0) break;
      hash.update(piece.subarray(0, read));
      at += read;
    }
    return at < length && length !== Number.POSITIVE_INFINITY ? undefined : hash.digest('hex');
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}
