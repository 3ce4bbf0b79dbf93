import { closestKeyword, findKeyword, valueProblem } from './keywords';
import type { Block, Directive } from './document';
import { blockAtLine } from './layout';
import { matchesList } from './patterns';
import { accumulating, canonicalKeyword, resolve } from './resolve';
import type { Splice } from './splice';
import type { ConfigFile, ConfigTree, LocatedDirective } from './tree';
import { entriesOf, MAX_DEPTH, personFiles } from './tree';
import { Turns } from './turns';
import { shownText } from './words';

/** What repairs a problem. */
export type Fix =
  | { readonly kind: 'splice'; readonly does: 'removeBom' | 'spelling' | 'quote'; readonly splice: Splice; readonly text?: string }
  | { readonly kind: 'move'; readonly block: number }
  | { readonly kind: 'protect'; readonly path: string }
  | { readonly kind: 'key'; readonly path: string; readonly directive: Directive };

/** Something in a configuration that OpenSSH refuses, or reads otherwise than it looks. */
export interface Problem {
  readonly code: string;
  /** `error`: ssh refuses the whole configuration, or cannot log in. `warning`: something has no effect. */
  readonly severity: 'error' | 'warning' | 'hint';
  readonly message: string;
  readonly path: string;
  /** Counted from 0. */
  readonly line: number;
  /** Offsets in the file's text. */
  readonly start: number;
  readonly end: number;
  /** The block's number. */
  readonly block: number;
  readonly fix?: Fix;
}

/** Everything that is wrong with one file by itself: what ssh would refuse, or pass over without a word. */
export async function fileProblems(file: ConfigFile, tree: ConfigTree, turns = new Turns()): Promise<readonly Problem[]> {
  const found: Problem[] = [];
  const { text, document, path } = file;
  const whole = { path, line: 0, start: 0, end: 0, block: 0 };
  const mark = /^(?:\u00EF\u00BB\u00BF|\uFEFF)/.exec(text)?.[0].length ?? 0;
  if (mark > 0) {
    const fix: Fix = { kind: 'splice', does: 'removeBom', splice: { offset: 0, length: mark, text: '' } };
    found.push({
      ...whole,
      code: 'bom',
      severity: 'error',
      message: 'The file begins with a byte order mark: ssh refuses it',
      end: mark,
      fix,
    });
  }
  if (file.foreignOwner) {
    found.push({ ...whole, code: 'owner', severity: 'error', message: 'The file belongs to another account: ssh refuses it' });
  } else if (file.mode !== undefined && (file.mode & 0o022) !== 0) {
    const fix: Fix = { kind: 'protect', path };
    const message = `Others may write this file (mode ${(file.mode & 0o777).toString(8)}): ssh refuses it`;
    found.push({ ...whole, code: 'openFile', severity: 'error', message, fix });
  }
  const ignored = ignoredKeywords(tree);
  for (const block of document.blocks) {
    await turns.next();
    const of = (directive: Directive): Omit<Problem, 'code' | 'severity' | 'message'> => ({
      path,
      line: directive.line,
      start: directive.keywordStart,
      end: Math.max(directive.valueEnd, directive.keywordEnd),
      block: block.index,
    });
    if (block.header !== undefined) found.push(...headerProblems(file, block, block.header, of));
    for (const directive of block.directives) found.push(...lineProblems(file, block, directive, of(directive), ignored));
  }
  return found;
}

type Place = Omit<Problem, 'code' | 'severity' | 'message'>;

function headerProblems(file: ConfigFile, block: Block, header: Directive, of: (directive: Directive) => Place): Problem[] {
  if (header.raw === '') return [{ ...of(header), code: 'noValue', severity: 'error', message: `${header.name} needs a value` }];
  if (block.kind === 'match') {
    const { problem } = file.match(block);
    return problem === undefined ? [] : [{ ...of(header), code: 'badMatch', severity: 'error', message: problem }];
  }
  return quoteProblem(header, of(header));
}

