import type { SkylabError } from '../../errors';
import { SkylabError as Fault } from '../../errors';
import type { Mention } from '../interpolation';
import { mentions } from '../interpolation';
import type { LabFile } from '../ports';
import { checkProject } from './check';
import type { LoadMode, TextOf } from './load';
import { loadModel } from './load';
import type { ComposeService, Placed } from './service';
import { ServiceReader } from './service';
import type { ComposeChoice } from './sources';
import type { Tree } from './tree';
import { dict, parseTree } from './tree';

/** The Compose files of a stack, read together as Compose reads them. */
export interface ComposeProject {
  readonly choice: ComposeChoice;
  /** The first of the chosen files. */
  readonly file: LabFile;
  /** Every file that was read, included and extended ones too. */
  readonly files: readonly LabFile[];
  /** The services that start with the chosen profiles. */
  readonly services: readonly ComposeService[];
  /** Those that wait for another profile. */
  readonly resting: readonly ComposeService[];
  /** Every profile that the files name, in their order. */
  readonly profiles: readonly string[];
  readonly mentions: readonly Mention[];
  /** The whole model. */
  readonly root: Tree;
  /** What Compose would refuse, each with file and line. Empty where values are read as written. */
  readonly faults: readonly SkylabError[];
  /** Parts that Compose fetches on the machine, unseen here. */
  readonly remote: readonly Placed[];
}

/**
 * Reads the chosen Compose files; Compose itself has the last word, on the machine.
 * @throws SkylabError that names file and line where they do not parse, or hold no services
 */
export function readProject(
  choice: ComposeChoice,
  textOf: TextOf,
  lookup: (name: string) => string | undefined,
  mode: LoadMode,
): ComposeProject {
  const { root, files, remote } = loadModel(choice, textOf, lookup, mode);
  const [file] = files;
  const found = dict(root, 'services');
  if (!file || (found.size === 0 && remote.length === 0)) {
    throw new Fault(`${choice.files.join(' and ')} names no services.`, {
      next: 'Add a services section with at least one service, or choose another folder.',
      code: 'ComposeEmpty',
    });
  }
  const reader = new ServiceReader(mode);
  const all = [...found].flatMap(([name, tree]) => (tree.kind === 'dict' ? [reader.service(name, tree)] : []));
  const wanted = (service: ComposeService) =>
    service.profiles.length === 0 || choice.profiles.includes('*') || service.profiles.some((name) => choice.profiles.includes(name));
  const project = {
    choice,
    file,
    files,
    services: all.filter(wanted),
    resting: all.filter((service) => !wanted(service)),
    profiles: [...new Set(all.flatMap((service) => service.profiles))],
    mentions: files.flatMap((one) => mentionsIn(parseTree(one, { base: '.' }), new Set())),
    root,
    remote: remote.map((one) => ({ value: one.text, ...one.at })),
  };
  return { ...project, faults: mode === 'written' ? [] : [...reader.faults, ...checkProject(project, textOf, lookup)] };
}

/** @param seen where the scalars stand that were looked at: what several aliases bring counts once */
function mentionsIn(trees: Iterable<Tree>, seen: Set<number>): Mention[] {
  return [...trees].flatMap((tree) => {
    if (tree.kind !== 'leaf') return mentionsIn(tree.kind === 'list' ? tree.items : tree.entries.values(), seen);
    if (!tree.isText || seen.has(tree.at.start)) return [];
    seen.add(tree.at.start);
    return mentions(tree.text);
  });
}
