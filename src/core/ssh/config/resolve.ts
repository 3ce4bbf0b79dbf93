import type { Directive } from './document';
import { matchApplies } from './match';
import { matchesHostLine } from './patterns';
import type { ConfigFile, ConfigTree, LocatedBlock, LocatedDirective } from './tree';
import { allFiles, MAX_DEPTH } from './tree';

/** Keywords of which every occurrence counts; of all others the first does (ssh_config(5)). */
export const accumulating: ReadonlySet<string> = new Set([
  'identityfile',
  'certificatefile',
  'localforward',
  'remoteforward',
  'dynamicforward',
  'sendenv',
]);

/** Older names of a keyword. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['dsaauthentication', 'pubkeyauthentication'],
  ['hostbasedkeytypes', 'hostbasedacceptedalgorithms'],
  ['pubkeyacceptedkeytypes', 'pubkeyacceptedalgorithms'],
  ['identityfile2', 'identityfile'],
  ['challengeresponseauthentication', 'kbdinteractiveauthentication'],
  ['skeyauthentication', 'kbdinteractiveauthentication'],
  ['tisauthentication', 'kbdinteractiveauthentication'],
]);

/** The name by which ssh itself keeps a keyword. */
export function canonicalKeyword(keyword: string): string {
  return synonyms.get(keyword) ?? keyword;
}

/** What ssh would use for one name, and from which lines. */
export interface Resolution {
  /** As typed after `ssh`. */
  readonly host: string;
  /** Where it connects to: HostName with `%h` replaced, lower case. */
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  /** The deciding line of each keyword that is set; all of them for keywords that add up. */
  readonly values: ReadonlyMap<string, readonly LocatedDirective[]>;
  /** True where the answer hangs on what is not looked up here: a command of `Match exec`, the network, ssh's version. */
  readonly uncertain: boolean;
}

export interface ResolveOptions {
  /** What commands of `Match exec` are taken to answer: they are never run. Default false. */
  readonly exec?: boolean;
}

/** Effective values of one name, as `ssh -G` gives them (readconf.c, ssh.c): the first value of a keyword wins. */
export function resolve(tree: ConfigTree, host: string, options: ResolveOptions = {}): Resolution {
  const run = new Run(tree, host, options.exec ?? false);
  run.pass(host, false);
  const canonicalize = run.valueOf('canonicalizehostname')?.toLowerCase();
  const looksUp = canonicalize !== undefined && !['no', 'false', 'none'].includes(canonicalize);
  if (looksUp) run.uncertain = true;
  const hostName = run.hostName().toLowerCase();
  if (looksUp || wantsFinal(tree)) {
    run.fixedHostName = hostName;
    run.pass(hostName, true);
  }
  const port = Number(run.valueOf('port') ?? 22);
  return {
    host,
    hostName,
    user: run.valueOf('user') ?? tree.localUser,
    port: Number.isInteger(port) ? port : 22,
    values: run.values,
    uncertain: run.uncertain,
  };
}

const finals = new WeakMap<ConfigTree, boolean>();

/** Does any line ask for the second reading? ssh looks at all of them, whether they apply or not. */
export function wantsFinal(tree: ConfigTree): boolean {
  let wants = finals.get(tree);
  if (wants === undefined) {
    wants = allFiles(tree).some((file) =>
      file.document.blocks.some(
        (block) => block.kind === 'match' && file.match(block).criteria.some(({ attribute }) => attribute === 'final'),
      ),
    );
    finals.set(tree, wants);
  }
  return wants;
}

class Run {
  readonly values = new Map<string, LocatedDirective[]>();
  uncertain = false;
  fixedHostName: string | undefined;

  constructor(
    private readonly tree: ConfigTree,
    private readonly original: string,
    private readonly exec: boolean,
  ) {}

  valueOf(keyword: string): string | undefined {
    return this.values.get(keyword)?.[0]?.directive.value;
  }

  hostName(): string {
    if (this.fixedHostName !== undefined) return this.fixedHostName;
    const set = this.valueOf('hostname');
    return set === undefined ? this.original : set.replace(/%([h%])/g, (_, letter: string) => (letter === 'h' ? this.original : '%'));
  }

  /** Reads all files once. @param host what Host lines are compared with */
  pass(host: string, final: boolean): void {
    for (const root of [this.tree.root, this.tree.system]) {
      const file = root === undefined ? undefined : this.tree.files.get(root);
      if (file !== undefined) this.#read(file, host, final, 0);
    }
  }

  #read(file: ConfigFile, host: string, final: boolean, depth: number): void {
    if (depth > MAX_DEPTH) return;
    for (const block of file.candidates(host)) {
      if (!this.#applies(file, block, host, final)) continue;
      const located = { file, block };
      for (const directive of block.directives) {
        if (directive.keyword === 'include') {
          for (const path of file.includes.get(directive.line) ?? []) {
            const included = this.tree.files.get(path);
            if (included !== undefined) this.#read(included, host, final, depth + 1);
          }
        } else this.#take(located, directive);
      }
    }
  }

  #applies(file: ConfigFile, block: LocatedBlock['block'], host: string, final: boolean): boolean {
    if (block.header === undefined) return true;
    if (block.kind === 'host')
      return matchesHostLine(
        block.header.words.map(({ value }) => value),
        host,
      );
    const { applies, uncertain } = matchApplies(file.match(block), {
      host: this.hostName(),
      originalHost: this.original,
      user: this.valueOf('user') ?? this.tree.localUser,
      localUser: this.tree.localUser,
      tag: this.valueOf('tag') ?? '',
      final,
      exec: this.exec,
    });
    if (uncertain) this.uncertain = true;
    return applies;
  }

  #take(located: LocatedBlock, directive: Directive): void {
    const keyword = canonicalKeyword(directive.keyword);
    // before the second reading ssh has settled where it connects to
    if (keyword === 'hostname' && this.fixedHostName !== undefined) return;
    const one = { ...located, directive };
    const known = this.values.get(keyword);
    if (accumulating.has(keyword)) {
      if (known === undefined) this.values.set(keyword, [one]);
      else if (!known.some(({ directive: other }) => sameWords(other, directive))) known.push(one);
      return;
    }
    // whichever of the two comes first decides how the machine is reached
    if (keyword === 'proxycommand' && this.values.has('proxyjump')) return;
    if (keyword === 'proxyjump' && this.values.has('proxycommand')) return;
    if (known === undefined) this.values.set(keyword, [one]);
  }
}

function sameWords(a: Directive, b: Directive): boolean {
  return a.words.length === b.words.length && a.words.every(({ value }, i) => value === b.words[i]?.value);
}

/** Could the block apply to this name, or to the name that it leads to? Unknown conditions count as yes. */
export function couldApply(
  { file, block }: LocatedBlock,
  { host, hostName, user }: Pick<Resolution, 'host' | 'hostName' | 'user'>,
  localUser: string,
): boolean {
  if (block.header === undefined) return true;
  if (block.kind === 'host') {
    const patterns = block.header.words.map(({ value }) => value);
    return matchesHostLine(patterns, host) || matchesHostLine(patterns, hostName);
  }
  const line = file.match(block);
  if (line.problem !== undefined) return true;
  return [host, hostName].some((name) =>
    [true, false].some((final) =>
      [true, false].some((exec) => {
        const { applies, uncertain } = matchApplies(line, { host: name, originalHost: host, user, localUser, tag: '', final, exec });
        return applies || uncertain || line.criteria.some(({ attribute }) => attribute === 'user' || attribute === 'tagged');
      }),
    ),
  );
}
