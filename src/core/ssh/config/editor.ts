import { SkylabError } from '../../errors';
import { differences, sampleNames, speaksFor } from './compare';
import { runsCommands } from './mirror';
import type { AppliedChange, PersonConfig, SshAnswer, SshOracle } from './ports';
import { canonicalKeyword, resolve } from './resolve';
import type { ConfigTree, LocatedBlock, LocatedDirective } from './tree';
import { entriesOf, personFiles } from './tree';
import { shownText } from './words';

/** Names about which ssh itself is asked before and after a change; beyond them our own reading decides, which is tested to agree. */
const ASKED = 24;
/** A name that no entry gives, for asking about a file as a whole. */
const CHECK = 'skylab-check.invalid';
/** From so many entries on, ssh takes long to read the files: fewer questions. */
const LARGE = 500;

/** A change of one file that has been checked and not yet made. */
export interface Proposal {
  readonly path: string;
  /** One character per byte. */
  readonly before: string;
  readonly after: string;
  /** Other names that the changed entry speaks for and whose answer changes with it. */
  readonly alsoChanges: readonly string[];
  /** Options of the entry that have no effect, each with the line that decides instead. */
  readonly shadowed: readonly { readonly option: string; readonly by: LocatedDirective }[];
}

/** Which entry a change is about: its number in the file before and after. */
export interface Subject {
  readonly before?: number;
  readonly after?: number;
}

/** Changes the person's own ssh configuration: each change is checked with ssh itself before it is made. */
export class ConfigEditor {
  constructor(
    private readonly config: PersonConfig,
    private readonly oracle: SshOracle,
  ) {}

  load(): Promise<ConfigTree> {
    return this.config.load();
  }

  /**
   * Checks a change: ssh must take the file, and every name that the entry does not speak for must keep its answer.
   * @throws SkylabError `ConfigRefused`, or `OthersChange` with the name and what would change
   */
  async propose(tree: ConfigTree, path: string, after: string, subject: Subject): Promise<Proposal> {
    const before = tree.files.get(path)?.text ?? '';
    if (after.includes('\0'))
      throw new SkylabError(`${path} is no text file that ssh could read.`, { code: 'FileUnusable', next: 'Save it as UTF-8 text.' });
    const next = await this.config.withText(tree, path, after);
    const subjects = subjectBlocks(tree, next, path, subject);
    const changed = await differences(tree, next, path);
    const own = new Set(subjects.flatMap(({ block }) => sampleNames(block)));
    const others = changed.filter(({ host }) => !own.has(host));
    const stray = others.find(({ host }) => !speaksFor(subjects, [tree, next], host));
    if (stray !== undefined) throw changesOthers(stray.host, stray.keyword, stray.before, stray.after);
    await this.#askSsh(
      tree,
      next,
      path,
      subjects,
      [...own],
      others.map(({ host }) => host),
    );
    return {
      path,
      before,
      after,
      alsoChanges: others.map(({ host }) => host),
      shadowed: shadowedOptions(next, subjects.at(-1), subject.after !== undefined),
    };
  }

  /** Makes a change that was proposed. @throws SkylabError `FileChanged` when the file is another by now */
  apply(proposal: Proposal): Promise<AppliedChange> {
    return this.config.write(proposal.path, proposal.before, proposal.after);
  }

  async #askSsh(
    before: ConfigTree,
    after: ConfigTree,
    path: string,
    subjects: readonly LocatedBlock[],
    own: readonly string[],
    affected: readonly string[],
  ): Promise<void> {
    const unaffected = neighbors(after, path, subjects).filter((host) => !own.includes(host) && !affected.includes(host));
    const others = unaffected.filter((host) => !speaksFor(subjects, [before, after], host));
    const meant = own.length === 0 ? [CHECK] : own.slice(0, ASKED);
    // a large file takes ssh long: our own reading has compared all names, and ssh confirms it for the entry and one beside it
    const large = sizeOf(after) > LARGE;
    const asked = large ? [...meant.slice(0, 1), ...others.slice(0, 1)] : meant;
    const compared = large ? [] : others;
    for (const exec of runsCommands(after) || runsCommands(before) ? [false, true] : [false]) {
      const [complete, old, now] = await Promise.all([
        this.oracle.ask(after, asked, { exec }),
        this.oracle.ask(before, compared, { exec }),
        this.oracle.ask(after, compared, { exec }),
      ]);
      if (complete === undefined || old === undefined || now === undefined) return;
      for (const [host, answer] of [...complete, ...now]) {
        const earlier = old.get(host);
        if (answer.kind === 'refused') throw await this.#refused(before, path, answer.message, exec);
        if (asked.includes(host)) agree(after, host, answer, exec);
        else if (earlier?.kind === 'values') sameAnswer(host, earlier, answer);
      }
    }
  }

  /** Was it refused before, or is it the change that ssh does not take? */
  async #refused(before: ConfigTree, path: string, message: string, exec: boolean): Promise<SkylabError> {
    return refused(path, message, (await this.oracle.ask(before, [CHECK], { exec }))?.get(CHECK));
  }
}

/** Entries in all files. */
function sizeOf(tree: ConfigTree): number {
  return personFiles(tree).reduce((sum, file) => sum + file.document.blocks.length, 0);
}

