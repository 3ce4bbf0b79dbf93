import type { Directive } from './document';
import type { ConfigFile, ConfigTree } from './tree';
import { allFiles } from './tree';
import { splice, type Splice } from './splice';

/** A copy of a configuration that ssh can be asked about without touching the original, and without running the person's commands. */
export interface Mirror {
  /** Name within the folder of the file to give to `ssh -F`. */
  readonly entry: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Puts the original's path in place of a copy's in what ssh says. */
  original(message: string): string;
}

/**
 * Copies of all files of the tree, line by line the same but for two things: an Include names the copies of what it reaches
 * (so that `~`, relative paths and patterns mean what they mean in place), and a command of `Match exec` is replaced by a condition
 * with the answer that is assumed for it.
 * @param folder where the copies will lie, absolute, without blanks or pattern characters
 * @param exec the answer assumed for every command
 */
export function mirrorOf(tree: ConfigTree, folder: string, exec: boolean): Mirror {
  const files = allFiles(tree);
  const names = new Map(files.map((file, index) => [file.path, `${index}.conf`]));
  const pathOf = (name: string): string => `"${folder}/${name}"`;
  const roots = [tree.root, ...(tree.system === undefined ? [] : [tree.system])].flatMap((path) => names.get(path) ?? []);
  return {
    entry: 'all.conf',
    files: [
      { name: 'all.conf', text: roots.map((name) => `Include ${pathOf(name)}\n`).join('') },
      ...files.map((file) => ({
        name: names.get(file.path) ?? '',
        text: splice(file.text, [
          ...includeSplices(file, (paths) =>
            paths.length === 0
              ? pathOf('nothing.conf')
              : paths
                  .flatMap((path) => names.get(path) ?? [])
                  .map(pathOf)
                  .join(' '),
          ),
          ...execSplices(file, exec),
        ]),
      })),
    ],
    original: (message) => [...names].reduce((text, [path, name]) => text.replaceAll(`${folder}/${name}`, () => path), message),
  };
}

function includeSplices(file: ConfigFile, render: (paths: readonly string[]) => string): Splice[] {
  return file.document.includes.filter(isSound).map((directive) => ({
    offset: directive.valueStart,
    length: directive.wordsEnd - directive.valueStart,
    text: render(file.includes.get(directive.line) ?? []),
  }));
}

/** What ssh refuses by itself stays, so that it does so in the copy too. */
function isSound(directive: Directive): boolean {
  return directive.complete && directive.words.length > 0 && directive.words.every(({ value }) => value !== '');
}

function execSplices(file: ConfigFile, exec: boolean): Splice[] {
  return file.document.blocks.flatMap((block) => {
    const { header } = block;
    if (block.kind !== 'match' || header === undefined) return [];
    return file
      .match(block)
      .criteria.filter(({ attribute }) => attribute === 'exec')
      .map(({ negated, start, end }) => ({
        offset: header.valueStart + start,
        length: end - start,
        text: `${negated ? '!' : ''}localuser ${exec ? '*' : '!*'}`,
      }));
  });
}

/** Does any line run a command to decide? */
export function runsCommands(tree: ConfigTree): boolean {
  return allFiles(tree).some((file) =>
    file.document.blocks.some(
      (block) => block.kind === 'match' && file.match(block).criteria.some(({ attribute }) => attribute === 'exec'),
    ),
  );
}
