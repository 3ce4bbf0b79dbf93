import type { NewKeyKind } from './keyFormat';
import { generateKey, openKey, sealKey } from './keyFormat';

/** What needs bcrypt's key derivation or prime numbers: slow, so done in a worker. Passphrases are moved there and wiped. */
export type KeyJob =
  | { readonly kind: 'open'; readonly text: string; readonly passphrase?: Uint8Array }
  /** Writes the same key with another passphrase, or none. */
  | { readonly kind: 'seal'; readonly text: string; readonly passphrase?: Uint8Array; readonly next?: Uint8Array }
  | { readonly kind: 'generate'; readonly type: NewKeyKind; readonly comment: string; readonly next?: Uint8Array };

export type KeyAnswer =
  /** `plain`: the file without passphrase; `fields`: see PlainKey. */
  | { readonly kind: 'opened'; readonly plain: string; readonly publicBlob: Uint8Array; readonly fields: Uint8Array }
  | { readonly kind: 'sealed'; readonly text: string; readonly publicBlob: Uint8Array }
  /** A passphrase is missing or wrong. */
  | { readonly kind: 'locked' }
  /** No key in a format that can be read. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly why: string };

export function doKeyJob(job: KeyJob): KeyAnswer {
  try {
    return answer(job);
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : 'unknown' };
  }
}

function answer(job: KeyJob): KeyAnswer {
  const next = job.kind === 'open' || job.next === undefined ? undefined : Buffer.from(job.next);
  if (job.kind === 'generate') {
    const key = generateKey(job.type, job.comment);
    return { kind: 'sealed', text: sealKey(key, next), publicBlob: key.publicBlob };
  }
  const opened = openKey(job.text, job.passphrase === undefined ? undefined : Buffer.from(job.passphrase));
  if (opened.kind !== 'key') return opened;
  const { key } = opened;
  if (job.kind === 'seal') return { kind: 'sealed', text: sealKey(key, next), publicBlob: key.publicBlob };
  return { kind: 'opened', plain: sealKey(key), publicBlob: key.publicBlob, fields: key.fields };
}

/** Overwrites the passphrases of a job. */
export function wipe(job: KeyJob): void {
  if (job.kind !== 'generate') job.passphrase?.fill(0);
  if (job.kind !== 'open') job.next?.fill(0);
}
