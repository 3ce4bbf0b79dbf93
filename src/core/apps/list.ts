import type { RemoteCommand } from '../remote/command';
import { rootScript } from '../upkeep/task';
import type { AppRelease } from './facts';
import { releaseOf } from './facts';
import type { App } from './model';
import { NOTE_FILE, RELEASE_FILE } from './shell';

/** A release and the application as it was then. */
export interface ListedRelease {
  readonly release: AppRelease;
  readonly app: App;
}

/** An application on a machine, as the machine tells it. */
export interface ListedApp {
  readonly name: string;
  readonly serving: ListedRelease;
  /** Newest first, the one that serves among them. */
  readonly releases: readonly ListedRelease[];
  readonly maintenance: boolean;
  /** Its units and their states: `active`, `failed`. */
  readonly units: readonly { readonly name: string; readonly state: string }[];
}

/** Run by root with sh: prints the applications of a machine, one line for each part. Changes nothing. */
export const APPS_SCRIPT = String.raw`set +e
coded() { base64 <"$1" 2>/dev/null | tr -d '\n'; }
for root in /srv/www/*; do
  [ -e "$root/.skylab" ] || continue
  name=${'$'}{root##*/}
  current=$(readlink "$root/current" 2>/dev/null) || continue
  echo "app $name ${'$'}{current##*/}"
  [ -e "$root/shared/maintenance.on" ] && echo "maintenance $name"
  for release in "$root"/releases/*; do
    [ -e "$release/${RELEASE_FILE}" ] && [ -e "$release/${NOTE_FILE}" ] || continue
    echo "release $name ${'$'}{release##*/} $(coded "$release/${RELEASE_FILE}") $(coded "$release/${NOTE_FILE}")"
  done
  for unit in "/etc/systemd/system/$name.socket" "/etc/systemd/system/$name.service" "/etc/systemd/system/$name"-*.service; do
    [ -e "$unit" ] && echo "unit $name ${'$'}{unit##*/} $(systemctl is-active "${'$'}{unit##*/}")"
  done
done
exit 0`;

/** The applications of a machine. Changes nothing. */
export const listApps: RemoteCommand<readonly ListedApp[]> = { ...rootScript(APPS_SCRIPT, [], 'list the applications'), parse: parseApps };

/** Reads what the script prints; what is no application of this kind is left out. */
export function parseApps(text: string): readonly ListedApp[] {
  const lines = text.split('\n').map((line) => line.split(' '));
  const of = (kind: string, name: string) => lines.filter(([word, whose]) => word === kind && whose === name);
  return lines.flatMap(([word, name = '', current = '']): ListedApp[] => {
    if (word !== 'app') return [];
    const releases = of('release', name)
      .flatMap(([, , id = '', release = '', note = '']) => listed(id, decode(release), decode(note)))
      .sort((a, b) => (a.release.id < b.release.id ? 1 : -1));
    const serving = releases.find(({ release }) => release.id === current);
    if (!serving) return [];
    const units = of('unit', name).map(([, , unit = '', state = '']) => ({ name: unit, state }));
    return [{ name, serving, releases, maintenance: of('maintenance', name).length > 0, units }];
  });
}

const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

function listed(id: string, release: string, note: string): readonly ListedRelease[] {
  const [read] = releaseOf(id, release);
  if (!read) return [];
  try {
    return [{ release: read, app: JSON.parse(note) as App }];
  } catch {
    return [];
  }
}
