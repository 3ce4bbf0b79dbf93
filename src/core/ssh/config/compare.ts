import type { Block, Directive } from './document';
import { couldApply, resolve, wantsFinal } from './resolve';
import type { Resolution } from './resolve';
import { isLiteral, matchesHostLine } from './patterns';
import type { ConfigFile, ConfigTree, LocatedBlock } from './tree';
import { namesIn, personFiles } from './tree';
import { Turns } from './turns';

/** The blocks of one file that are not the same in two versions of it. */
function changedBlocks(before: ConfigFile, after: ConfigFile): readonly LocatedBlock[] {
  const [a, b] = [before.text, after.text];
  const from = sameStart(a, b);
  const tail = sameEnd(a.slice(from), b.slice(from));
  const touched = ({ document: { blocks, text } }: ConfigFile): Block[] =>
    blocks.filter(({ start, end }) => end >= from && start <= text.length - tail);
  const [old, now] = [touched(before), touched(after)];
  // blocks beside the change, or with another comment only, say the same
  let first = 0;
  while (first < old.length && first < now.length && sameBlock(old[first], now[first])) first++;
  let last = 0;
  while (last < old.length - first && last < now.length - first && sameBlock(old.at(-1 - last), now.at(-1 - last))) last++;
  return [
    ...old.slice(first, old.length - last).map((block) => ({ file: before, block })),
    ...now.slice(first, now.length - last).map((block) => ({ file: after, block })),
  ];
}

/** Characters that two texts begin with in common, found in strides: a large file is compared in a moment. */
function sameStart(a: string, b: string): number {
  let at = 0;
  for (let stride = 1 << 16; stride >= 1; stride >>= 4) {
    while (at + stride <= Math.min(a.length, b.length) && a.slice(at, at + stride) === b.slice(at, at + stride)) at += stride;
  }
  return at;
}

/** Characters that two texts end with in common. */
function sameEnd(a: string, b: string): number {
  let at = 0;
  for (let stride = 1 << 16; stride >= 1; stride >>= 4) {
    while (
      at + stride <= Math.min(a.length, b.length) &&
      a.slice(a.length - at - stride, a.length - at) === b.slice(b.length - at - stride, b.length - at)
    )
      at += stride;
  }
  return at;
}

function sameBlock(a: Block | undefined, b: Block | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind || a.directives.length !== b.directives.length) return false;
  return sameLine(a.header, b.header) && a.directives.every((directive, i) => sameLine(directive, b.directives[i]));
}

function sameLine(a: Directive | undefined, b: Directive | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.keyword === b.keyword && a.raw === b.raw);
}

/** Two answers for one name that differ, and in which keyword first. */
export interface Difference {
  readonly host: string;
  readonly keyword: string;
  readonly before: string;
  readonly after: string;
}

/** The names whose answer differs in two versions of a configuration, by our own reading. Long lists are worked on in slices. */
export async function differences(before: ConfigTree, after: ConfigTree, path: string): Promise<readonly Difference[]> {
  const empty = before.files.get(path);
  const now = after.files.get(path);
  if (now === undefined) return [];
  const changed = empty === undefined ? now.document.blocks.map((block) => ({ file: now, block })) : changedBlocks(empty, now);
  // where files are read twice, the second time compares the names that are connected to
  const quick = changed.every(({ block }) => block.kind === 'host') && !readsTwice(before) && !readsTwice(after);
  const headers = changed.flatMap(({ block }) => block.header?.words.map(({ value }) => value) ?? []);
  const names =
    quick && headers.every(isLiteral) ? new Set(headers) : new Set([...namesIn(personFiles(before)), ...namesIn(personFiles(after))]);
  const found: Difference[] = [];
  const turns = new Turns();
  for (const host of names) {
    await turns.next();
    if (quick && !changed.some(({ block }) => speaks(block, host))) continue;
    const difference = firstDifference(resolve(before, host), resolve(after, host));
    if (difference !== undefined) found.push(difference);
  }
  return found;
}

function speaks({ header }: Block, host: string): boolean {
  return matchesHostLine(header?.words.map(({ value }) => value) ?? [], host);
}

function readsTwice(tree: ConfigTree): boolean {
  return wantsFinal(tree) || personFiles(tree).some(({ text }) => /canonicalizehostname/i.test(text));
}

function firstDifference(a: Resolution, b: Resolution): Difference | undefined {
  const { host } = a;
  for (const keyword of new Set([...a.values.keys(), ...b.values.keys()])) {
    const [before, after] = [said(a, keyword), said(b, keyword)];
    if (before !== after) return { host, keyword, before, after };
  }
  if (a.hostName !== b.hostName) return { host, keyword: 'hostname', before: a.hostName, after: b.hostName };
  return undefined;
}

function said(resolution: Resolution, keyword: string): string {
  return (resolution.values.get(keyword) ?? []).map(({ directive }) => directive.words.map(({ value }) => value).join(' ')).join(', ');
}

/** Names to ask about for a block: those that it gives, and for patterns one that they match. */
export function sampleNames(block: Block): readonly string[] {
  if (block.kind !== 'host') return [];
  const words = block.header?.words.map(({ value }) => value) ?? [];
  const made = words
    .filter((word) => !word.startsWith('!'))
    .map((word) => (isLiteral(word) ? word : word.replace(/\*+/g, 'example').replaceAll('?', 'x')));
  return [...new Set(made)].filter((name) => matchesHostLine(words, name));
}

/** Does one of the blocks speak for the name, in either version? */
export function speaksFor(blocks: readonly LocatedBlock[], trees: readonly ConfigTree[], host: string): boolean {
  return blocks.some((located) => trees.some((tree) => couldApply(located, resolve(tree, host), tree.localUser)));
}
