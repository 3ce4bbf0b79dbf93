import type { KeyEntry } from '../../core/ssh/keys/model';
import type { L10n } from './l10n';
import { factTable } from './markdown';
import type { Row } from './row';

/** What a key's row shows; `contextValue` is `key.` and words for what can be done with it. */
export function keyRow(entry: KeyEntry, homeDir: string, l10n: L10n): Row {
  const t: L10n['t'] = (message, ...args) => l10n.t(message, ...args);
  const { file, agent, facts } = entry;
  const type = facts === undefined ? undefined : `${facts.kind} ${facts.bits}`;
  const label = file === undefined ? entry.comment || t('Key of the agent') : shortPath(file.path, homeDir);
  const problem = keyProblem(entry, l10n);
  const states = [
    type,
    problem,
    file?.secrecy === 'public' ? t('public key only') : undefined,
    file?.secrecy === 'locked' ? t('with passphrase') : undefined,
    file?.secrecy === 'open' ? t('no passphrase') : undefined,
    agent === undefined ? undefined : t('in the agent'),
    file?.certificate === undefined ? undefined : t('with certificate'),
  ].filter((word) => word !== undefined);
  return {
    label,
    description: states.join(' · '),
    icon: icon(entry),
    contextValue: contextOf(entry),
    aria: [label, ...states].join(', '),
  };
}

/** The tooltip of a key, as Markdown. */
export function keyTooltip(entry: KeyEntry, homeDir: string, l10n: L10n): string {
  const { file, facts, comment, usedBy } = entry;
  const fix =
    file?.problem?.kind === 'modes' ? l10n.t('ssh ignores a private key that others may read: repair its permissions.') : undefined;
  return factTable(keyRow(entry, homeDir, l10n).label, [
    [l10n.t('Type'), facts === undefined ? undefined : `${facts.kind} ${facts.bits}`],
    [l10n.t('Fingerprint'), facts?.fingerprint],
    [l10n.t('Comment'), comment],
    [l10n.t('File'), file?.path],
    [l10n.t('Certificate'), file?.certificate],
    [l10n.t('Used by'), usedBy.join(', ')],
    [l10n.t('Problem'), fix ?? (file?.problem?.kind === 'unreadable' ? file.problem.reason : undefined)],
  ]);
}

/** The path from the folder `.ssh` on, or from the home folder on. */
export function shortPath(path: string, homeDir: string): string {
  const slashed = path.replaceAll('\\', '/');
  const home = `${homeDir.replaceAll('\\', '/').replace(/\/$/, '')}/`;
  if (!slashed.startsWith(home)) return path;
  const below = slashed.slice(home.length);
  return below.startsWith('.ssh/') ? below.slice('.ssh/'.length) : `~/${below}`;
}

/** Why ssh will not use the key, in a few words. */
function keyProblem({ file }: KeyEntry, l10n: L10n): string | undefined {
  if (file?.problem === undefined) return undefined;
  if (file.problem.kind === 'modes') return l10n.t('others may read it (mode {0})', file.problem.mode.toString(8).padStart(4, '0'));
  return l10n.t('cannot be read');
}

function icon({ file, agent }: KeyEntry): Row['icon'] {
  if (file?.problem !== undefined) return { id: 'warning', color: 'list.warningForeground' };
  if (file === undefined) return { id: 'shield' };
  if (file.secrecy === 'public') return { id: 'file' };
  return { id: file.secrecy === 'locked' ? 'lock' : 'key', ...(agent !== undefined && { color: 'charts.green' }) };
}

function contextOf({ file, agent }: KeyEntry): string {
  const words = ['key', file === undefined ? 'agent' : file.secrecy];
  if (file !== undefined && file.secrecy !== 'public') words.push(agent === undefined ? 'outside' : 'inside');
  if (file?.problem !== undefined) words.push(file.problem.kind);
  return words.join('.');
}
