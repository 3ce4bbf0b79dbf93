import { posix } from 'node:path';
import { fillCaddy } from '../deploy/caddyfile';
import type { SiteAddress } from './caddyTls';
import { tlsSites } from './caddyTls';

/** A site that Caddy serves in a stack. */
interface StackSite extends SiteAddress {
  /** Paths of the certificate's files inside the container, where the Caddyfile names any. */
  readonly files?: { readonly certificate: string; readonly key: string };
  /** The port on the machine that leads there; undefined where none is published. */
  readonly published?: number;
}

/** A stack whose Caddy serves TLS, as Compose runs it. */
export interface ServedStack {
  readonly name: string;
  /** Absolute path of the release that serves. */
  readonly release: string;
  /** The service that runs Caddy. */
  readonly service: string;
  /** Its running container, where it has one. */
  readonly container?: string;
  /** The group that may read the private key: the container's own. */
  readonly gid: number;
  /** The Caddyfile's path in the release, and in the container. */
  readonly caddyfile: { readonly path: string; readonly inside: string; readonly text: string };
  /** Compose files of the release. */
  readonly composeFiles: readonly { readonly path: string; readonly text: string }[];
  readonly sites: readonly StackSite[];
  /** What stands for `{$NAME}` in the Caddyfile. */
  readonly environment: ReadonlyMap<string, string>;
  /** Bind mounts of the Caddy service: where on the machine, where inside. */
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
}

interface FoundStack {
  readonly name: string;
  readonly release: string;
  /** `docker compose config --format json`. */
  readonly config: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly containers: readonly { readonly service: string; readonly container: string; readonly user: string }[];
}

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** Puts `{$NAME}` in. */
export const filler =
  (environment: ReadonlyMap<string, string>) =>
  (word: string): string =>
    fillCaddy(word, (name) => environment.get(name));

/** The Caddy of a stack and its sites; none where the stack has no Caddyfile of its own. */
export function parseStack({ name, release, config, files, containers }: FoundStack): readonly ServedStack[] {
  let root: unknown;
  try {
    root = JSON.parse(config);
  } catch {
    return [];
  }
  const services = isJson(root) && isJson(root['services']) ? root['services'] : {};
  return Object.entries(services).flatMap(([service, value]) => {
    if (!isJson(value)) return [];
    const mounts = listOf(value['volumes'])
      .filter((one) => one['type'] === 'bind')
      .map((one) => ({ source: textOf(one['source']), target: textOf(one['target']) }));
    const mount = mounts.find(({ source, target }) => source.startsWith(`${release}/`) && /(^|\/)Caddyfile[^/]*$/.test(target));
    const file = files.find(({ path }) => mount !== undefined && path === posix.relative(release, mount.source));
    if (mount === undefined || file === undefined) return [];
    const said = isJson(value['environment']) ? value['environment'] : {};
    const environment = new Map(Object.entries(said).map(([key, one]) => [key, textOf(one)]));
    const ports = listOf(value['ports']).map((one) => ({ inside: Number(one['target']), published: Number(textOf(one['published'])) }));
    const fill = filler(environment);
    const sites = tlsSites(file.text, fill).flatMap(({ block, served }) =>
      served.map(({ host, port }): StackSite => {
        const [certificate, key] = block.tls?.words.map(fill) ?? [];
        const published = ports.find(({ inside }) => inside === port)?.published;
        return {
          host,
          port,
          ...(certificate !== undefined && key !== undefined ? { files: { certificate, key } } : {}),
          ...(published === undefined ? {} : { published }),
        };
      }),
    );
    const running = containers.find((one) => one.service === service);
    return [
      {
        name,
        release,
        service,
        ...(running === undefined ? {} : { container: running.container }),
        gid: gidOf(running?.user ?? ''),
        caddyfile: { path: file.path, inside: mount.target, text: file.text },
        composeFiles: files.filter(({ path }) => /\.ya?ml$/.test(path)),
        sites,
        environment,
        mounts,
      },
    ];
  });
}

/** `1000:1000`, `1000`, or a name that only the image knows; root's group lets root's Caddy read. */
function gidOf(user: string): number {
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  return Number(gid ?? uid ?? 0);
}