function quoteProblem(directive: Directive, place: Place): Problem[] {
  return directive.complete ? [] : [{ ...place, code: 'badQuotes', severity: 'error', message: 'A quote is never closed' }];
}

function lineProblems(file: ConfigFile, block: Block, directive: Directive, place: Place, ignored: string): Problem[] {
  const keyword = findKeyword(directive.keyword);
  if (keyword === undefined) {
    if (ignored !== '' && matchesList(ignored, directive.keyword, true)) return [];
    const closest = closestKeyword(directive.keyword);
    const spelled = { offset: directive.keywordStart, length: directive.keywordEnd - directive.keywordStart, text: closest ?? '' };
    const hint = closest === undefined ? '' : `; did you mean ${closest}?`;
    const fix: { fix?: Fix } = closest === undefined ? {} : { fix: { kind: 'splice', does: 'spelling', splice: spelled, text: closest } };
    const message = `ssh knows no “${shownText(directive.name)}”: it refuses the whole configuration${hint}`;
    return [{ ...place, end: directive.keywordEnd, code: 'unknownKeyword', severity: 'error', message, ...fix }];
  }
  if (directive.raw === '') return [{ ...place, code: 'noValue', severity: 'error', message: `${keyword.name} needs a value` }];
  if (keyword.kind !== 'command' && !directive.complete) return quoteProblem(directive, place);
  if (keyword.obsolete) return [{ ...place, code: 'obsolete', severity: 'hint', message: `${keyword.name}: ${keyword.help}` }];
  const words = directive.words.map(({ value }) => value);
  const problem = valueProblem(keyword, words);
  if (problem !== undefined) {
    const fix = keyword.kind === 'path' && words.length > 1 ? { fix: quoteFix(directive) } : {};
    return [{ ...place, start: directive.valueStart, code: 'badValue', severity: 'error', message: problem, ...fix }];
  }
  return directive.keyword === 'include' ? includeProblems(file, block, directive, place) : [];
}

function quoteFix(directive: Directive): Fix {
  const { valueStart, wordsEnd } = directive;
  const path = directive.raw.slice(0, wordsEnd - valueStart).replaceAll('"', '');
  return { kind: 'splice', does: 'quote', splice: { offset: valueStart, length: wordsEnd - valueStart, text: `"${path}"` } };
}

function includeProblems(file: ConfigFile, block: Block, directive: Directive, place: Place): Problem[] {
  const reached = file.includes.get(directive.line) ?? [];
  if (reached.length === 0 && directive.words.length > 1 && directive.words.slice(1).some(({ value }) => !/^[~/]|[*?]/.test(value))) {
    const message = 'Nothing is found here: a path with blanks has to stand in double quotes';
    return [{ ...place, code: 'unquoted', severity: 'warning', message, fix: quoteFix(directive) }];
  }
  const words = block.header?.words.map(({ value }) => value) ?? ['*'];
  const forAll = block.kind === 'match' ? block.header?.raw.trim().toLowerCase() === 'all' : words.includes('*');
  if (forAll) return [];
  const message = `This Include belongs to the entry above it: it is read for ${shownText(block.header?.raw ?? '')} only`;
  return [{ ...place, code: 'swallowedInclude', severity: 'warning', message }];
}

/** What any IgnoreUnknown lists; whether it stands before is left to ssh. */
function ignoredKeywords(tree: ConfigTree): string {
  return personFiles(tree)
    .flatMap((file) => (/ignoreunknown/i.test(file.text) ? file.document.blocks : []))
    .flatMap(({ directives }) => directives.filter(({ keyword }) => keyword === 'ignoreunknown').map(({ value }) => value))
    .join(',');
}

