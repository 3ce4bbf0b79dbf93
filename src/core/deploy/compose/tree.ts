import type { Document, Node } from 'yaml';
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { SkylabError } from '../../errors';
import type { LabFile } from '../ports';

/** Where something stands in a file: characters from `start` to `end`, on a line counted from 1. */
export interface Place {
  readonly path: string;
  /** The folder that relative paths written there start from. */
  readonly base: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** A scalar. `text` is what Compose takes it for: as written, or with its variables filled in. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly text: string;
  /** False for `null` and for an empty value. */
  readonly present: boolean;
  /** Whether YAML reads it as text; numbers and booleans are none. */
  readonly isText: boolean;
  /** A variable of it has no value yet, so that the text says little. */
  readonly lacking?: boolean;
  /** The scalar's own place, quotes included. */
  readonly at: Place;
  /** The whole entry as written, where it stands as `KEY=value` in a list. */
  readonly pair?: string;
  readonly tag?: Tag;
}

interface Rows {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly at: Place;
  readonly tag?: Tag;
}

export interface Dict {
  readonly kind: 'dict';
  readonly entries: ReadonlyMap<string, Tree>;
  readonly at: Place;
  readonly tag?: Tag;
}

/** One node of a Compose file with its anchors, aliases and merge keys resolved. */
export type Tree = Leaf | Rows | Dict;

/** `!reset` takes what earlier files say away, `!override` takes its place. https://docs.docker.com/reference/compose-file/merge/ */
type Tag = 'reset' | 'override';

/** How a file's values are read. */
export interface Reading {
  /** The folder that relative paths in the file start from. */
  readonly base: string;
  /** Fills the variables of a value in; absent, values stay as written. @throws SkylabError without place or name of the file */
  readonly fill?: (text: string) => { readonly text: string; readonly lacking: boolean };
}

/** More nodes than any stack has: a file whose aliases multiply without end stops here. */
const MOST_NODES = 200_000;
const NEXT = 'Mend that and deploy again; nothing was sent or changed.';

/** A fault of a Compose file: `path:line: what is wrong`. */
export function faultAt(at: Pick<Place, 'path' | 'line'>, said: string, cause?: unknown): SkylabError {
  return new SkylabError(`${at.path} cannot be used: line ${at.line}: ${said}.`, {
    next: NEXT,
    code: 'ComposeFault',
    ...(cause === undefined ? {} : { cause }),
  });
}

class Converter {
  #nodes = 0;
  readonly #open = new Set<Node>();

  constructor(
    private readonly path: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
    private readonly reading: Reading,
  ) {}

  place(node: Node | null | undefined): Place {
    const start = node?.range?.[0] ?? 0;
    return { path: this.path, base: this.reading.base, start, end: node?.range?.[1] ?? start, line: this.lines.linePos(start).line };
  }

