import { SkylabError } from '../errors';
import { isBcryptHash } from './caddyPassword';
import type { Caddyfile, CaddySite } from './caddyfile';
import { fillCaddy, parseCaddyfile, soleVariable } from './caddyfile';
import type { ComposeProject } from './compose/project';
import { readProject } from './compose/project';
import type { ComposeService } from './compose/service';
import type { ComposeChoice } from './compose/sources';
import { choiceIn, composeCandidates, defaultChoice } from './compose/sources';
import { EnvFile } from './envFile';
import { interpolate, mentions } from './interpolation';
import type { LabFile, LabFolder } from './ports';

/** A lab folder, read and understood. */
export interface Lab {
  readonly folder: LabFolder;
  /** The Compose project and the folder under ~/skylab. */
  readonly stack: string;
  /** The chosen Compose files, values as written. */
  readonly compose: ComposeProject;
  readonly env: EnvFile;
  readonly caddy?: Caddyfile;
  /** The unit that runs the Compose file. */
  readonly unit?: LabFile;
}

/** A name that Compose takes for a project: lower-case letters, digits, `-` and `_`, beginning with a letter or digit. */
export function stackName(folderName: string): string {
  const slug = folderName
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 50);
  return slug === '' ? 'lab' : slug;
}

/**
 * The Compose files and profiles to begin with: those that serve on the machine as far as the folder has them, else what Compose itself
 * takes. @param prior the .env of the release that serves
 */
export function firstChoice(folder: LabFolder, prior?: EnvFile): ComposeChoice {
  const usual = defaultChoice(folder);
  const { files, profiles } = prior ? choiceIn(prior) : {};
  const there = files?.every((file) => folder.texts.has(file)) === true;
  return { files: there ? files : usual.files, profiles: profiles ?? usual.profiles };
}

/** The text of a file of the folder, as far as the Compose files name it. */
export function textIn(folder: LabFolder): (path: string) => string | undefined {
  return (path) => (path === folder.env?.path ? folder.env.text : folder.texts.get(path));
}

/** @throws SkylabError for a folder without a Compose file, or one whose files do not parse (file and line are named) */
export function readLab(folder: LabFolder, stack = stackName(folder.name), choice = firstChoice(folder)): Lab {
  const candidates = composeCandidates(folder.entries);
  if (choice.files.length === 0 && candidates.length > 0) {
    throw new SkylabError(`The folder ${folder.name} has ${candidates.join(', ')}, but no Compose file of the usual name.`, {
      next: 'Put COMPOSE_FILE=… with the file to use into its .env, or call one compose.yml.',
      code: 'NoComposeFile',
    });
  }
  if (choice.files.length === 0) {
    throw new SkylabError(`The folder ${folder.name} has no Compose file.`, {
      next: 'Choose a folder with a compose.yml (or compose.yaml, docker-compose.yml) at its top.',
      code: 'NoComposeFile',
    });
  }
  const env = EnvFile.parse(folder.env?.text ?? '', folder.env?.path ?? '.env');
  const unit = folder.units.find((file) => /^\s*ExecStart\s*=.*docker[ -]compose/m.test(file.text));
  return {
    folder,
    stack,
    compose: readProject(choice, textIn(folder), (name) => env.get(name), 'written'),
    env,
    ...(folder.caddyfile ? { caddy: parseCaddyfile(folder.caddyfile) } : {}),
    ...(unit ? { unit } : {}),
  };
}

/** The service that runs Caddy with the folder's Caddyfile. */
export function caddyService(lab: Lab): ComposeService | undefined {
  const mounting = lab.compose.services.find((service) => service.mounts.some((mount) => /(^|\/)Caddyfile$/.test(mount.source)));
  return mounting ?? lab.compose.services.find((service) => /(^|\/)caddy(:|@|$)/.test(service.image?.value ?? ''));
}

/** How Caddy comes by a variable of its Caddyfile. */
export type CaddySource = { readonly kind: 'variable'; readonly key: string } | { readonly kind: 'literal' } | { readonly kind: 'absent' };

