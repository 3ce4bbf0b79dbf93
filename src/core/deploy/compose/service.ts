import { posix } from 'node:path';
import type { SkylabError } from '../../errors';
import { asNames, asPairs } from './merge';
import { clean, expandPort, portParts, volumeForm } from './short';
import type { LoadMode } from './load';
import type { Leaf, Place, Tree } from './tree';
import { child, faultAt, isTrue, leaf, oneOrMore, rows } from './tree';

/** A value and where it stands in its file (quotes included), so that it can be replaced without touching anything else. */
export interface Placed extends Place {
  readonly value: string;
}

export interface ComposePort {
  /** As written, or put together from the long form. */
  readonly text: string;
  readonly hostIp?: string;
  readonly published?: string;
  readonly target: string;
  readonly protocol: string;
  readonly line: Place;
  /** The scalar to edit; absent for the long form. */
  readonly at?: Placed;
}

export interface ComposeMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** The scalar that holds the source. */
  readonly at: Placed;
}

export interface ComposeVolume {
  /** bind, volume, tmpfs, npipe, cluster or image. */
  readonly type: string;
  /** A volume's name, or a path: absolute, or from the folder's top. Absent for an anonymous volume. */
  readonly source?: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly at: Place;
}

interface ComposeVariable {
  readonly name: string;
  /** Undefined for a name alone, which is passed through. */
  readonly value: string | undefined;
  /** The value's own place, or that of the whole entry `NAME=value`. */
  readonly at: Placed;
  /** Whether the place holds the entry `NAME=value`. */
  readonly pair: boolean;
}

export interface EnvFileUse {
  /** From the folder's top. */
  readonly path: string;
  readonly required: boolean;
  /** `raw` takes lines as they are, without quotes and variables. */
  readonly raw: boolean;
  readonly at: Place;
}

export interface ComposeBuild {
  /** From the folder's top, absolute, or an address. */
  readonly context: string;
  readonly dockerfile: string;
  readonly at: Place;
}

export interface ComposeDependency {
  readonly service: string;
  /** service_started, service_healthy or service_completed_successfully. */
  readonly condition: string;
  readonly required: boolean;
  readonly at: Place;
}

export interface ComposeService {
  readonly name: string;
  readonly at: Place;
  readonly image?: Placed;
  readonly build?: ComposeBuild;
  readonly containerName?: Placed;
  readonly ports: readonly ComposePort[];
  /** Bind mounts, sources as written. */
  readonly mounts: readonly ComposeMount[];
  /** Mounts of every kind, sources found. */
  readonly volumes: readonly ComposeVolume[];
  /** Variables set in `environment`. */
  readonly environment: readonly ComposeVariable[];
  /** Paths of its env files from the folder's top. */
  readonly envFiles: readonly string[];
  readonly envFileUses: readonly EnvFileUse[];
  readonly dependsOn: readonly ComposeDependency[];
  readonly profiles: readonly string[];
  /** Names of secrets and configs that it is given. */
  readonly secrets: readonly Placed[];
  readonly configs: readonly Placed[];
  readonly networks: readonly Placed[];
  readonly networkMode?: Placed;
  /** `deploy.replicas` or `scale`; 1 where nothing is said. */
  readonly replicas: number;
  /** Everything that was said of the service. */
  readonly tree: Tree;
}

function placed(found: Leaf | undefined): Placed | undefined {
  return found?.present ? { value: found.text, ...found.at } : undefined;
}

function replicasOf(tree: Tree): number {
  const said = Number((leaf(tree, 'deploy', 'replicas') ?? leaf(tree, 'scale'))?.text ?? '1');
  return Number.isInteger(said) ? said : 1;
}

/** An empty image is none. */
function filledLeaf(tree: Tree, key: string): Leaf | undefined {
  const found = leaf(tree, key);
  return found?.text === '' && found.lacking !== true ? undefined : found;
}

/** A relative path as the file means it, from the folder's top. */
function located(path: string, at: Place): string {
  if (path === '') return path;
  return /^[/~$\\]|^[A-Za-z]:/.test(path) ? path : posix.join(at.base, path);
}

/** Takes services out of a model; what Compose would refuse is gathered. */
export class ServiceReader {
  readonly faults: SkylabError[] = [];

  constructor(private readonly mode: LoadMode) {}

  service(name: string, tree: Tree): ComposeService {
    const image = placed(filledLeaf(tree, 'image'));
    const containerName = placed(leaf(tree, 'container_name'));
    const networkMode = placed(leaf(tree, 'network_mode'));
    const build = this.#build(tree);
    const volumes = this.#volumes(tree);
    const envFileUses = this.#envFiles(tree);
    return {
      name,
      at: tree.at,
      ...(image ? { image } : {}),
      ...(build ? { build } : {}),
      ...(containerName ? { containerName } : {}),
      ports: this.#ports(tree),
      mounts: volumes.flatMap(({ mount }) => (mount ? [mount] : [])),
      volumes: lastOf(
        volumes.map(({ volume }) => volume),
        (volume) => volume.target,
      ),
      environment: environment(tree),
      envFiles: envFileUses.map(({ path }) => path),
      envFileUses,
      dependsOn: this.#dependencies(tree),
      profiles: rows(tree, 'profiles').flatMap((item) => (item.kind === 'leaf' ? [item.text] : [])),
      secrets: sources(child(tree, 'secrets')),
      configs: sources(child(tree, 'configs')),
      networks: names(child(tree, 'networks')),
      ...(networkMode ? { networkMode } : {}),
      replicas: replicasOf(tree),
      tree,
    };
  }

