import { posix } from 'node:path';
import { SkylabError } from '../../errors';
import { EnvFile } from '../envFile';
import { expandVariables } from '../envExpand';
import { interpolate, mentions } from '../interpolation';
import type { LabFile } from '../ports';
import { overlay, overlayDict, withoutResets } from './merge';
import type { ComposeChoice } from './sources';
import type { Dict, Leaf, Place, Reading, Tree } from './tree';
import { child, faultAt, leaf, oneOrMore, parseTree } from './tree';

type Lookup = (name: string) => string | undefined;

/** Gives the text of a file of the folder; undefined where there is none. */
export type TextOf = (path: string) => string | undefined;

/**
 * How variables are read: `written` leaves them as they stand; `filled` puts values in and judges nothing that holds a variable without one; `strict`
 * refuses as Compose does.
 */
export type LoadMode = 'written' | 'filled' | 'strict';

/** Compose's model of the chosen files, before services are taken from it. */
export interface LoadedModel {
  readonly root: Dict;
  /** Every Compose file that was read, the chosen ones first in their order. */
  readonly files: readonly LabFile[];
  /** Parts that Compose itself fetches on the machine: an include from a repository or a registry. */
  readonly remote: readonly Leaf[];
}

/** An include or extends that Compose fetches itself. */
const REMOTE = /^(https?:|git:|ssh:|oci:|git@)|^github\.com\//;

class Loader {
  readonly files = new Map<string, LabFile>();
  readonly remote: Leaf[] = [];

  constructor(
    private readonly textOf: TextOf,
    private readonly mode: LoadMode,
  ) {}

  /** Reads files one over the other, with what they include and extend. */
  model(paths: readonly string[], base: string, lookup: Lookup, chain: readonly string[], from: Place | undefined): Dict {
    let model: Dict | undefined;
    for (const path of paths) {
      if (chain.includes(path)) throw faultAt(from ?? { path, line: 1 }, `it includes itself: ${[...chain, path].join(' → ')}`);
      for (const document of this.#parse(path, base, lookup, from)) {
        const included = this.#includes(document, base, lookup, [...chain, path]);
        const whole = this.#extends(included ? overlayResources(included, document) : document, path, lookup);
        model = model ? overlayDict(model, whole) : whole;
      }
    }
    const [first = ''] = paths;
    return model ?? { kind: 'dict', entries: new Map(), at: { path: first, base, start: 0, end: 0, line: 1 } };
  }

