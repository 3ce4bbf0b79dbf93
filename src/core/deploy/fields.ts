import { passwordProblem } from '../../shared/password';
import type { DeployAnswers, DeployField, DeployFieldKind } from '../../shared/deployModel';
import type { EnvKind } from '../../shared/envModel';
import { soleVariable } from './caddyfile';
import type { Whereabouts } from './domain';
import { adviseDomain, domainProblem } from './domain';
import type { EnvFile } from './envFile';
import type { KindHints } from './envKinds';
import { kindOfVariable } from './envKinds';
import type { Mention } from './interpolation';
import type { Lab } from './lab';
import { caddySource, hashIn } from './lab';

/** Variables that the machine's shell or Compose itself provides. */
export const PROVIDED =
  /^(HOME|PWD|USER|PATH|SHELL|COMPOSE_.*|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY|BUILDKIT|API_VERSION|DEFAULT_PLATFORM))$/;
/** The deploy page has no fields of their own for these. */
const SHOWN_AS: Readonly<Record<EnvKind, DeployFieldKind>> = {
  text: 'text',
  domain: 'domain',
  user: 'user',
  password: 'password',
  secret: 'password',
  port: 'port',
  bool: 'text',
  path: 'path',
  list: 'text',
  choice: 'text',
};

/** Where a variable is used by Caddy. */
export interface CaddyUse {
  readonly address: ReadonlySet<string>;
  readonly user: ReadonlySet<string>;
  readonly hash: ReadonlySet<string>;
  readonly all: ReadonlyMap<string, string | undefined>;
}