  /** @param item what brought the words: one with a variable that has no value yet says nothing */
  #fault(item: Tree, said: string): void {
    if (this.mode === 'written' || (item.kind === 'leaf' && item.lacking === true)) return;
    this.faults.push(faultAt(item.at, said));
  }

  #build(tree: Tree): ComposeBuild | undefined {
    const found = child(tree, 'build');
    if (!found || (found.kind === 'leaf' && !found.present)) return undefined;
    const context = found.kind === 'leaf' ? found : leaf(found, 'context');
    const path = context?.text ?? '.';
    const remote = /^[a-z+]+:\/\/|^git@|^github\.com\//.test(path);
    const dockerfile = leaf(found, 'dockerfile')?.text ?? (leaf(found, 'dockerfile_inline') ? '' : 'Dockerfile');
    return { context: remote ? path : located(path, found.at), dockerfile, at: context?.at ?? found.at };
  }

  #ports(tree: Tree): ComposePort[] {
    const all = rows(tree, 'ports').flatMap((item): ComposePort[] => {
      if (item.kind === 'leaf') return this.#shortPort(item);
      const target = leaf(item, 'target')?.text;
      if (target === undefined) {
        this.#fault(item, 'a port names no target');
        return [];
      }
      const published = leaf(item, 'published')?.text;
      const hostIp = leaf(item, 'host_ip')?.text;
      const protocol = leaf(item, 'protocol')?.text ?? 'tcp';
      const text = [hostIp, published, target].filter((part) => part !== undefined).join(':');
      return [
        {
          text,
          target,
          protocol,
          line: item.at,
          ...(published === undefined ? {} : { published }),
          ...(hostIp === undefined ? {} : { hostIp }),
        },
      ];
    });
    const id = ({ hostIp, published, target, protocol }: ComposePort) => `${hostIp ?? ''}|${published ?? ''}|${target}|${protocol}`;
    return this.mode === 'written' ? all : lastOf(all, id);
  }

  #shortPort(item: Leaf): ComposePort[] {
    const at = placed(item);
    if (!at) return [];
    const common = { text: item.text, line: item.at, at };
    if (this.mode === 'written') return [{ ...common, ...portParts(item.text) }];
    const ports = expandPort(item.text);
    if (typeof ports !== 'string') return ports.map((port) => ({ ...common, ...port }));
    this.#fault(item, ports);
    return [];
  }

  #volumes(tree: Tree): { volume: ComposeVolume; mount?: ComposeMount }[] {
    return rows(tree, 'volumes').flatMap((item) => {
      if (item.kind === 'leaf') {
        const form = volumeForm(item.text, this.mode === 'written');
        if (typeof form === 'string') {
          this.#fault(item, form);
          return [];
        }
        const { source, target, readOnly } = form;
        const at = { value: item.text, ...item.at };
        if (form.type !== 'bind' || source === undefined) return [{ volume: { ...form, at: item.at } }];
        return [{ volume: { ...form, source: located(source, item.at), at: item.at }, mount: { source, target, readOnly, at } }];
      }
      const source = leaf(item, 'source');
      const target = leaf(item, 'target');
      const type = leaf(item, 'type')?.text;
      if (!target || type === undefined) {
        this.#fault(item, `a volume says no ${target ? 'type' : 'target'}`);
        return [];
      }
      const readOnly = isTrue(leaf(item, 'read_only'));
      const bind = type === 'bind' && source !== undefined;
      const found = source && { source: bind ? located(source.text, source.at) : source.text };
      const volume = { type, target: clean(target.text), readOnly, at: item.at, ...found };
      const at = placed(source);
      return [bind && at ? { volume, mount: { source: source.text, target: target.text, readOnly, at } } : { volume }];
    });
  }

  #envFiles(tree: Tree): EnvFileUse[] {
    const uses = oneOrMore(child(tree, 'env_file')).flatMap((item): EnvFileUse[] => {
      const path = item.kind === 'leaf' ? item : leaf(item, 'path');
      if (!path) {
        this.#fault(item, 'an env_file names no path');
        return [];
      }
      const required = leaf(item, 'required');
      return [
        {
          path: located(path.text, path.at),
          required: required === undefined || isTrue(required),
          raw: leaf(item, 'format')?.text === 'raw',
          at: item.at,
        },
      ];
    });
    return lastOf(uses, ({ path }) => path);
  }

  #dependencies(tree: Tree): ComposeDependency[] {
    const found = child(tree, 'depends_on');
    if (!found) return [];
    return [...asNames(found).entries].map(([service, said]) => {
      const required = leaf(said, 'required');
      const condition = leaf(said, 'condition')?.text ?? 'service_started';
      return { service, condition, required: required === undefined || isTrue(required), at: said.at };
    });
  }
}

function environment(tree: Tree): ComposeVariable[] {
  const found = child(tree, 'environment');
  if (!found) return [];
  return [...asPairs(found).entries].flatMap(([name, value]) => {
    if (value.kind !== 'leaf') return [];
    const at = { value: value.text, ...value.at };
    return [{ name, value: value.present ? value.text : undefined, at, pair: value.pair !== undefined }];
  });
}

/** `[name]` or `[{source: name}]`. */
function sources(found: Tree | undefined): Placed[] {
  if (found?.kind !== 'list') return [];
  return found.items.flatMap((item) => placed(item.kind === 'leaf' ? item : leaf(item, 'source')) ?? []);
}

function names(found: Tree | undefined): Placed[] {
  return found ? [...asNames(found).entries].map(([value, said]) => ({ value, ...said.at })) : [];
}

/** Each key once, where it first stood, with what was said last. */
function lastOf<T>(items: readonly T[], key: (item: T) => string): T[] {
  const found = new Map<string, T>();
  for (const item of items) found.set(key(item), item);
  return [...found.values()];
}
