import { posix } from 'node:path';
import type { LabFolder } from '../ports';
import { EnvFile } from '../envFile';

/** In the order in which Compose looks for them (compose-go, cli/options.go). */
const COMPOSE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE_NAMES = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml'];
const CANDIDATE = /^(docker-)?compose([._-][\w.-]+)?\.ya?ml$/;

/** Which Compose files of a folder are read together, in order, and which profiles are on. */
export interface ComposeChoice {
  /** Relative to the folder; the first one's folder is Compose's own. */
  readonly files: readonly string[];
  readonly profiles: readonly string[];
}

/** Top-level files that could be part of the stack. */
export function composeCandidates(entries: readonly string[]): string[] {
  return entries.filter((name) => CANDIDATE.test(name));
}

/** The files that Compose takes by itself: the first known name, and the first override beside it. */
function defaultFiles(entries: readonly string[]): string[] {
  const main = COMPOSE_NAMES.find((name) => entries.includes(name));
  if (main === undefined) return [];
  const override = OVERRIDE_NAMES.find((name) => entries.includes(name));
  return override === undefined ? [main] : [main, override];
}

/** What `docker compose` would read in this folder with nothing said: COMPOSE_FILE and COMPOSE_PROFILES of the .env, else the usual names. */
export function defaultChoice(folder: Pick<LabFolder, 'entries' | 'env'>): ComposeChoice {
  const env = EnvFile.parse(folder.env?.text ?? '', folder.env?.path ?? '.env');
  const named = filesOf(env);
  const usual = defaultFiles(folder.entries);
  const candidates = composeCandidates(folder.entries);
  // one file of another name, such as docker-compose.prod.yml, is what the folder means
  const files = named.length > 0 ? named : usual.length > 0 || candidates.length !== 1 ? usual : candidates;
  return { files, profiles: profilesOf(env) };
}

/** The paths in COMPOSE_FILE; none where it is not set. */
function filesOf(env: EnvFile): string[] {
  const separator = env.get('COMPOSE_PATH_SEPARATOR') ?? ':';
  const paths = (env.get('COMPOSE_FILE') ?? '').split(separator === '' ? ':' : separator);
  return paths.filter((path) => path !== '').map((path) => posix.normalize(path));
}

function profilesOf(env: EnvFile): string[] {
  return (env.get('COMPOSE_PROFILES') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The choice that a .env holds, such as that of the release which serves; undefined where it says nothing. */
export function choiceIn(env: EnvFile): Partial<ComposeChoice> {
  const files = filesOf(env);
  return { ...(files.length > 0 ? { files } : {}), ...(env.has('COMPOSE_PROFILES') ? { profiles: profilesOf(env) } : {}) };
}

/**
 * Lets a release's .env say which files and profiles were chosen, so that every `docker compose` in its folder means the same stack,
 * whoever calls it there: Skylab, the unit or a person. What Compose would do anyway is not written.
 */
export function writeChoice(env: EnvFile, entries: readonly string[], choice: ComposeChoice): void {
  const named = filesOf(env);
  const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((one, i) => one === b[i]);
  if (!same(named.length > 0 ? named : defaultFiles(entries), choice.files)) {
    if (env.has('COMPOSE_PATH_SEPARATOR')) env.set('COMPOSE_PATH_SEPARATOR', ':');
    env.set('COMPOSE_FILE', choice.files.join(':'));
  }
  if (!same(profilesOf(env), choice.profiles)) env.set('COMPOSE_PROFILES', choice.profiles.join(','));
}
