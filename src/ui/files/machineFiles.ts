import * as vscode from 'vscode';
import type { Machine, MachineKey } from '../../core/cloud/model';
import { SkylabError } from '../../core/errors';
import type { RemoteEntry, RemoteFiles, RemoteStat } from '../../core/remote/files';
import { joinPath } from '../../core/remote/files';
import { FILES_SCHEME, addressPath, authorityOf, keyOf } from '../model/fileAddress';
import { isReachable } from '../model/machineRow';
import type { Services } from '../services';

/** Links of one folder that are looked at together. */
const LINKS_AT_ONCE = 32;

/** The address of a file in the editor. @param path absolute */
export function addressOf(machine: Machine, path: string): vscode.Uri {
  return vscode.Uri.from({ scheme: FILES_SCHEME, authority: authorityOf(machine.key), path: addressPath(path) });
}

/** The machine that an address names; its account is listed first where that has not happened yet, as after a reload. */
export async function machineAt(services: Services, authority: string): Promise<Machine> {
  const key = keyOf(authority);
  const known = services.machines.get(key);
  if (known) return known;
  await services.machines.refresh(accountOf(key));
  const found = services.machines.get(key);
  if (found) return found;
  const status = services.machines.status(accountOf(key));
  if (status.state === 'failed') throw status.error;
  throw new SkylabError('The machine of these files is no longer in the list.', {
    code: 'MachineGone',
    next: 'It was terminated or its account was removed; close its files.',
  });
}

const accountOf = (key: MachineKey): string => key.slice(0, key.lastIndexOf('/'));

/**
 * Does something with a machine's files. A connection that had died unnoticed, as after a sleep, is replaced by a new one.
 * @param repeatable reading: done again where the connection is lost
 */
export async function withFiles<T>(
  services: Services,
  machine: Machine,
  act: (files: RemoteFiles) => Promise<T>,
  { signal, repeatable = false }: { readonly signal?: AbortSignal; readonly repeatable?: boolean } = {},
): Promise<T> {
  // A stale row of the tree says what the machine was.
  const now = services.machines.get(machine.key) ?? machine;
  if (!isReachable(now)) throw notRunning(now);
  const once = async (): Promise<T> => {
    const session = await services.access.session(now, signal);
    return act(await session.files(signal));
  };
  try {
    return await once();
  } catch (error) {
    if (!repeatable || !(error instanceof SkylabError) || error.code !== 'ConnectionLost') throw error;
    return once();
  }
}

function notRunning(machine: Machine): SkylabError {
  const state = machine.kind === 'instance' ? machine.instance.state : '';
  const next = state === 'stopped' ? 'Start it, then try again.' : 'Try again when it is running.';
  return new SkylabError(`${machine.name} is ${state}, so its files cannot be reached.`, { code: 'NotRunning', next });
}

/** An entry of a folder with what a link leads to; a link to nowhere has no `target`. */
export interface Listed {
  readonly entry: RemoteEntry;
  readonly target?: RemoteStat;
}

/** A folder's entries, links followed for one step so that a link to a folder opens. */
export async function listFolder(files: RemoteFiles, folder: string, signal?: AbortSignal): Promise<Listed[]> {
  const entries: RemoteEntry[] = [];
  for await (const portion of files.list(folder, signal)) entries.push(...portion);
  const links = entries.filter(({ kind }) => kind === 'symlink');
  const targets = new Map<string, RemoteStat | undefined>();
  for (let at = 0; at < links.length; at += LINKS_AT_ONCE) {
    await Promise.all(
      links.slice(at, at + LINKS_AT_ONCE).map(async ({ name }) => targets.set(name, await targetOf(files, joinPath(folder, name)))),
    );
  }
  return entries.map((entry) => {
    const target = targets.get(entry.name);
    return target === undefined ? { entry } : { entry, target };
  });
}

async function targetOf(files: RemoteFiles, path: string): Promise<RemoteStat | undefined> {
  try {
    return await files.stat(path);
  } catch (error) {
    // A link to nowhere, in a circle or behind a closed folder is shown as it is.
    if (error instanceof SkylabError && error.code !== 'ConnectionLost') return undefined;
    throw error;
  }
}