export function caddySource(lab: Lab, name: string): CaddySource {
  const service = caddyService(lab);
  const entry = service?.environment.findLast((variable) => variable.name === name);
  if (entry) {
    if (entry.value === undefined) return { kind: 'variable', key: name };
    const [first] = mentions(entry.value);
    return first === undefined ? { kind: 'literal' } : { kind: 'variable', key: first.name };
  }
  return (service?.envFiles.length ?? 0) > 0 ? { kind: 'variable', key: name } : { kind: 'absent' };
}

/** The value that Caddy gets for a variable of its Caddyfile. */
function caddyValue(lab: Lab, name: string, valueOf: (key: string) => string | undefined): string | undefined {
  const entry = caddyService(lab)?.environment.findLast((variable) => variable.name === name);
  return entry?.value === undefined ? valueOf(name) : interpolate(entry.value, valueOf);
}

/** How the site is guarded: the account's user, and the variable that holds its hash. */
export interface Protection {
  readonly user: string;
  /** The field whose password opens the site; absent when the hash stands in the Caddyfile itself. */
  readonly passwordKey?: string;
}

/** The first site that is not a bare redirect or local helper. */
export function mainSite(lab: Lab): CaddySite | undefined {
  return lab.caddy?.sites.find((site) => site.account !== undefined) ?? lab.caddy?.sites[0];
}

export function protectionOf(lab: Lab, valueOf: (key: string) => string | undefined): Protection | undefined {
  const account = mainSite(lab)?.account;
  if (!account) return undefined;
  const hashName = soleVariable(account.hash);
  const source = hashName === undefined ? undefined : caddySource(lab, hashName);
  return {
    user: fillCaddy(account.user, (name) => caddyValue(lab, name, valueOf)),
    ...(source?.kind === 'variable' ? { passwordKey: source.key } : {}),
  };
}

/** The address under which a browser opens the stack; empty where nothing is published. @param address the machine's */
export function siteUrl(lab: Lab, address: string, valueOf: (key: string) => string | undefined): string {
  const bare = address.includes(':') ? `[${address}]` : address;
  const first = mainSite(lab)?.addresses[0];
  if (first !== undefined) {
    const filled = fillCaddy(first, (name) => caddyValue(lab, name, valueOf));
    const [, scheme, host = '', port] = /^(https?:\/\/)?([^:/]*)(?::(\d+))?/i.exec(filled) ?? [];
    const plain = scheme?.toLowerCase() === 'http://' || (scheme === undefined && (port === '80' || host === ''));
    const inside = port ?? (plain ? '80' : '443');
    const outside = publishedAs(caddyService(lab), inside, valueOf) ?? inside;
    const usual = outside === (plain ? '80' : '443');
    return `${plain ? 'http' : 'https'}://${host === '' ? bare : host}${usual ? '' : `:${outside}`}`;
  }
  for (const service of lab.compose.services) {
    for (const port of service.ports) {
      const published = port.published === undefined ? '' : interpolate(port.published, valueOf);
      if (!/^\d+$/.test(published) || port.hostIp?.startsWith('127.')) continue;
      if (published === '443') return `https://${bare}`;
      return published === '80' ? `http://${bare}` : `http://${bare}:${published}`;
    }
  }
  return '';
}

function publishedAs(
  service: ComposeService | undefined,
  target: string,
  valueOf: (key: string) => string | undefined,
): string | undefined {
  const port = service?.ports.find((candidate) => interpolate(candidate.target, valueOf) === target);
  return port?.published === undefined ? undefined : interpolate(port.published, valueOf);
}

/** A hash that stands in an env file, even where missing single quotes let Compose read it wrongly. */
export function hashIn(env: EnvFile, key: string): string | undefined {
  const entry = env.entry(key);
  return [entry?.value, entry?.written].find((value) => value !== undefined && isBcryptHash(value));
}
