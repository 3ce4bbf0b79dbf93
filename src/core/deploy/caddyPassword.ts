import { SkylabError } from '../errors';
import { encodeEnvValue } from './envSyntax';

/** True for a bcrypt hash as Caddy and `htpasswd -B` write it: `$2a$14$` and 53 characters of salt and digest. */
export function isBcryptHash(text: string): boolean {
  return /^\$2[abxy]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.test(text);
}

/**
 * The line for a `.env` file, without its end, that carries a password hash through Compose to Caddy unchanged: every `$` of an
 * unquoted hash would be taken for the start of a variable.
 * @throws SkylabError when the text is no bcrypt hash: a password in clear does not belong there
 */
export function envLineFor(key: string, hash: string): string {
  if (!isBcryptHash(hash)) throw new SkylabError(`What was to be written as ${key} is not a bcrypt hash.`, { code: 'NotAHash' });
  return `${key}=${encodeEnvValue(hash)}`;
}
