import { SkylabError } from '../../errors';
import { EnvFile } from '../envFile';
import type { LabFolder } from '../ports';
import { readProject } from './project';
import { composeCandidates, defaultChoice } from './sources';

/** No stack names more files than this. */
const MOST_FILES = 500;

/**
 * The files whose texts are needed to understand the folder's Compose files and that are not known yet: ask, read and ask again until
 * nothing new is named.
 * @param asked paths that were looked for already, found or not
 */
export function filesWanted(folder: Pick<LabFolder, 'entries' | 'env' | 'texts'>, asked: ReadonlySet<string>): string[] {
  const wanted = new Set<string>();
  const textOf = (path: string): string | undefined => {
    const text = path === folder.env?.path ? folder.env.text : folder.texts.get(path);
    if (text === undefined && !asked.has(path) && isInside(path)) wanted.add(path);
    return text;
  };
  const quietly = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      // what is wrong with a file is said when the page opens
      if (error instanceof SkylabError) return undefined;
      throw error;
    }
  };
  const env = quietly(() => EnvFile.parse(folder.env?.text ?? ''));
  const usual = quietly(() => defaultChoice(folder))?.files ?? [];
  for (const files of [usual, ...composeCandidates(folder.entries).map((file) => [file])]) {
    if (files.length === 0) continue;
    for (const file of files) textOf(file);
    quietly(() => readProject({ files, profiles: ['*'] }, textOf, (name) => env?.get(name), 'filled'));
  }
  return [...wanted].slice(0, Math.max(0, MOST_FILES - asked.size));
}

function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.startsWith('..') && !path.startsWith('~') && !/^[A-Za-z]:/.test(path);
}