export function caddyUse(lab: Lab): CaddyUse {
  const key = (name: string | undefined): string[] => {
    const source = name === undefined ? undefined : caddySource(lab, name);
    return source?.kind === 'variable' ? [source.key] : [];
  };
  const sites = lab.caddy?.sites ?? [];
  const all = new Map<string, string | undefined>();
  for (const variable of lab.caddy?.variables ?? []) {
    for (const name of key(variable.name)) all.set(name, variable.fallback);
  }
  return {
    address: new Set(sites.flatMap((site) => site.addresses).flatMap((word) => key(soleVariable(word.replace(/^https?:\/\//, ''))))),
    user: new Set(sites.flatMap((site) => key(soleVariable(site.account?.user ?? '')))),
    hash: new Set(sites.flatMap((site) => key(soleVariable(site.account?.hash ?? '')))),
    all,
  };
}

/** Every variable of the lab: those of the .env in its order, then what Compose and Caddy mention besides. */
export function variableNames(lab: Lab): string[] {
  const names = [...lab.env.keys(), ...lab.compose.mentions.map((mention) => mention.name), ...caddyUse(lab).all.keys()];
  return [...new Set(names)].filter((name) => !PROVIDED.test(name));
}

/** How Caddy uses a variable. */
export function caddyRole(use: CaddyUse, key: string): KindHints['caddy'] {
  return use.hash.has(key) ? 'hash' : use.user.has(key) ? 'user' : use.address.has(key) ? 'address' : undefined;
}

/** Whether only the bcrypt hash of a password is to be in the file. */
export function isHashed(key: string, env: EnvFile, use: CaddyUse): boolean {
  return use.hash.has(key) || /caddy hash-password|bcrypt/i.test(env.help(key)) || hashIn(env, key) !== undefined;
}

function kindOf(key: string, env: EnvFile, use: CaddyUse): { kind: DeployFieldKind; hashed: boolean } {
  const hashed = isHashed(key, env, use);
  const kind = SHOWN_AS[kindOfVariable(key, { value: env.get(key) ?? '', caddy: caddyRole(use, key), hashed })];
  return { kind, hashed };
}

/** `CADDY_USERNAME` -> `Caddy username`. */
function labelOf(key: string): string {
  const words = key.toLowerCase().split('_').filter(Boolean).join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The value that serves when a password field is left empty: the folder's own, else the one on the machine. */
export function keptPassword(lab: Lab, key: string, hashed: boolean, prior: EnvFile | undefined): string | undefined {
  if (hashed) return hashIn(lab.env, key) ?? (prior ? hashIn(prior, key) : undefined);
  const own = lab.env.get(key);
  return own !== undefined && own !== '' ? own : prior?.get(key);
}

/**
 * One field for each variable.
 * @param prior the .env of the release that serves on the machine now: its answers are the best defaults
 */
export function buildFields(lab: Lab, where: Whereabouts, prior: EnvFile | undefined): DeployField[] {
  const use = caddyUse(lab);
  return variableNames(lab).map((key) => {
    const { kind, hashed } = kindOf(key, lab.env, use);
    const mentioned = lab.compose.mentions.filter((mention) => mention.name === key);
    const base = { key, label: labelOf(key), kind, help: lab.env.help(key) };
    const fileValue = lab.env.get(key) ?? '';
    const fallback = defaultOf(mentioned) ?? use.all.get(key);
    const needed = mentioned.some((mention) => mention.required) || use.address.has(key) || use.user.has(key);
    if (kind === 'password') return { ...base, ...passwordPart(lab, key, hashed, fileValue, prior) };
    if (kind === 'domain' && use.address.has(key)) {
      const advice = adviseDomain(fileValue === '' ? (fallback ?? '') : fileValue, key, where, prior?.get(key));
      const { suggestions, ...rest } = advice;
      return { ...base, ...rest, required: true, ...(suggestions.length > 0 ? { suggestions } : {}) };
    }
    const value = [prior?.get(key), fileValue, fallback].find((candidate) => candidate !== undefined && candidate !== '') ?? '';
    return { ...base, value, required: needed && (fallback ?? '') === '' };
  });
}

export function defaultOf(mentioned: readonly Mention[]): string | undefined {
  return mentioned.find((mention) => mention.fallback !== undefined)?.fallback;
}

function passwordPart(
  lab: Lab,
  key: string,
  hashed: boolean,
  fileValue: string,
  prior: EnvFile | undefined,
): Pick<DeployField, 'value' | 'required' | 'keepsHash' | 'hashed' | 'problem'> {
  const kept = keptPassword(lab, key, hashed, prior) !== undefined;
  const clear = hashed && fileValue !== '' && hashIn(lab.env, key) === undefined;
  return {
    value: '',
    required: !kept,
    ...(kept ? { keepsHash: true } : {}),
    hashed,
    ...(clear
      ? { problem: 'The folder’s .env holds something that is no bcrypt hash here. Type the password: it is hashed on this computer.' }
      : {}),
  };
}

/** Whether a variable is the name of the site itself, as opposed to some other host. */
export function isSiteAddress(lab: Lab, key: string): boolean {
  return caddyUse(lab).address.has(key);
}

function problemOf(lab: Lab, field: DeployField, value: string, address: string): string | undefined {
  if (field.kind === 'password') {
    if (value === '' && field.keepsHash) return undefined;
    if (value === '' && !field.required) return undefined;
    if (field.hashed) return passwordProblem(value);
    if (value === '') return 'Type a password.';
    return /[\n\0]/.test(value) ? 'A password has one line.' : undefined;
  }
  if (/[\r\n\0]/.test(value)) return 'The value has to fit on one line.';
  if (isSiteAddress(lab, field.key)) return domainProblem(value, address);
  if (value === '') return field.required ? 'Give a value: the stack does not start without it.' : undefined;
  if (caddyUse(lab).user.has(field.key) && !/^[A-Za-z0-9._@+-]+$/.test(value)) {
    return 'Use letters, digits and . _ @ + - for the user: Caddy reads other characters as something else.';
  }
  if (field.kind === 'port' && !(/^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65536)) {
    return 'A port is a number from 1 to 65535.';
  }
  return undefined;
}

/** Field key -> what is wrong with the answer. */
export function fieldProblems(lab: Lab, fields: readonly DeployField[], answers: DeployAnswers, address: string): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const problem = problemOf(lab, field, answers.values[field.key] ?? field.value, address);
    if (problem !== undefined) problems[field.key] = problem;
  }
  return problems;
}
