import * as fs from 'node:fs';
import path from 'node:path';
import { SkylabError } from '../../core/errors';
import type { IfExists } from '../../core/transfer/download/ports';
import { printableName } from '../../core/transfer/names';

/** Puts a folder that is whole into its place. Uses the blocking functions of fs: for a thread of its own. @throws SkylabError */
export function placeFolder(stage: string, dest: string, ifExists: IfExists): void {
  const standing = fs.lstatSync(dest, { throwIfNoEntry: false });
  if (standing === undefined) {
    fs.renameSync(stage, dest);
    return;
  }
  if (ifExists === 'refuse') throw taken(dest);
  if (ifExists === 'merge') {
    merge(stage, dest);
    fs.rmSync(stage, { recursive: true, force: true });
    return;
  }
  const aside = stage.replace(/\.partial-([^.]*\.\d+)$/, '.old-$1');
  fs.renameSync(dest, aside);
  try {
    fs.renameSync(stage, dest);
  } catch (error) {
    fs.renameSync(aside, dest);
    throw error;
  }
  fs.rmSync(aside, { recursive: true, force: true });
}

/** Each file whole, by a rename; a folder that is a link here is not entered. */
function merge(from: string, to: string): void {
  const clash = findClash(from, to);
  if (clash !== undefined) {
    throw new SkylabError(`${printableName(clash)} here is not of the same kind as on the machine, so nothing was merged.`, {
      code: 'MergeClash',
      next: 'Move it away, or download into another folder.',
    });
  }
  moveInto(from, to);
}

function moveInto(from: string | Buffer, to: string | Buffer): void {
  for (const name of namesIn(from)) {
    const [source, target] = [within(from, name), within(to, name)];
    if (!fs.lstatSync(source).isDirectory()) fs.renameSync(source, target);
    else if (fs.lstatSync(target, { throwIfNoEntry: false }) === undefined) fs.renameSync(source, target);
    else moveInto(source, target);
  }
}

/** Looked for before anything is moved: the first name that is a folder on one side and something else on the other. */
function findClash(from: string | Buffer, to: string | Buffer): string | undefined {
  for (const name of namesIn(from)) {
    const [source, target] = [within(from, name), within(to, name)];
    const here = fs.lstatSync(target, { throwIfNoEntry: false });
    if (here === undefined) continue;
    const isFolder = fs.lstatSync(source).isDirectory();
    if (isFolder !== here.isDirectory()) return target.toString();
    const deeper = isFolder ? findClash(source, target) : undefined;
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** Puts right what a crash left beside the destination: an old folder that has no successor comes back, all else goes. */
export function tidyBeside(dest: string, isAlive: (pid: number) => boolean): void {
  const parent = path.dirname(dest);
  const base = path.basename(dest);
  for (const name of fs.readdirSync(parent)) {
    const [, kind, pid] = name.startsWith(`${base}.`) ? (/^\.(partial|old)-[0-9a-f]{12}\.(\d+)$/.exec(name.slice(base.length)) ?? []) : [];
    if (kind === undefined || isAlive(Number(pid))) continue;
    const left = path.join(parent, name);
    if (kind === 'old' && fs.lstatSync(dest, { throwIfNoEntry: false }) === undefined) fs.renameSync(left, dest);
    else fs.rmSync(left, { recursive: true, force: true });
  }
}

export function taken(dest: string): SkylabError {
  return new SkylabError(`${dest} is here already.`, { code: 'LocalExists', next: 'Choose another name, or replace it.' });
}

const namesIn = (folder: string | Buffer): Buffer[] => fs.readdirSync(folder, 'buffer');
const within = (folder: string | Buffer, name: Buffer): Buffer => Buffer.concat([Buffer.from(folder), Buffer.from(path.sep), name]);
