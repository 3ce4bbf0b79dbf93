import * as vscode from 'vscode';
import { SkylabError } from '../../core/errors';
import type { ErrorBoundary } from '../errorBoundary';
import type { Node } from './nodes';

export interface Dropped {
  /** Local folders and files. */
  readonly uris: readonly vscode.Uri[];
  /** Files that came without a path: dragged into a browser. */
  readonly files: readonly vscode.DataTransferFile[];
}

/** Folders and files dropped on a machine are uploaded to it. */
export class MachineDrop implements vscode.TreeDragAndDropController<Node> {
  readonly dropMimeTypes = ['text/uri-list', 'files'];
  readonly dragMimeTypes: string[] = [];

  constructor(
    private readonly errors: ErrorBoundary,
    private readonly take: (node: Node, dropped: Dropped) => Promise<void>,
  ) {}

  async handleDrop(target: Node | undefined, data: vscode.DataTransfer, token: vscode.CancellationToken): Promise<void> {
    await this.errors.run(async () => {
      const dropped = await read(data);
      if (token.isCancellationRequested || dropped.uris.length + dropped.files.length === 0) return;
      if (target?.kind !== 'machine' && target?.kind !== 'branch') {
        throw new SkylabError('The drop landed beside the machines.', { next: 'Drop the folder on the row of a machine.' });
      }
      await this.take(target, dropped);
    });
  }
}

async function read(data: vscode.DataTransfer): Promise<Dropped> {
  const list = (await data.get('text/uri-list')?.asString()) ?? '';
  const uris = list
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => vscode.Uri.parse(line, true))
    .filter((uri) => uri.scheme === 'file' || uri.scheme === 'vscode-remote')
    .map((uri) => vscode.Uri.file(uri.path));
  const files: vscode.DataTransferFile[] = [];
  if (uris.length > 0) return { uris, files };
  for (const [, item] of data) {
    const file = item.asFile();
    if (file) files.push(file);
  }
  return { uris: files.flatMap((file) => file.uri ?? []), files: files.filter((file) => !file.uri) };
}
