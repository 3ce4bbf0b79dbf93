import type { SyncPlan } from '../../core/transfer/sync';
import { bytesText } from './bytes';
import type { L10n } from './l10n';

/** Lines of one kind that are shown; the rest is counted. */
const SHOWN = 500;

/** What a sync would do, as a text to read. @param deletes whether what is not here would be deleted there */
export function planText(title: string, plan: SyncPlan, deletes: boolean, l10n: L10n): string {
  const { difference, listing } = plan;
  const { added, changed, touched, extra, newerThere } = difference;
  const newer = new Set(newerThere);
  const files = [...added, ...changed].filter(({ kind }) => kind === 'file');
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const nothing = added.length + changed.length + touched.length + (deletes ? extra.length : 0) === 0;
  const sections = [
    `${title}\n${plan.path}${plan.exists ? '' : ` ${l10n.t('(not there yet)')}`}`,
    nothing
      ? l10n.t('Nothing has changed: nothing would be sent.')
      : l10n.t('Would be sent: {0} files, {1}.', files.length, bytesText(bytes)),
    section(l10n.t('New there'), '+', added.map(nameOf)),
    section(
      l10n.t('Changed'),
      '~',
      changed.map((entry) =>
        newer.has(entry.path) ? l10n.t('{0} (newer on the machine: that version would be lost)', nameOf(entry)) : nameOf(entry),
      ),
    ),
    section(l10n.t('Same content, other time or mode: set there, not sent'), '=', touched.map(nameOf)),
    deletes ? section(l10n.t('Would be deleted there'), '-', extra) : section(l10n.t('Only there, and kept'), ' ', extra),
    section(
      l10n.t('Left out by ignore files; a line such as !name in .skylabignore takes something back in'),
      ' ',
      (listing.ignore?.left ?? []).map(({ path, by, directory }) => `${path}${directory ? '/' : ''}  (${by})`),
    ),
    section(l10n.t('Sent although .gitignore names them, since a Compose file needs them'), '!', listing.ignore?.needed ?? []),
    section(
      l10n.t('Cannot be sent'),
      ' ',
      listing.skipped.map(({ path, reason }) => `${path}: ${reason}`),
    ),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

const nameOf = ({ path, kind }: { readonly path: string; readonly kind: string }): string => (kind === 'directory' ? `${path}/` : path);

function section(title: string, mark: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, SHOWN).map((line) => `  ${mark} ${line.replace(/\p{Cc}/gu, '\ufffd')}`);
  if (lines.length > SHOWN) shown.push(`    … ${String(lines.length - SHOWN)}`);
  return [`${title} (${String(lines.length)})`, ...shown].join('\n');
}
