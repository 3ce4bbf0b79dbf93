import type { Dict, Tree } from './tree';
import { faultAt } from './tree';

// The rules stand in https://docs.docker.com/reference/compose-file/merge/ and in compose-go, override/merge.go.

/** Lists of `KEY=value` or mappings: both forms are brought together, the later file's keys win. */
const PAIRS = new Set(['annotations', 'environment', 'labels', 'sysctls', 'args', 'additional_contexts', 'extra_hosts']);
/** One value or a list of them. */
const MANY = new Set(['dns', 'dns_opt', 'dns_search', 'env_file', 'label_file', 'tmpfs']);
/** Lists of names, or mappings from names to details. */
const NAMED = new Set(['depends_on', 'networks', 'models']);
/** The later file's value takes the place of the earlier one's. */
const REPLACED = new Set(['command', 'entrypoint', 'test']);

/** Two readings of one mapping, the second laid over the first. @throws SkylabError where a list meets a mapping */
export function overlay(base: Tree | undefined, over: Tree, key = ''): Tree | undefined {
  if (over.tag === 'reset') return undefined;
  if (base === undefined || over.tag === 'override' || REPLACED.has(key)) return over;
  if (over.kind === 'leaf' && !over.present) return base;
  if (PAIRS.has(key)) return { ...asPairs(over), entries: new Map([...asPairs(base).entries, ...asPairs(over).entries]) };
  if (MANY.has(key)) return { kind: 'list', items: [...many(base), ...many(over)], at: over.at };
  if (NAMED.has(key)) return overlayDict(asNames(base), asNames(over));
  if (key === 'build') return overlayDict(asBuild(base), asBuild(over));
  if (key === 'logging' && isOtherDriver(base, over)) return over;
  if (base.kind === 'leaf' || over.kind === 'leaf') {
    if (base.kind === over.kind || (base.kind === 'leaf' && !base.present)) return over;
    throw faultAt(over.at, `${key} has another form than in ${base.at.path}, line ${base.at.line}`);
  }
  if (base.kind === 'dict' && over.kind === 'dict') return overlayDict(base, over);
  if (base.kind === 'list' && over.kind === 'list') return { ...over, items: [...base.items, ...over.items] };
  throw faultAt(over.at, `${key} is a list in one file and a mapping in another`);
}

export function overlayDict(base: Dict, over: Dict): Dict {
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const merged = overlay(entries.get(key), value, key);
    if (merged === undefined) entries.delete(key);
    else entries.set(key, merged);
  }
  return { ...over, entries };
}

/** What `!reset` marks is gone, also where only one file speaks. */
export function withoutResets<T extends Tree>(tree: T): T {
  if (tree.kind === 'list') return { ...tree, items: tree.items.filter((item) => item.tag !== 'reset').map(withoutResets) };
  if (tree.kind !== 'dict') return tree;
  const kept = [...tree.entries].filter(([, value]) => value.tag !== 'reset').map(([key, value]) => [key, withoutResets(value)] as const);
  return { ...tree, entries: new Map(kept) };
}

/** `[A=1, B]` and `{A: 1, B: }` alike; a list's entries keep their place as a whole. */
export function asPairs(tree: Tree): Dict {
  if (tree.kind === 'dict') return tree;
  const entries = new Map<string, Tree>();
  for (const item of many(tree)) {
    if (item.kind !== 'leaf') continue;
    const [, key = '', value] = /^([^=]*)(?:=([\s\S]*))?$/.exec(item.text) ?? [];
    entries.set(
      key,
      value === undefined
        ? { ...item, pair: item.text, text: '', present: false }
        : { ...item, pair: item.text, text: value, isText: true },
    );
  }
  return { kind: 'dict', entries, at: tree.at };
}

/** `[a, b]` as `{a: , b: }`. */
export function asNames(tree: Tree): Dict {
  if (tree.kind === 'dict') return tree;
  const entries = many(tree).flatMap((item): [string, Tree][] =>
    item.kind === 'leaf' ? [[item.text, { ...item, text: '', present: false }]] : [],
  );
  return { kind: 'dict', entries: new Map(entries), at: tree.at };
}

function asBuild(tree: Tree): Dict {
  if (tree.kind === 'dict') return tree;
  return { kind: 'dict', entries: new Map([['context', tree]]), at: tree.at };
}

const many = (tree: Tree): readonly Tree[] => (tree.kind === 'list' ? tree.items : tree.kind === 'leaf' && tree.present ? [tree] : []);

function isOtherDriver(base: Tree, over: Tree): boolean {
  const driver = (tree: Tree) => (tree.kind === 'dict' ? tree.entries.get('driver') : undefined);
  const [one, other] = [driver(base), driver(over)];
  return one?.kind === 'leaf' && other?.kind === 'leaf' && one.text !== other.text;
}
