import type { IfExists, Unpacked } from '../../core/transfer/download/ports';

/** What the extension host asks the thread that unpacks. Each request but `piece` is answered by `done` or `failed`; pieces by `taken`. */
export type ReceiveRequest =
  | { readonly kind: 'begin'; readonly stage: string }
  | { readonly kind: 'piece'; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'finish' }
  | { readonly kind: 'place'; readonly dest: string; readonly ifExists: IfExists }
  | { readonly kind: 'discard' };

export type ReceiveAnswer =
  | { readonly kind: 'taken'; readonly bytes: number; readonly progress: { readonly files: number; readonly bytes: number } }
  | { readonly kind: 'done'; readonly unpacked?: Unpacked }
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string; readonly next?: string; readonly cause?: unknown };
