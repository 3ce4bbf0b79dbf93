import { SkylabError } from '../../errors';
import { EnvFile } from '../envFile';

/**
 * Names of the variables that differ between two environments, in order; never their values.
 * @throws SkylabError naming the line where Compose would refuse the new one
 */
export function changedNames(before: string, after: string): readonly string[] {
  const now = EnvFile.parse(after);
  const old = tolerant(before);
  const names = [...new Set([...now.keys(), ...(old?.keys() ?? [])])];
  return names.filter((name) => now.get(name) !== old?.get(name) || now.has(name) !== (old?.has(name) ?? false));
}

/** What stands on the machine may be broken: it is there to be mended. */
function tolerant(text: string): EnvFile | undefined {
  try {
    return EnvFile.parse(text);
  } catch (error) {
    if (error instanceof SkylabError) return undefined;
    throw error;
  }
}
