import type { PersonConfig } from './ports';
import type { Problem } from './problems';
import { resolve } from './resolve';
import type { ConfigFile, ConfigTree, HostEntry } from './tree';
import { entriesOf } from './tree';
import { Turns } from './turns';
import { shownText } from './words';

/**
 * The path that an IdentityFile means for one host: `~` and the tokens of ssh_config(5), "TOKENS", replaced.
 * @returns undefined where something in it is not known here, such as an environment variable
 */
export function keyPath(value: string, tree: ConfigTree, host: string): string | undefined {
  const { hostName, port, user } = resolve(tree, host);
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: tree.home,
    h: hostName,
    k: hostName,
    n: host,
    p: String(port),
    r: user,
    u: tree.localUser,
  };
  const path = shownText(value).replace(/^~(?=\/|\\|$)/, () => tree.home);
  let known = !path.includes('${') && !path.startsWith('~');
  const expanded = path.replace(/%(.)/g, (all, token: string) => {
    if (tokens[token] === undefined) known = false;
    return tokens[token] ?? all;
  });
  return known && /^(?:\/|[A-Za-z]:[\\/])/.test(expanded) ? expanded : undefined;
}

/** Keys that entries name and that are missing, no file, or open to others: ssh then cannot use them. */
export async function keyProblems(file: ConfigFile, tree: ConfigTree, inspect: PersonConfig['inspect']): Promise<readonly Problem[]> {
  const found: Problem[] = [];
  const seen = new Map<string, ReturnType<PersonConfig['inspect']>>();
  const told = new Set<number>();
  const turns = new Turns();
  for (const entry of entriesOf(file)) {
    await turns.next();
    for (const directive of entry.block.directives) {
      if (directive.keyword !== 'identityfile' || told.has(directive.line) || directive.words.length !== 1) continue;
      const { value } = directive;
      if (value.toLowerCase() === 'none' || (entry.kind !== 'host' && /%[hnkpr]/.test(value))) continue;
      const path = keyPath(value, tree, hostOf(entry));
      if (path === undefined) continue;
      told.add(directive.line);
      const state = seen.get(path) ?? inspect(path);
      seen.set(path, state);
      const { kind, mode } = await state;
      const place = {
        path: file.path,
        line: directive.line,
        start: directive.valueStart,
        end: directive.wordsEnd,
        block: entry.block.index,
      };
      const shown = shownText(value);
      if (kind === 'missing') {
        const message = `There is no key file ${shown}`;
        found.push({ ...place, code: 'keyMissing', severity: 'warning', message, fix: { kind: 'key', path, directive } });
      } else if (kind === 'folder') {
        found.push({ ...place, code: 'keyMissing', severity: 'warning', message: `${shown} is a folder, not a key` });
      } else if (mode !== undefined && (mode & 0o077) !== 0 && !path.endsWith('.pub')) {
        const message = `Others may read the key ${shown} (mode ${(mode & 0o777).toString(8)}): ssh refuses to use it`;
        found.push({ ...place, code: 'keyOpen', severity: 'error', message, fix: { kind: 'protect', path } });
      }
    }
  }
  return found;
}

function hostOf(entry: HostEntry): string {
  return entry.kind === 'host' ? entry.label : 'example';
}