/** Options of named hosts that an earlier line decides, and entries that are never reached. */
export async function orderProblems(file: ConfigFile, tree: ConfigTree, turns = new Turns()): Promise<readonly Problem[]> {
  const found: Problem[] = [];
  const told = new Set<Directive>();
  for (const { kind, label, block } of entriesOf(file)) {
    await turns.next();
    if (kind !== 'host' || block.directives.length === 0) continue;
    const { values } = resolve(tree, label);
    const beaten = block.directives.flatMap((directive) => {
      const by = decidedBy(directive, block, values);
      return by === undefined ? [] : [{ directive, by }];
    });
    const single = block.directives.filter(({ keyword }) => !accumulating.has(canonicalKeyword(keyword)) && keyword !== 'include');
    const twin = beaten.find(({ by }) => by.block.kind === 'host' && by.block.header?.words.some(({ value }) => value === label));
    if (twin !== undefined && single.length > 0 && beaten.length === single.length && single.length === block.directives.length) {
      found.push({
        ...placeOf(file, block, block.header ?? twin.directive),
        code: 'duplicate',
        severity: 'warning',
        message: `${shownText(label)} is never read here: ${whereIs(twin.by)} has decided everything before`,
      });
      continue;
    }
    for (const { directive, by } of beaten) {
      if (told.has(directive) || said(directive) === said(by.directive)) continue;
      told.add(directive);
      const movable = by.block.kind !== 'global' && by.file === file;
      found.push({
        ...placeOf(file, block, directive),
        code: 'shadowed',
        severity: 'warning',
        message: `${directive.name} has no effect for ${shownText(label)}: ${whereIs(by)} sets it first`,
        ...(movable ? { fix: { kind: 'move', block: block.index } as const } : {}),
      });
    }
  }
  return found;
}

function placeOf(file: ConfigFile, block: Block, directive: Directive): Place {
  return { path: file.path, line: directive.line, start: directive.keywordStart, end: directive.valueEnd, block: block.index };
}

function decidedBy(
  directive: Directive,
  block: Block,
  values: ReadonlyMap<string, readonly LocatedDirective[]>,
): LocatedDirective | undefined {
  const keyword = canonicalKeyword(directive.keyword);
  if (accumulating.has(keyword) || keyword === 'include') return undefined;
  const rival = keyword === 'proxyjump' ? 'proxycommand' : keyword === 'proxycommand' ? 'proxyjump' : undefined;
  const by = values.get(keyword)?.[0] ?? (rival === undefined ? undefined : values.get(rival)?.[0]);
  return by === undefined || by.block === block ? undefined : by;
}

/** A line as a person finds it: `line 3 (Host *)`, with the file where it is another one. */
export function whereIs({ file, block, directive }: LocatedDirective): string {
  const header = block.header === undefined ? 'before all entries' : `${block.header.name} ${shownText(block.header.raw)}`;
  return `${fileName(file.path)}:${directive.line + 1} (${header.length > 60 ? `${header.slice(0, 60)}…` : header})`;
}

function fileName(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}

function said(directive: Directive): string {
  return directive.words.map(({ value }) => value).join(' ');
}

/** Includes that nest too deep or in a circle: ssh then refuses everything. */
export function depthProblems(tree: ConfigTree): readonly Problem[] {
  const found: Problem[] = [];
  const visit = (path: string, above: readonly string[]): void => {
    const file = tree.files.get(path);
    for (const directive of file?.document.includes ?? []) {
      const block = file === undefined ? undefined : blockAtLine(file.document, directive.line);
      for (const next of file?.includes.get(directive.line) ?? []) {
        if (file === undefined || block === undefined || found.length > 0) continue;
        const circle = next === path || above.includes(next);
        if (!circle && above.length + 1 <= MAX_DEPTH) visit(next, [...above, path]);
        else {
          const message = circle
            ? 'This file includes itself in a circle: ssh refuses it'
            : `Includes nest deeper than ${MAX_DEPTH}: ssh refuses this`;
          found.push({ ...placeOf(file, block, directive), code: 'tooDeep', severity: 'error', message });
        }
      }
    }
  };
  visit(tree.root, []);
  return found;
}
