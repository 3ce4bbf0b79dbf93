import { l10n } from 'vscode';
import type { MachineKey } from '../../core/cloud/model';
import type { Memento } from '../../core/cloud/ports';
import type { RowNotes } from '../tree/notes';

/** What was seen when a machine was last asked for its certificates. */
export interface SeenCertificate {
  readonly site: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Machine key -> the certificates that its sites showed. */
const SEEN = 'skylab.certificates';
type Seen = Readonly<Record<MachineKey, readonly SeenCertificate[]>>;

/** Days before its end that a certificate is spoken of on the machine's row. */
const SOON_DAYS = 14;
const DAY = 86_400_000;

/** Remembers what a machine's sites show, for the machine's row. */
export async function rememberCertificates(memento: Memento, key: MachineKey, certificates: readonly SeenCertificate[]): Promise<void> {
  const others = Object.entries(memento.get<Seen>(SEEN) ?? {}).filter(([other]) => other !== key);
  await memento.set(SEEN, Object.fromEntries(certificates.length === 0 ? others : [...others, [key, certificates]]));
}

/** Says on a machine's row when a certificate of its sites ends soon, as far as somebody has looked. */
export function certificateNotes(memento: Memento): Pick<RowNotes, 'machine' | 'facts'> {
  const seen = (key: MachineKey): readonly SeenCertificate[] => memento.get<Seen>(SEEN)?.[key] ?? [];
  return {
    machine({ key }) {
      const left = Math.floor((Math.min(...seen(key).map(({ until }) => until)) - Date.now()) / DAY);
      if (left >= SOON_DAYS) return undefined;
      return left < 0 ? l10n.t('certificate ended') : l10n.t('certificate ends in {0} d', left);
    },
    facts: ({ key }) =>
      seen(key).map(({ site, until }) => [l10n.t('Certificate of {0}', site), l10n.t('until {0}', new Date(until).toLocaleDateString())]),
  };
}
