import type { RemoteCommand } from '../remote/command';
import { parseRecord } from './containers';
import { parseSize } from './sizes';

/** What can be cleared away. Volumes are named one by one: they hold what people have made. */
export type PruneKind = 'containers' | 'dangling' | 'images' | 'networks' | 'cache';

/** What clearing one kind away would free. */
export interface Prunable {
  readonly kind: PruneKind;
  readonly count: number;
  /** Bytes by Docker's own count once the build cache is cleared away too. Layers that several images share are left out. */
  readonly bytes: number;
  /** Of these, what is freed at least where the build cache stays: it holds on to the layers of what was built. */
  readonly bytesWithoutCache: number;
  /** The first names of what would go. */
  readonly names: readonly string[];
}

interface UnusedVolume {
  readonly name: string;
  readonly bytes: number | undefined;
}

export interface PruneSurvey {
  readonly kinds: readonly Prunable[];
  readonly volumes: readonly UnusedVolume[];
}

const list = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.map((one) => parseRecord(JSON.stringify(one))) : [];
const text = (record: Readonly<Record<string, unknown>>, key: string): string => {
  const value = record[key];
  return typeof value === 'string' ? value : '';
};
const sum = (records: readonly Readonly<Record<string, unknown>>[], key: string): number =>
  records.reduce((total, record) => total + (parseSize(text(record, key)) ?? 0), 0);

const SCRIPT = String.raw`docker system df -v --format '{{json .}}' | tr -d '\n'; echo
docker network ls -q --filter type=custom | xargs -r docker network inspect --format '{{if not .Containers}}{{.Name}}{{end}}' | grep . || true`;

/** What could be cleared away, as `docker system df -v` counts it; Docker reads every volume for that. */
export function pruneSurveyCommand(sudo: boolean): RemoteCommand<PruneSurvey> {
  return { argv: ['sh', '-c', SCRIPT], sudo, parse: parsePruneSurvey, what: 'count what could be cleared away' };
}

/** Reads one line of JSON, then the names of the networks that nothing uses. */
export function parsePruneSurvey(stdout: string): PruneSurvey {
  const [json = '', ...networks] = stdout.split('\n').filter((line) => line !== '');
  const usage = parseRecord(json);
  const stopped = list(usage['Containers']).filter((one) => ['exited', 'created', 'dead'].includes(text(one, 'State')));
  const unused = list(usage['Images']).filter((one) => text(one, 'Containers') === '0');
  const dangling = unused.filter((one) => text(one, 'Repository') === '<none>' && text(one, 'Tag') === '<none>');
  const idle = list(usage['BuildCache']).filter((one) => text(one, 'InUse') !== 'true');
  // what the builder needs itself stays (buildkit, cache/manager.go)
  const cache = idle.filter((one) => text(one, 'Shared') !== 'true' && !['internal', 'frontend'].includes(text(one, 'CacheType')));
  const held = sum(
    idle.filter((one) => text(one, 'Shared') === 'true'),
    'Size',
  );
  const imageName = (one: Readonly<Record<string, unknown>>) =>
    text(one, 'Repository') === '<none>'
      ? text(one, 'ID').replace('sha256:', '').slice(0, 12)
      : `${text(one, 'Repository')}:${text(one, 'Tag')}`;
  const unusedSize = (images: typeof unused) => {
    const own = new Map(images.map((one) => [text(one, 'ID'), parseSize(text(one, 'UniqueSize')) ?? 0]));
    return [...own.values()].reduce((total, bytes) => total + bytes, 0);
  };
  const built = (images: typeof unused) => {
    const bytes = unusedSize(images);
    return { count: images.length, bytes, bytesWithoutCache: Math.max(0, bytes - held), names: images.map(imageName) };
  };
  const plain = (count: number, bytes: number, names: readonly string[]) => ({ count, bytes, bytesWithoutCache: bytes, names });
  const stoppedNames = stopped.map((one) => text(one, 'Names'));
  return {
    kinds: [
      { kind: 'containers' as const, ...plain(stopped.length, sum(stopped, 'Size'), stoppedNames) },
      { kind: 'dangling' as const, ...built(dangling) },
      { kind: 'images' as const, ...built(unused) },
      { kind: 'networks' as const, ...plain(networks.length, 0, networks) },
      { kind: 'cache' as const, ...plain(cache.length, sum(cache, 'Size'), []) },
    ].filter(({ count }) => count > 0),
    volumes: list(usage['Volumes'])
      .filter((one) => text(one, 'Links') === '0')
      .map((one) => ({ name: text(one, 'Name'), bytes: parseSize(text(one, 'Size')) })),
  };
}

/** What is freed by clearing several kinds away together: at least, and at most, in bytes. */
export function freedTogether(chosen: readonly Prunable[]): { readonly least: number; readonly most: number } {
  const kinds = new Set(chosen.map(({ kind }) => kind));
  // all unused images: those without a name are among them
  const counted = chosen.filter(({ kind }) => kind !== 'dangling' || !kinds.has('images'));
  const most = counted.reduce((total, { bytes }) => total + bytes, 0);
  return { least: kinds.has('cache') ? most : counted.reduce((total, one) => total + one.bytesWithoutCache, 0), most };
}

const WORDS: Record<PruneKind, readonly string[]> = {
  containers: ['container', 'prune', '--force'],
  dangling: ['image', 'prune', '--force'],
  images: ['image', 'prune', '--all', '--force'],
  networks: ['network', 'prune', '--force'],
  cache: ['builder', 'prune', '--force'],
};

/** Clears one kind away; gives the bytes that Docker says it has freed. */
export function pruneCommand(kind: PruneKind, sudo: boolean): RemoteCommand<number> {
  return {
    argv: ['docker', ...WORDS[kind]],
    sudo,
    parse: (stdout) => parseSize(/^Total(?: reclaimed space)?:\s*(.*)$/m.exec(stdout)?.[1] ?? '') ?? 0,
    what: 'clear away',
  };
}
