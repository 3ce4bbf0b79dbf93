import { l10n } from 'vscode';
import type { Machine } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import { joinPath, splitPath } from '../../core/remote/files';
import { printableName } from '../../core/transfer/names';
import { bytesText } from '../model/bytes';
import { fileOrder, rowKind } from '../model/fileRow';
import { busy } from '../notifications';
import type { Pick } from '../quick/wizard';
import { ask } from '../quick/wizard';
import type { Services } from '../services';
import type { Listed } from './machineFiles';
import { listFolder, withFiles } from './machineFiles';

/** The path of a file, typed or found by walking the machine's folders. */
export async function pickFile(services: Services, machine: Machine, title: string): Promise<string> {
  const start = await busy(l10n.t('Connecting to {0}', machine.name), (signal) =>
    withFiles(services, machine, (files) => files.realPath('.'), { signal, repeatable: true }),
  );
  for (let folder = start; ;) {
    const listed = withFiles(services, machine, (files) => listFolder(files, folder), { repeatable: true });
    const chosen = await ask(title).pick({ placeholder: printableName(folder), items: listed.then((all) => steps(folder, all)) });
    const typed = chosen.kind === 'type' ? await typedFile(services, machine, title, folder) : undefined;
    if (typed !== undefined) return typed;
    if (chosen.kind === 'file') return chosen.path;
    if (chosen.kind === 'folder') folder = chosen.path;
  }
}

/** Undefined where it is no file. */
async function typedFile(services: Services, machine: Machine, title: string, folder: string): Promise<string | undefined> {
  const prompt = l10n.t('Path of the file on {0}; ~ is the login folder.', machine.name);
  const typed = (await ask(title).input({ prompt, value: joinPath(folder, '') })).trim().replace(/^~\//, '');
  const found = await withFiles(services, machine, async (files) => {
    const path = await files.realPath(typed);
    return { path, kind: (await files.stat(path)).kind };
  });
  if (found.kind === 'file') return found.path;
  throw new SkylabError(`${printableName(found.path)} on ${machine.name} is no file.`, { next: 'Name a file.' });
}

type Step = { readonly kind: 'file' | 'folder'; readonly path: string } | { readonly kind: 'type' };

/** What can be chosen in a folder: up, a typed path, then what is in it. */
function steps(folder: string, listed: readonly Listed[]): Pick<Step>[] {
  const order = fileOrder();
  const entries = listed
    .map(({ entry, target }) => ({ kind: rowKind(entry, target), name: entry.name, size: (target ?? entry).size }))
    .sort(order)
    .flatMap(({ kind, name, size }): Pick<Step>[] => {
      const path = joinPath(folder, name);
      if (kind === 'folder') return [{ label: `$(folder) ${printableName(name)}`, value: { kind, path } }];
      return kind === 'file' ? [{ label: `$(file) ${printableName(name)}`, description: bytesText(size), value: { kind, path } }] : [];
    });
  const up: Pick<Step>[] = folder === '/' ? [] : [{ label: '$(arrow-up) ..', value: { kind: 'folder', path: splitPath(folder).folder } }];
  return [...up, { label: `$(edit) ${l10n.t('Type a path…')}`, value: { kind: 'type' } }, ...entries];
}
