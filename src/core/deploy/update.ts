import { createHash } from 'node:crypto';
import type { DeployUpdate, EnvUpdate, FileChange, UpdatedFile } from '../../shared/deployModel';
import { isBcryptHash } from './caddyPassword';
import type { EnvFile } from './envFile';
import type { MachineFacts } from './facts';
import { CREDENTIAL_URL } from './envKinds';
import { writtenSecrets } from './review/secrets';
import { MASK, maskSecrets } from './stacks/mask';
import { interpolate } from './interpolation';
import type { Lab } from './lab';
import { hashIn } from './lab';
import type { DeployPlan } from './plan';
import type { ContentEntry } from './releaseContents';
import { MAX_TEXTS } from './releaseContents';
import { ailing, describe } from './stackHost';

/** What is needed besides the facts to tell an update apart from the release that serves. */
export interface Serving {
  /** The folder's files on this computer. */
  readonly folder: readonly ContentEntry[];
  /** Texts of this computer's files that may differ. */
  readonly ours: ReadonlyMap<string, string>;
  /** Texts of the same files in the release that serves. */
  readonly theirs: ReadonlyMap<string, string>;
}

/** What `updateOf` compares. */
export interface UpdateCase {
  readonly lab: Lab;
  readonly facts: MachineFacts;
  readonly prior?: EnvFile;
  readonly serving?: Serving;
}

const SECRET_NAME = /(PASS|SECRET|TOKEN|CREDENTIAL|SALT|DSN|PRIVATE|(^|_)KEY(_|$)|API_?KEY)/i;
/** Files that the page lists by name. */
const LISTED = 40;

const envPathOf = (lab: Lab): string => lab.folder.env?.path ?? '.env';

/** Whether a value is nobody's business but the machine's. */
export function isSecret(key: string, value: string | undefined): boolean {
  return SECRET_NAME.test(key) || (value !== undefined && (isBcryptHash(value) || CREDENTIAL_URL.test(value)));
}

/** The files whose texts a comparison may want: those that differ, and those that a fix may change. */
export function comparedPaths(lab: Lab, folder: readonly ContentEntry[], release: readonly ContentEntry[]): string[] {
  const there = new Map(release.map((entry) => [entry.path, entry]));
  const own = [lab.compose.file, lab.caddy?.file, ...lab.folder.units].flatMap((file) => (file ? [file.path] : []));
  const differing = folder.filter((entry) => !same(entry, there.get(entry.path))).map(({ path }) => path);
  const gone = release.filter(({ path }) => !folder.some((entry) => entry.path === path)).map(({ path }) => path);
  return [...new Set([...own, ...differing, ...gone])].filter((path) => path !== envPathOf(lab)).slice(0, MAX_TEXTS);
}

function same(ours: ContentEntry, theirs: ContentEntry | undefined): boolean {
  if (theirs === undefined || ours.executable !== theirs.executable) return false;
  return theirs.hash === undefined ? ours.size === theirs.size : ours.hash === theirs.hash;
}

/** How the plan differs from what serves now; undefined where nothing of the stack is on the machine. */
export function updateOf({ lab, facts, prior, serving }: UpdateCase, plan: DeployPlan): DeployUpdate | undefined {
  const { current } = facts;
  if (current === undefined) return undefined;
  const complete = serving !== undefined && current.contents?.complete === true;
  const files = complete ? fileUpdates(lab, facts, serving, plan) : [];
  const env = envUpdates(lab, prior, plan);
  const services = facts.services ?? [];
  const images = imageUpdates(lab, facts, plan);
  const unit = unitUpdate(facts, plan);
  const ill = services.length === 0 ? ['No container of it runs'] : ailing(services).map(describe);
  const known = complete && current.record?.url === plan.url;
  const differs = files.length + env.length + images.length + ill.length > 0 || unit !== 'same';
  return {
    release: current.id,
    files: files.slice(0, LISTED),
    moreFiles: Math.max(0, files.length - LISTED),
    env,
    images,
    unit,
    ill,
    nothing: known && !differs,
  };
}

