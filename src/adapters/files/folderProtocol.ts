import type { ArchiveItem, FolderListing, ListOptions, LocalEntry } from '../../core/transfer/ports';

/**
 * What the extension host asks its folder worker. A job is stepped: each `next` is answered by one `value`, `end` or `failed`, so that
 * the worker is never further ahead than it was asked to be, and no answer is too long for the thread that takes it.
 */
export type FolderRequest =
  | { readonly kind: 'list'; readonly root: string; readonly options?: ListOptions }
  | { readonly kind: 'entries'; readonly entries: readonly ArchiveItem[] }
  /** Of the entries sent before. */
  | { readonly kind: 'tar'; readonly root: string; readonly overrides: ReadonlyMap<string, Uint8Array> }
  | { readonly kind: 'hash'; readonly root: string; readonly files: readonly { readonly path: string; readonly length?: number }[] }
  | { readonly kind: 'next' };

export type FolderAnswer =
  | { readonly kind: 'entries'; readonly entries: readonly LocalEntry[] }
  | ({ readonly kind: 'about' } & Pick<FolderListing, 'skipped' | 'hasModes' | 'ignore'>)
  | { readonly kind: 'piece'; readonly data: Uint8Array; readonly files: number; readonly bytes: number }
  | { readonly kind: 'hashes'; readonly hashes: readonly (string | undefined)[] }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string; readonly next?: string; readonly cause?: unknown };

/** Entries that travel in one message: reading it takes a few milliseconds. */
export const ENTRIES_PER_MESSAGE = 2000;
