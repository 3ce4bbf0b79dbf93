/** One pattern with `*` and `?`, as OpenSSH's `match_pattern` compares it: case counts. */
function matchesPattern(name: string, pattern: string): boolean {
  let at = 0;
  let in_ = 0;
  let star = -1;
  let retry = 0;
  while (at < name.length) {
    if (in_ < pattern.length && pattern[in_] === '*') {
      star = in_++;
      retry = at;
    } else if (in_ < pattern.length && (pattern[in_] === '?' || pattern[in_] === name[at])) {
      in_++;
      at++;
    } else if (star >= 0) {
      in_ = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[in_] === '*') in_++;
  return in_ === pattern.length;
}

/** Is it a name, with neither `*`, `?` nor a leading `!`? */
export function isLiteral(pattern: string): boolean {
  return !/[*?]|^!/.test(pattern);
}

/** The patterns of a `Host` line: one negated match refuses, else one match is enough (ssh_config(5)). */
export function matchesHostLine(patterns: readonly string[], host: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(host, negated ? pattern.slice(1) : pattern)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** A comma-separated list, as Match criteria have it. @param lower compare without regard to case, as for host names */
export function matchesList(list: string, name: string, lower: boolean): boolean {
  const patterns = (lower ? list.toLowerCase() : list).split(',');
  return matchesHostLine(patterns, lower ? name.toLowerCase() : name);
}