function fileUpdates(lab: Lab, facts: MachineFacts, serving: Serving, plan: DeployPlan): UpdatedFile[] {
  const env = envPathOf(lab);
  const there = new Map((facts.current?.contents?.entries ?? []).filter(({ path }) => path !== env).map((entry) => [entry.path, entry]));
  const here = new Map(serving.folder.filter(({ path }) => path !== env).map((entry) => [entry.path, entry]));
  for (const [path, text] of plan.files) {
    here.set(path, { path, size: Buffer.byteLength(text), executable: false, hash: createHash('sha256').update(text).digest('hex') });
  }
  const updates: UpdatedFile[] = [];
  for (const [path, entry] of here) {
    const theirs = there.get(path);
    if (same(entry, theirs)) continue;
    const readable = textHere(serving, plan, path) !== undefined && (theirs === undefined || serving.theirs.has(path));
    updates.push({ path, kind: theirs === undefined ? 'added' : 'changed', readable });
  }
  for (const path of there.keys()) if (!here.has(path)) updates.push({ path, kind: 'removed', readable: serving.theirs.has(path) });
  return updates.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function textHere(serving: Serving, plan: DeployPlan, path: string): string | undefined {
  return plan.files.get(path) ?? serving.ours.get(path);
}

/** Key -> what it is now and what it becomes; a password that was typed and is only known as a hash becomes something new. */
function envPairs(lab: Lab, prior: EnvFile | undefined, plan: DeployPlan): Map<string, { before?: string; after?: string; typed?: true }> {
  const pairs = new Map<string, { before?: string; after?: string; typed?: true }>();
  for (const key of prior?.keys() ?? []) {
    const before = prior === undefined ? undefined : (hashIn(prior, key) ?? prior.get(key));
    pairs.set(key, before === undefined ? {} : { before });
  }
  const put = (key: string, after: string) => pairs.set(key, { ...pairs.get(key), after });
  for (const key of lab.env.keys()) put(key, lab.env.get(key) ?? '');
  for (const [key, value] of plan.values) if (value !== '' || lab.env.has(key)) put(key, value);
  put('COMPOSE_PROJECT_NAME', lab.stack);
  for (const { key, typed, hashed, kept } of plan.passwords) {
    if (typed === '' && kept !== undefined) put(key, kept);
    if (typed !== '') pairs.set(key, { ...pairs.get(key), after: typed, ...(hashed ? { typed: true } : {}) });
  }
  return pairs;
}

function envUpdates(lab: Lab, prior: EnvFile | undefined, plan: DeployPlan): EnvUpdate[] {
  return [...envPairs(lab, prior, plan)].flatMap(([key, { before, after, typed }]): EnvUpdate[] => {
    if (typed) return [{ key, kind: 'typed' }];
    if (before === after || (before ?? '') === (after ?? '')) return [];
    if (after === undefined) return [{ key, kind: 'removed' }];
    return [{ key, kind: before === undefined ? 'added' : 'changed' }];
  });
}

/** Both sides of `.env` without its secrets, as one `KEY=value` a line. */
function envChange(lab: Lab, prior: EnvFile | undefined, plan: DeployPlan): FileChange {
  const secret = new Set(plan.passwords.map(({ key }) => key));
  const pairs = [...envPairs(lab, prior, plan)];
  const side = (of: 'before' | 'after') =>
    pairs
      .flatMap(([key, { before, after, typed }]) => {
        const value = of === 'before' ? before : after;
        if (value === undefined) return [];
        if (!secret.has(key) && !isSecret(key, before) && !isSecret(key, after)) return [`${key}=${value}\n`];
        const anew = of === 'after' && (typed === true || before !== after);
        return [value === '' ? `${key}=\n` : `${key}=${MASK}${anew ? ' (new)' : ''}\n`];
      })
      .join('');
  return { path: envPathOf(lab), before: side('before'), after: side('after') };
}

function imageUpdates(lab: Lab, facts: MachineFacts, plan: DeployPlan): DeployUpdate['images'] {
  const services = facts.services ?? [];
  if (services.length === 0) return [];
  const pairs = envPairs(lab, undefined, plan);
  const wanted = new Map(
    lab.compose.services.map(({ name, image }) => [name, image && interpolate(image.value, (key) => pairs.get(key)?.after)]),
  );
  const running = new Map(services.map(({ service, image }) => [service, image]));
  const names = [...new Set([...wanted.keys(), ...running.keys()])];
  return names.flatMap((service) => {
    const before = running.get(service) ?? '';
    // what is built from the folder has no name of its own, and a bare id stands for an image whose name went to a newer one
    const after = wanted.has(service) ? (wanted.get(service) ?? before) : '';
    return before === after || before.startsWith('sha256:') ? [] : [{ service, before, after }];
  });
}

function unitUpdate(facts: MachineFacts, plan: DeployPlan): DeployUpdate['unit'] {
  if (plan.unit === undefined || !facts.root || facts.unit === undefined) return 'same';
  const { text, enabled } = facts.unit;
  if (text === undefined) return 'added';
  return text === plan.unit.text && enabled === 'enabled' ? 'same' : 'changed';
}

/** Both sides of one file of an update, for the editor's diff; undefined for what cannot be shown. */
export function updateChange({ lab, facts, prior, serving }: UpdateCase, plan: DeployPlan, path: string): FileChange | undefined {
  if (facts.current === undefined || serving === undefined) return undefined;
  if (path === envPathOf(lab)) return envChange(lab, prior, plan);
  if (plan.unit !== undefined && path === `/etc/systemd/system/${plan.unit.name}`)
    return { path, before: maskSecrets(facts.unit?.text ?? ''), after: maskSecrets(plan.unit.text) };
  const before = serving.theirs.get(path);
  const after = textHere(serving, plan, path);
  if (before === undefined && after === undefined) return undefined;
  const shown = (text = '') => maskSecrets(text, writtenSecrets(lab));
  return { path, before: shown(before), after: shown(after) };
}