  tree(node: unknown): Tree {
    if (++this.#nodes > MOST_NODES) throw faultAt({ path: this.path, line: 1 }, 'its aliases multiply without end');
    const target: unknown = isAlias(node) ? node.resolve(this.document) : node;
    if (isMap(target) || isSeq(target)) {
      if (this.#open.has(target)) throw faultAt(this.place(target), 'it contains itself');
      this.#open.add(target);
      try {
        const at = this.place(target);
        const tag = tagOf(target.tag);
        if (isSeq(target)) return { kind: 'list', items: target.items.map((item) => this.tree(item)), at, ...tag };
        return { kind: 'dict', entries: this.#entries(target.items), at, ...tag };
      } finally {
        this.#open.delete(target);
      }
    }
    const at = this.place(isScalar(target) ? target : undefined);
    if (!isScalar(target)) return { kind: 'leaf', text: '', present: false, isText: false, at };
    const present = target.value !== null && target.value !== undefined;
    const isText = typeof target.value === 'string';
    const written = isText ? String(target.value) : (target.source ?? '');
    const filled = isText ? this.#filled(written, at) : { text: present ? written : '' };
    return { kind: 'leaf', ...filled, present, isText, at, ...tagOf(target.tag) };
  }

  #filled(text: string, at: Place): { text: string; lacking?: true } {
    const { fill } = this.reading;
    if (!fill || !text.includes('$')) return { text };
    try {
      const filled = fill(text);
      return filled.lacking ? { text: filled.text, lacking: true } : { text: filled.text };
    } catch (error) {
      if (error instanceof SkylabError && error.code === 'BadTemplate') throw faultAt(at, error.message.replace(/\.$/, ''), error);
      throw error;
    }
  }

  /** The mapping's own keys win over merged ones, and earlier merges over later ones. */
  #entries(items: readonly { readonly key: unknown; readonly value: unknown }[]): Map<string, Tree> {
    const entries = new Map<string, Tree>();
    const merges: Tree[] = [];
    for (const { key, value } of items) {
      // !!merge << has the library's own symbol for a value
      const name = isScalar(key) ? String(typeof key.value === 'symbol' ? '<<' : key.value) : '';
      if (name === '<<') merges.push(this.tree(value));
      else entries.set(name, this.tree(value));
    }
    for (const merge of merges.flatMap((tree) => (tree.kind === 'list' ? tree.items : [tree]))) {
      if (merge.kind !== 'dict') throw faultAt(merge.at, '<< merges something that is no mapping');
      for (const [name, value] of merge.entries) if (!entries.has(name)) entries.set(name, value);
    }
    return entries;
  }
}

function tagOf(tag: string | undefined): { tag?: Tag } {
  return tag === '!reset' ? { tag: 'reset' } : tag === '!override' ? { tag: 'override' } : {};
}

const TAGS = ['!reset', '!override'].flatMap((tag) =>
  (['map', 'seq', undefined] as const).map((collection) => ({
    tag,
    ...(collection === undefined ? {} : { collection }),
    resolve: (value: unknown) => value,
  })),
);

/**
 * Reads a YAML file as Compose does: every document in it, anchors and merge keys resolved.
 * @throws SkylabError that names the file and the line
 */
export function parseTree(file: LabFile, reading: Reading): Dict[] {
  const lines = new LineCounter();
  // the library's types know tags that make values, not ones that only mark them
  const customTags = TAGS as never;
  const documents = parseAllDocuments(file.text, { prettyErrors: true, lineCounter: lines, customTags });
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      const line = error.linePos?.[0].line ?? 1;
      const [reason = ''] = error.message.split(' at line ');
      throw new SkylabError(`${file.path} cannot be read: line ${line}: ${reason}.`, {
        next: `Mend line ${line} and deploy again; nothing was sent or changed.`,
        code: 'ComposeSyntax',
        cause: error,
      });
    }
    if (document.contents === null) return [];
    const tree = new Converter(file.path, document, lines, reading).tree(document.contents);
    return tree.kind === 'dict' ? [tree] : [];
  });
}

export function child(tree: Tree | undefined, ...keys: string[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const key of keys) at = at?.kind === 'dict' ? at.entries.get(key) : undefined;
  return at;
}

/** The scalar below the keys, where there is one with a value. */
export function leaf(tree: Tree | undefined, ...keys: string[]): Leaf | undefined {
  const found = child(tree, ...keys);
  return found?.kind === 'leaf' && found.present ? found : undefined;
}

export function rows(tree: Tree | undefined, ...keys: string[]): readonly Tree[] {
  const found = child(tree, ...keys);
  return found?.kind === 'list' ? found.items : [];
}

export function dict(tree: Tree | undefined, ...keys: string[]): ReadonlyMap<string, Tree> {
  const found = child(tree, ...keys);
  return found?.kind === 'dict' ? found.entries : new Map<string, Tree>();
}

/** Both forms of a list that may also be one scalar, such as `env_file` and `command`. */
export function oneOrMore(tree: Tree | undefined): readonly Tree[] {
  if (tree === undefined || (tree.kind === 'leaf' && !tree.present)) return [];
  return tree.kind === 'list' ? tree.items : [tree];
}

/** YAML's and Compose's words for yes. */
export function isTrue(found: Leaf | undefined): boolean {
  return found !== undefined && /^(true|yes|on|y|1)$/i.test(found.text);
}