  #parse(path: string, base: string, lookup: Lookup, from: Place | undefined): Dict[] {
    const file = this.#file(path, from);
    const { mode } = this;
    if (mode === 'written') return parseTree(file, { base });
    const fill: Reading['fill'] = (text) => {
      const lacking =
        mode === 'filled' && mentions(text).some(({ name, fallback }) => fallback === undefined && (lookup(name) ?? '') === '');
      return { text: lacking ? interpolate(text, lookup) : expandVariables(text, lookup), lacking };
    };
    return parseTree(file, { base, fill });
  }

  #file(path: string, from: Place | undefined): LabFile {
    const known = this.files.get(path);
    if (known) return known;
    const text = this.textOf(path);
    if (text === undefined) {
      const why = isOutside(path) ? 'lies outside the folder and would not be uploaded' : 'is not in the folder';
      if (from) throw faultAt(from, `${path} ${why}`);
      throw new SkylabError(`The Compose file ${path} ${why}.`, {
        next: 'Check COMPOSE_FILE in the .env, or choose other files.',
        code: 'ComposeFileMissing',
      });
    }
    const file = { path, text };
    this.files.set(path, file);
    return file;
  }

  /** A path as it is written in the model, from the folder's top. */
  #path(written: Leaf, lookup: Lookup): string {
    const text = this.mode === 'written' ? interpolate(written.text, lookup) : written.text;
    return posix.isAbsolute(text) ? text : posix.join(written.at.base, text);
  }

  #includes(document: Dict, base: string, lookup: Lookup, chain: readonly string[]): Dict | undefined {
    const include = child(document, 'include');
    if (include === undefined) return undefined;
    if (include.kind !== 'list') throw faultAt(include.at, 'include has to be a list');
    let model: Dict | undefined;
    for (const item of include.items) {
      const leaves = oneOrMore(item.kind === 'leaf' ? item : child(item, 'path')).flatMap((one) => (one.kind === 'leaf' ? [one] : []));
      const [first] = leaves;
      if (!first) throw faultAt(item.at, 'an include names no path');
      if (leaves.some(({ text }) => REMOTE.test(text))) {
        this.remote.push(first);
        continue;
      }
      const paths = leaves.map((one) => this.#path(one, lookup));
      const directory = leaf(item, 'project_directory');
      const inside = directory ? this.#path(directory, lookup) : posix.dirname(paths[0] ?? '');
      const own = this.#includedEnv(item, inside, base, lookup);
      const part = this.model(paths, inside, (name) => lookup(name) ?? own(name), chain, first.at);
      model = model ? overlayResources(model, part) : part;
    }
    return model;
  }

  /** The variables of an included part: its own env_file, or the .env in its folder. The project's values win. */
  #includedEnv(item: Tree, inside: string, base: string, lookup: Lookup): Lookup {
    const named = oneOrMore(child(item, 'env_file')).flatMap((one) => (one.kind === 'leaf' ? [one] : []));
    const paths = named.length > 0 ? named.map((one) => this.#path(one, lookup)) : inside === base ? [] : [posix.join(inside, '.env')];
    const files = paths.flatMap((path) => {
      const text = this.textOf(path);
      return text === undefined ? [] : [EnvFile.parse(text, path)];
    });
    return (name) => files.findLast((file) => file.has(name))?.get(name);
  }

  #extends(model: Dict, path: string, lookup: Lookup): Dict {
    const services = child(model, 'services');
    if (services?.kind !== 'dict') return model;
    if (![...services.entries.values()].some((service) => child(service, 'extends') !== undefined)) return model;
    const done = new Map([...services.entries.keys()].map((name) => [name, this.#extended(services, name, path, lookup, [])]));
    return { ...model, entries: new Map([...model.entries, ['services', { ...services, entries: done }]]) };
  }

  #extended(services: Dict, name: string, path: string, lookup: Lookup, chain: readonly string[]): Tree {
    const service = services.entries.get(name);
    if (service?.kind !== 'dict') return service ?? services;
    const extending = service.entries.get('extends');
    if (extending === undefined || extending.kind === 'list') return service;
    const id = `${path}#${name}`;
    if (chain.includes(id)) throw faultAt(extending.at, `${name} extends itself`);
    const reference = extending.kind === 'leaf' ? extending : leaf(extending, 'service');
    if (!reference) throw faultAt(extending.at, `${name} extends, but names no service`);
    const own: Dict = { ...service, entries: new Map([...service.entries].filter(([key]) => key !== 'extends')) };
    const file = extending.kind === 'leaf' ? undefined : leaf(extending, 'file');
    if (file && REMOTE.test(file.text)) {
      this.remote.push(file);
      return own;
    }
    const otherPath = file ? this.#path(file, lookup) : path;
    const others = file ? this.#servicesOf(otherPath, lookup, file.at) : services;
    if (others?.entries.get(reference.text) === undefined) {
      throw faultAt(reference.at, `${name} extends ${reference.text}, which ${file ? otherPath : 'the file'} does not have`);
    }
    const base = this.#extended(others, reference.text, otherPath, lookup, [...chain, id]);
    return base.kind === 'dict' ? (overlay(base, own, 'service') ?? own) : own;
  }

  #servicesOf(path: string, lookup: Lookup, from: Place): Dict | undefined {
    for (const document of this.#parse(path, posix.dirname(path), lookup, from)) {
      const services = child(document, 'services');
      if (services?.kind === 'dict') return services;
    }
    return undefined;
  }
}

function isOutside(path: string): boolean {
  return path.startsWith('..') || posix.isAbsolute(path);
}

/** What is included stands beneath what the including file says of the same thing. */
function overlayResources(base: Dict, over: Dict): Dict {
  const kept = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models'];
  const shared = new Map([...base.entries].filter(([key]) => kept.includes(key)));
  return overlayDict({ ...base, entries: shared }, over);
}

/**
 * Reads the chosen files into one model by Compose's rules: later files over earlier ones, `include`, `extends`, anchors, `!reset`.
 * @param textOf gives the folder's files, among them every one that the model names
 * @param lookup the variables: the folder's .env, with the answers of the form laid over
 * @throws SkylabError with file and line for what does not parse or cannot be merged
 */
export function loadModel(choice: ComposeChoice, textOf: TextOf, lookup: Lookup, mode: LoadMode): LoadedModel {
  const loader = new Loader(textOf, mode);
  const base = posix.dirname(choice.files[0] ?? '.');
  const root = withoutResets(loader.model(choice.files, base, lookup, [], undefined));
  return { root, files: [...loader.files.values()], remote: loader.remote };
}
