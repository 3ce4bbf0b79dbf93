import type { Problem } from '../../core/ssh/config/problems';
import { resolve } from '../../core/ssh/config/resolve';
import type { ConfigTree, HostEntry } from '../../core/ssh/config/tree';
import { shownText } from '../../core/ssh/config/words';
import type { L10n } from './l10n';
import type { Row } from './row';

/** Where a name leads, as a person writes it: `user@host:port`. */
export function destination(tree: ConfigTree, host: string): string {
  const { hostName, user, port } = resolve(tree, host);
  const address = hostName.includes(':') ? `[${hostName}]` : hostName;
  return shownText(`${user}@${address}:${port}`);
}

/**
 * The row of an entry: a name with where it leads, patterns and conditions with what they are; broken ones say so.
 * @param generated whether it stands in the file that Skylab itself writes
 */
export function hostRow(entry: HostEntry, tree: ConfigTree, problems: readonly Problem[], generated: boolean, l10n: L10n): Row {
  const label = shownText(entry.label);
  const what =
    entry.kind === 'host' ? destination(tree, entry.label) : entry.kind === 'pattern' ? l10n.t('pattern') : l10n.t('condition (Match)');
  const worst = problems.some(({ severity }) => severity === 'error')
    ? 'error'
    : problems.some(({ severity }) => severity === 'warning')
      ? 'warning'
      : undefined;
  const first = problems.find(({ severity }) => severity === worst);
  const state = worst === undefined ? [] : [`${worst === 'error' ? l10n.t('broken') : l10n.t('check')}: ${first?.message ?? ''}`];
  const managed = generated ? [l10n.t('by Skylab')] : [];
  const description = [what, ...managed, ...state].join(' · ');
  const plain = { host: 'vm', pattern: 'list-filter', match: 'git-compare' }[entry.kind];
  const icon =
    worst === 'error'
      ? { id: 'error', color: 'list.errorForeground' }
      : worst === 'warning'
        ? { id: 'warning', color: 'list.warningForeground' }
        : { id: plain };
  const contextValue = `sshHost.${entry.kind}${generated ? '.generated' : ''}`;
  return { label, description, icon, contextValue, aria: `${label}, ${description}` };
}
