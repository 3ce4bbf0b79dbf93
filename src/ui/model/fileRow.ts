import type { RemoteEntry, RemoteStat } from '../../core/remote/files';
import { printableName } from '../../core/transfer/names';
import { bytesText } from './bytes';
import type { L10n } from './l10n';
import type { Row } from './row';

/** What a row of the Files branch stands for, as its context value says it. */
export type FileRowKind = 'folder' | 'file' | 'other';

/** A link is what it leads to; one to nowhere is `other`. */
export function rowKind(entry: RemoteEntry, target: RemoteStat | undefined): FileRowKind {
  const { kind } = entry.kind === 'symlink' ? (target ?? { kind: 'other' }) : entry;
  return kind === 'directory' ? 'folder' : kind === 'file' ? 'file' : 'other';
}

/** A file's or folder's row: name, size, and for a link where it leads. @param linkTarget as the link has it written, where known */
export function fileRow(entry: RemoteEntry, target: RemoteStat | undefined, l10n: L10n): Row {
  const kind = rowKind(entry, target);
  const isLink = entry.kind === 'symlink';
  const size = kind === 'file' ? bytesText((target ?? entry).size) : undefined;
  const link = !isLink ? undefined : target === undefined ? l10n.t('link to nowhere') : l10n.t('link');
  const special = !isLink && kind === 'other' ? l10n.t('device, pipe or socket') : undefined;
  const description = [size, link, special].filter((part) => part !== undefined).join(' · ');
  const label = printableName(entry.name);
  const word = { folder: l10n.t('folder'), file: l10n.t('file'), other: '' }[kind];
  const icons = { folder: 'folder', file: 'file', other: isLink ? 'error' : 'circle-slash' };
  return {
    label,
    description,
    icon: { id: isLink && kind === 'file' ? 'file-symlink-file' : isLink && kind === 'folder' ? 'file-symlink-directory' : icons[kind] },
    contextValue: `files.${kind}${isLink ? '.link' : ''}`,
    aria: [label, word, description].filter((part) => part !== '').join(', '),
  };
}

/** Folders first, then by name as people sort it: `run-2` before `run-10`. */
export function fileOrder(): (a: { kind: FileRowKind; name: string }, b: { kind: FileRowKind; name: string }) => number {
  const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  return (a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