function subjectBlocks(before: ConfigTree, after: ConfigTree, path: string, subject: Subject): readonly LocatedBlock[] {
  const at = (tree: ConfigTree, index: number | undefined): LocatedBlock[] => {
    const file = tree.files.get(path);
    const block = index === undefined ? undefined : file?.document.blocks[index];
    return file === undefined || block === undefined ? [] : [{ file, block }];
  };
  return [...at(before, subject.before), ...at(after, subject.after)];
}

/** Names of the entries around a change, then of those at the ends and spread over all files. */
function neighbors(tree: ConfigTree, path: string, subjects: readonly LocatedBlock[]): readonly string[] {
  const names: string[] = [];
  const take = (name: string | undefined): void => {
    if (name !== undefined && names.length < ASKED && !names.includes(name)) names.push(name);
  };
  const at = subjects.at(-1)?.block.index ?? 0;
  const blocks = tree.files.get(path)?.document.blocks ?? [];
  const spread = sizeOf(tree) > LARGE ? 0 : ASKED;
  for (const block of blocks.slice(Math.max(0, at - 1), at + 2)) for (const name of sampleNames(block)) take(name);
  // the last: the first is the entry before, or the entry itself
  if (spread === 0) return names.slice(-1);
  const all = personFiles(tree).flatMap((file) => entriesOf(file).flatMap(({ block }) => sampleNames(block)));
  const step = Math.max(1, Math.floor(all.length / spread));
  for (let i = 0; i < all.length; i += step) take(all[i]);
  take(CHECK);
  return names;
}

/** Options of the entry that another line decides, for a name that it gives. */
function shadowedOptions(tree: ConfigTree, subject: LocatedBlock | undefined, exists: boolean): Proposal['shadowed'] {
  const host = subject === undefined || !exists ? undefined : sampleNames(subject.block)[0];
  if (subject === undefined || host === undefined) return [];
  const { values } = resolve(tree, host);
  const seen = new Set<string>();
  return subject.block.directives.flatMap((directive) => {
    const keyword = canonicalKeyword(directive.keyword);
    if (keyword === 'include' || seen.has(keyword)) return [];
    seen.add(keyword);
    const rival = keyword === 'proxyjump' ? 'proxycommand' : keyword === 'proxycommand' ? 'proxyjump' : keyword;
    const deciding = [...(values.get(keyword) ?? []), ...(values.get(rival) ?? [])];
    const by = deciding[0];
    if (by === undefined || (values.get(keyword) ?? []).some(({ block }) => block === subject.block)) return [];
    const same = by.directive.words.map(({ value }) => value).join(' ') === directive.words.map(({ value }) => value).join(' ');
    return same ? [] : [{ option: directive.name, by }];
  });
}

/** ssh must read the entry as we do, or what was shown is not what would happen. */
function agree(tree: ConfigTree, host: string, answer: Extract<SshAnswer, { kind: 'values' }>, exec: boolean): void {
  const mine = resolve(tree, host, { exec });
  if (mine.uncertain) return;
  const pairs = [
    ['hostname', mine.hostName],
    ['port', String(mine.port)],
    ['user', mine.user],
  ] as const;
  for (const [keyword, wanted] of pairs) {
    const said = answer.values.get(keyword)?.[0];
    if (said === undefined || said === wanted || /[%$]/.test(wanted)) continue;
    throw new SkylabError(
      `ssh would take another ${keyword} for ${shownText(host)} than the one meant: ${shownText(said)}. Nothing was changed.`,
      {
        code: 'ConfigRefused',
        next: 'Change the entry in the editor instead.',
      },
    );
  }
}

function changesOthers(host: string, keyword: string, before: string, after: string): SkylabError {
  const to = after === '' ? 'no longer be set' : `be ${shownText(after)}`;
  const was = before === '' ? '' : ` instead of ${shownText(before)}`;
  return new SkylabError(`This would change another host too: ${keyword} of ${shownText(host)} would ${to}${was}. Nothing was changed.`, {
    code: 'OthersChange',
    next: 'Place the entry by hand in the editor.',
  });
}

/** @throws SkylabError where the answers differ; a variable that is sent twice is no difference */
function sameAnswer(host: string, before: Extract<SshAnswer, { kind: 'values' }>, after: Extract<SshAnswer, { kind: 'values' }>): void {
  const said = (answer: typeof before, keyword: string): string => [...new Set(answer.values.get(keyword))].join(', ');
  for (const keyword of new Set([...before.values.keys(), ...after.values.keys()])) {
    const [old, now] = [said(before, keyword), said(after, keyword)];
    if (old !== now) throw changesOthers(host, keyword, old, now);
  }
}

function refused(path: string, message: string, earlier: SshAnswer | undefined): SkylabError {
  if (earlier?.kind === 'refused') {
    const line = /\bline (\d+)/.exec(earlier.message)?.[1];
    const file = /^(.+?):? line \d+/.exec(earlier.message)?.[1] ?? path;
    return new SkylabError(`ssh refuses the configuration as it is: ${earlier.message}. Nothing was changed.`, {
      code: 'ConfigRefused',
      next: 'Correct that line first: until then ssh reaches no host at all.',
      remedies: [{ kind: 'openFile', path: file, ...(line === undefined ? {} : { line: Number(line) }) }],
    });
  }
  return new SkylabError(`ssh would refuse the configuration: ${message}. Nothing was changed.`, {
    code: 'ConfigRefused',
    next: 'Type another value.',
  });
}
