import type { Block, ConfigDocument, Directive } from './document';
import { isLiteral, matchesHostLine } from './patterns';
import type { MatchLine } from './match';
import { parseMatch } from './match';

/** OpenSSH gives up when Includes nest deeper (readconf.c, `READCONF_MAX_DEPTH`). */
export const MAX_DEPTH = 16;

/** A file of a configuration, read. */
export class ConfigFile {
  #index: { readonly always: readonly number[]; readonly literal: ReadonlyMap<string, readonly number[]> } | undefined;
  readonly #matches = new Map<Block, MatchLine>();

  /**
   * @param path absolute
   * @param document its text has one character per byte
   * @param includes the files that the Include on a line (counted from 0) reaches, in order; those that are not there are left out
   * @param mode permission bits, where the system has them
   */
  constructor(
    readonly path: string,
    readonly document: ConfigDocument,
    readonly includes: ReadonlyMap<number, readonly string[]>,
    readonly mode?: number,
    readonly foreignOwner = false,
  ) {}

  get text(): string {
    return this.document.text;
  }

  /** The conditions of a Match block. */
  match(block: Block): MatchLine {
    let read = this.#matches.get(block);
    if (read === undefined) this.#matches.set(block, (read = parseMatch(block.header?.raw ?? '')));
    return read;
  }

  /** The blocks that could apply to a name, by their numbers: the global one, all with patterns or conditions, and those that name it. */
  *candidates(host: string): Iterable<Block> {
    const { always, literal } = this.#indexed();
    const named = literal.get(host) ?? [];
    const { blocks } = this.document;
    for (let a = 0, n = 0; a < always.length || n < named.length;) {
      const nextAlways = always[a] ?? Number.POSITIVE_INFINITY;
      const nextNamed = named[n] ?? Number.POSITIVE_INFINITY;
      const block = blocks[Math.min(nextAlways, nextNamed)];
      if (nextAlways < nextNamed) a++;
      else n++;
      if (block !== undefined) yield block;
    }
  }

  #indexed(): { readonly always: readonly number[]; readonly literal: ReadonlyMap<string, readonly number[]> } {
    if (this.#index !== undefined) return this.#index;
    const always: number[] = [];
    const literal = new Map<string, number[]>();
    for (const block of this.document.blocks) {
      const words = block.header?.words ?? [];
      if (block.kind !== 'host' || !words.every(({ value }) => isLiteral(value))) {
        always.push(block.index);
        continue;
      }
      for (const { value } of words) {
        const known = literal.get(value);
        if (known === undefined) literal.set(value, [block.index]);
        else if (known.at(-1) !== block.index) known.push(block.index);
      }
    }
    this.#index = { always, literal };
    return this.#index;
  }
}

/** A configuration as ssh reads it: the person's file, then the system's, each with its Includes. */
export interface ConfigTree {
  /** Path of the person's own file, which may not exist yet. */
  readonly root: string;
  /** Path of `/etc/ssh/ssh_config` where there is one. */
  readonly system?: string;
  readonly files: ReadonlyMap<string, ConfigFile>;
  /** Who asks: for `Match localuser`, `%u`, `%d` and the default user. */
  readonly localUser: string;
  readonly home: string;
  /** Files that exist but cannot be read: path and the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
}

export interface LocatedBlock {
  readonly file: ConfigFile;
  readonly block: Block;
}

export interface LocatedDirective extends LocatedBlock {
  readonly directive: Directive;
}

/** The same tree with one file's text replaced. @param includes of the new text */
export function withDocument(
  tree: ConfigTree,
  path: string,
  document: ConfigDocument,
  includes: ReadonlyMap<number, readonly string[]>,
): ConfigTree {
  const old = tree.files.get(path);
  const files = new Map(tree.files);
  files.set(path, new ConfigFile(path, document, includes, old?.mode, old?.foreignOwner));
  return { ...tree, files };
}

/** The files that ssh reads for this person, each once, in the order in which it reaches them first; the system's are left out. */
export function personFiles(tree: ConfigTree): readonly ConfigFile[] {
  return reach(tree, tree.root);
}

/** Every file that ssh reads, the system's last. */
export function allFiles(tree: ConfigTree): readonly ConfigFile[] {
  return [...new Set([...personFiles(tree), ...(tree.system === undefined ? [] : reach(tree, tree.system))])];
}

function reach(tree: ConfigTree, from: string): readonly ConfigFile[] {
  const found = new Set<ConfigFile>();
  const visit = (path: string): void => {
    const file = tree.files.get(path);
    if (file === undefined || found.has(file)) return;
    found.add(file);
    for (const paths of [...file.includes.entries()].sort(([a], [b]) => a - b)) for (const next of paths[1]) visit(next);
  };
  visit(from);
  return [...found];
}

/** An entry of a list: one name, or the patterns or the conditions that a block speaks for. */
export interface HostEntry extends LocatedBlock {
  readonly kind: 'host' | 'pattern' | 'match';
  /** The name, the patterns joined by blanks, or the conditions as written. */
  readonly label: string;
}

/** The entries of one file in order. A block with several names has a row for each, and one for its patterns together. */
export function entriesOf(file: ConfigFile): readonly HostEntry[] {
  return file.document.blocks.flatMap((block): HostEntry[] => {
    if (block.header === undefined) return [];
    if (block.kind === 'match') return [{ kind: 'match', label: block.header.raw, file, block }];
    const words = block.header.words.map(({ value }) => value);
    const names = words.filter(isLiteral);
    // `Host * !web`: the name only takes away
    const patterns = words.filter((word) => !isLiteral(word));
    const rows: HostEntry[] = [...new Set(names)]
      .filter((name) => matchesHostLine(words, name))
      .map((label) => ({ kind: 'host', label, file, block }));
    if (patterns.some((pattern) => !pattern.startsWith('!'))) rows.push({ kind: 'pattern', label: patterns.join(' '), file, block });
    return rows;
  });
}

/** Every name that a `Host` line of these files gives, each once. */
export function namesIn(files: readonly ConfigFile[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of files)
    for (const { kind, header } of file.document.blocks)
      if (kind === 'host') for (const { value } of header?.words ?? []) if (isLiteral(value)) names.add(value);
  return names;
}
