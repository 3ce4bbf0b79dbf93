import { isMap, isScalar, parseDocument } from 'yaml';
import { SkylabError } from '../errors';

/** What adding or removing a hub does to the folder. */
export interface HubChange {
  /** The new compose.yml. */
  readonly compose: string;
  /** Path -> text of files that come; path -> undefined of what goes (a folder with everything in it). */
  readonly files: ReadonlyMap<string, string | undefined>;
}

/** The first hub, which is at the top of the site. */
const MAIN = 'main';
/** Paths of the first hub itself. */
const TAKEN = new Set([MAIN, 'hub', 'user', 'services', 'api']);

/** The hubs of a folder, the first one first. */
export function hubsOf(compose: string): readonly string[] {
  return [...compose.matchAll(/^ {6}HUB_NAME: *["']?([a-z0-9-]+)["']?/gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** What is wrong with the name of a further hub, or undefined. */
export function hubNameProblem(name: string, compose: string): string | undefined {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name)) return 'Use lower-case letters, digits and hyphens, a letter first: it is part of the address.';
  if (TAKEN.has(name)) return `${name} is a path of the first hub.`;
  return hubsOf(compose).includes(name) ? `There is a hub ${name} already.` : undefined;
}

/**
 * One more hub at `https://DOMAIN/NAME/`, with lists, people's volumes and accounts of its own.
 * @throws SkylabError for a name that does not do, and for a Compose file that is not the recipe's
 */
export function addHub(compose: string, name: string): HubChange {
  const problem = hubNameProblem(name, compose);
  if (problem !== undefined) throw new SkylabError(problem, { code: 'HubName' });
  const { services, volumes } = partsOf(compose);
  const volume = `hub_${name.replaceAll('-', '_')}_data`;
  const service = `
  hub-${name}:
    <<: *hub
    environment:
      <<: *hub-environment
      HUB_NAME: ${name}
      HUB_HOST: hub-${name}
      HUB_PATH: /${name}/
      OAUTH_CALLBACK_URL: https://\${DOMAIN}/${name}/hub/oauth_callback
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
      - ./lists/${name}:/srv/jupyterhub/lists
      - ${volume}:/data
`;
  const parts = [
    { at: services, part: service },
    { at: volumes, part: `  ${volume}:\n` },
  ].sort((a, b) => b.at - a.at);
  return {
    compose: parts.reduce((text, { at, part }) => insert(text, at, part), compose),
    files: new Map([
      [`hubs/${name}.caddy`, `redir /${name} /${name}/\nhandle /${name}/* {\n\treverse_proxy hub-${name}:8000\n}\n`],
      [`lists/${name}/allow`, `# GitHub names of those who may use the hub ${name}, one a line. Read at each sign-in.\n`],
      [`lists/${name}/block`, '# GitHub names of those who may not, one a line: stronger than every other list.\n'],
      [`lists/${name}/admins`, '# GitHub names of administrators of this hub, one a line, besides the one in .env.\n'],
      [`lists/${name}/images`, '# The menu of images, one a line: label = image. With none, everyone gets the image named in .env.\n'],
    ]),
  };
}

/**
 * Takes a further hub out of the folder. The volumes of its people stay on the machine.
 * @throws SkylabError for the first hub, and where there is none of the name
 */
export function removeHub(compose: string, name: string): HubChange {
  if (name === MAIN || !hubsOf(compose).includes(name)) {
    throw new SkylabError(name === MAIN ? 'The first hub cannot be removed: remove the whole deployment.' : `There is no hub ${name}.`, {
      code: 'HubName',
    });
  }
  const volume = `hub_${name.replaceAll('-', '_')}_data`;
  const withoutService = cut(compose, 'services', `hub-${name}`);
  return {
    compose: cut(withoutService, 'volumes', volume),
    files: new Map<string, string | undefined>([
      [`hubs/${name}.caddy`, undefined],
      [`lists/${name}`, undefined],
    ]),
  };
}

/** The end of the services and of the volumes, as offsets. */
function partsOf(compose: string): { services: number; volumes: number } {
  const services = endOf(compose, 'services');
  const volumes = endOf(compose, 'volumes');
  if (services === undefined || volumes === undefined || !/^x-hub: *&hub\b/m.test(compose) || !/&hub-environment\b/.test(compose)) {
    throw new SkylabError('This Compose file is not one of the recipe JupyterHub any more.', {
      next: 'It needs x-hub: &hub, x-hub-environment: &hub-environment, services and volumes.',
      code: 'NoHub',
    });
  }
  return { services, volumes };
}

/** Just after the last line of a section that holds something. */
function endOf(text: string, section: string): number | undefined {
  const map = parseDocument(text).get(section, true);
  if (!isMap(map) || !map.range) return undefined;
  const lineEnd = text.indexOf('\n', Math.max(map.range[2] - 1, 0));
  const lines = text.slice(0, lineEnd < 0 ? text.length : lineEnd + 1).split(/(?<=\n)/);
  // Comments at the margin belong to what follows.
  while (lines.length > 1 && /^(\s*|#.*\s*)$/.test(lines.at(-1) ?? '')) lines.pop();
  return lines.join('').length;
}

function insert(text: string, at: number, part: string): string {
  const before = text.slice(0, at);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${part}${text.slice(at)}`;
}

/** A key of a section with all that belongs to it taken out, and the empty line above it. */
function cut(text: string, section: string, key: string): string {
  const map = parseDocument(text).get(section, true);
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
  if (!isScalar(pair?.key) || !pair.key.range) return text;
  const start = text.lastIndexOf('\n', pair.key.range[0]) + 1;
  const lines = text.slice(start).split(/(?<=\n)/);
  const next = lines.findIndex((line, index) => index > 0 && /^ {0,2}[^\s#]/.test(line));
  const own = lines.slice(0, next < 0 ? lines.length : next);
  // Empty lines and comments at the end belong to what follows.
  while (own.length > 1 && /^\s*(#.*\s*)?$/.test(own.at(-1) ?? '')) own.pop();
  const before = text.slice(0, start).replace(/\n\n$/, '\n');
  return before + text.slice(start + own.join('').length);
}
