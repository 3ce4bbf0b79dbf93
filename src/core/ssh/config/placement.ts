import { sampleNames } from './compare';
import type { Block } from './document';
import { parseConfig } from './document';
import type { Proposal, Subject } from './editor';
import { entryText, insertLines, removeEntry } from './edits';
import { startBefore } from './layout';
import { isLiteral, matchesHostLine } from './patterns';
import { splice } from './splice';
import { ConfigFile } from './tree';

/**
 * Where a new entry wins: before the first block whose patterns or conditions speak for its names too, else at the end of the file.
 * @param header `Host …` or `Match …` as it will stand in the file
 * @param ignore a block that is about to be moved away
 */
export function placeFor(file: ConfigFile, header: string, ignore?: Block): { readonly offset: number; readonly index: number } {
  const { document } = file;
  const own = parseConfig(header).blocks[1];
  const end = { offset: document.text.length, index: document.blocks.length };
  if (own === undefined) return end;
  const names = sampleNames(own);
  const rival = document.blocks.find((block) => block !== ignore && block.header !== undefined && takesOver(file, block, names));
  return rival === undefined ? end : { offset: startBefore(document, rival), index: rival.index };
}

function takesOver(file: ConfigFile, block: Block, names: readonly string[]): boolean {
  const words = block.header?.words.map(({ value }) => value) ?? [];
  if (block.kind === 'match') {
    const { criteria } = file.match(block);
    if (names.length === 0) return criteria.some(({ attribute }) => attribute === 'all');
    return criteria.every(({ attribute, negated, argument = '' }) => {
      if (attribute !== 'host' && attribute !== 'originalhost') return true;
      return names.some((name) => matchesHostLine(argument.toLowerCase().split(','), name.toLowerCase())) !== negated;
    });
  }
  // conditions can't be compared with patterns: they go before what is for everyone
  if (names.length === 0) return words.includes('*');
  return words.some((word) => !isLiteral(word)) && names.some((name) => matchesHostLine(words, name));
}

/** An entry moved to where its options win, in a file's text; undefined where it stands there already. */
export function moveUp(file: ConfigFile, index: number): { readonly after: string; readonly index: number } | undefined {
  const block = file.document.blocks[index];
  if (block?.header === undefined) return undefined;
  const header = `${block.kind === 'host' ? 'Host' : 'Match'} ${block.header.raw}`;
  const place = placeFor(file, header, block);
  if (place.index >= index) return undefined;
  const { document } = file;
  const after = splice(document.text, [insertLines(document, place.offset, entryText(document, block)), removeEntry(document, block)]);
  return { after, index: place.index };
}

/** The same for a change that is only proposed: where an option of its entry would have no effect. */
export function movedUp(proposal: Proposal, index: number | undefined): { readonly after: string; readonly subject: Subject } | undefined {
  if (index === undefined || proposal.shadowed.length === 0) return undefined;
  const moved = moveUp(new ConfigFile(proposal.path, parseConfig(proposal.after), new Map()), index);
  return moved === undefined ? undefined : { after: moved.after, subject: { before: index, after: moved.index } };
}
