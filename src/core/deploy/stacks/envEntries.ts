import { SkylabError } from '../../errors';
import { EnvFile } from '../envFile';

/** A file that Compose itself does not read has no values to hide either. */
export function entriesOf(text: string): (readonly [string, string | undefined])[] {
  try {
    const env = EnvFile.parse(text);
    return env.keys().map((key) => [key, env.get(key)] as const);
  } catch (error) {
    if (error instanceof SkylabError) return [];
    throw error;
  }
}
