import type { EnvKind } from '../../shared/envModel';

const PASSWORD_NAME = /(PASS(WORD|WD|PHRASE)?)(_|$)/i;
const SECRET_NAME = /(SECRET|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY)(_|$)/i;
/** What has a secret's name and is none. */
const ABOUT_SECRETS = /(_FILE|_PATH|_DIR|_LENGTH|_EXPIR\w*|_TTL|_ENABLED|_TYPE|_ALGORITHM)$/i;
/** An address with an account in it, such as a database's. */
export const CREDENTIAL_URL = /:\/\/[^/\s:@]*:[^/\s@]+@/;
const DOMAIN_NAME = /^(.*_)?DOMAIN(_NAME)?$|^(HOST|HOSTNAME|FQDN|SERVER_NAME|VIRTUAL_HOST|SITE_(ADDRESS|HOST))$/i;
const SWITCH_NAME = /^(ENABLE|DISABLE|ALLOW|USE|IS|HAS)_|_(ENABLED|DISABLED)$|(^|_)DEBUG$/i;
const LIST_NAME = /(^|_)(LIST|HOSTS|ORIGINS|USERS|ADMINS|PACKAGES|GROUPS|DOMAINS|ORGANIZATIONS)$/i;

/** The words for yes and no that files use. */
const WORDS: readonly (readonly [string, string])[] = [
  ['true', 'false'],
  ['yes', 'no'],
  ['on', 'off'],
  ['enabled', 'disabled'],
  ['1', '0'],
];

/** Yes and no in the words and the case of the value; undefined where it is neither. */
export function boolWords(value: string): readonly [on: string, off: string] | undefined {
  const pair = WORDS.find((words) => words.includes(value.toLowerCase()));
  if (pair === undefined) return undefined;
  const [on, off] = pair;
  if (/^[A-Z]{2,}$/.test(value)) return [on.toUpperCase(), off.toUpperCase()];
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return /^[A-Z]/.test(value) ? [capital(on), capital(off)] : [on, off];
}

/** What is known about a variable besides its name. */
export interface KindHints {
  readonly value: string;
  /** How Caddy uses it. */
  readonly caddy?: 'hash' | 'user' | 'address' | undefined;
  /** Only the bcrypt hash of a password is to be in the file. */
  readonly hashed: boolean;
}

/** The kind of a variable by how it is used, its name and its value; for the deploy page and for the form over the file. */
export function kindOfVariable(key: string, { value, caddy, hashed }: KindHints): EnvKind {
  if (hashed || caddy === 'hash') return 'password';
  const about = ABOUT_SECRETS.test(key);
  if (!about && PASSWORD_NAME.test(key)) return 'password';
  if (CREDENTIAL_URL.test(value) || (!about && SECRET_NAME.test(key))) return 'secret';
  if (caddy === 'user' || /(^|_)USER(NAME)?$/i.test(key)) return 'user';
  if (caddy === 'address' || DOMAIN_NAME.test(key)) return 'domain';
  if (/(^|_)PORT$/i.test(key)) return 'port';
  if (/(^|_)(PATH|DIR|DIRECTORY|FOLDER|FILE)$/i.test(key)) return 'path';
  const words = boolWords(value);
  if (words !== undefined && (words[0] !== '1' || SWITCH_NAME.test(key))) return 'bool';
  if (LIST_NAME.test(key)) return 'list';
  return /^(\.{0,2}|~)\/[^\s]*$/.test(value) ? 'path' : 'text';
}
