import type { PackageFamily } from '../../deploy/installDocker';
import { aptInstall, aptUpdate } from '../../deploy/installDocker';
import type { RemoteCommand } from '../../remote/command';
import type { Change } from '../task';

/** Long enough for a slow mirror and for a first boot that still holds apt's lock. */
const PACKAGES_MS = 20 * 60_000;

/** Installs packages of the distribution, without what is only recommended. Installed ones stay as they are. */
export function installPackages(family: PackageFamily, names: readonly string[]): readonly Change[] {
  const long = { timeoutMs: PACKAGES_MS, installs: true };
  const line = `installs ${names.join(', ')}`;
  if (family !== 'apt') return [{ line, command: dnf('install', ...names), ...long }];
  return [
    { line: 'fetches the package lists', command: freshLists(), ...long },
    { line, command: aptInstall(names), ...long },
  ];
}

/** Of the last time that Skylab fetched apt's lists; gone after a restart. The lists' own times are the server's. */
const STAMP = '/run/skylab/apt-lists';

/** Shell that fetches apt's lists by the command given to it, unless that was done within ten minutes. */
export const FRESH_LISTS = `fresh() {
  if [ -n "$(find ${STAMP} -mmin -10 2>/dev/null)" ]; then return 0; fi
  "$@" || return
  mkdir -p /run/skylab && touch ${STAMP}
}`;

function freshLists(): RemoteCommand {
  const update = aptUpdate();
  return { ...update, argv: ['sh', '-c', `${FRESH_LISTS}\nfresh "$@"`, 'lists', ...update.argv] };
}

/** dnf that asks nothing; on Amazon Linux 2, where there is none, yum takes the same words. */
export function dnf(...words: string[]): RemoteCommand {
  const script = 'if command -v dnf >/dev/null 2>&1; then exec dnf --assumeyes "$@"; else exec yum --assumeyes "$@"; fi';
  return { argv: ['sh', '-c', script, 'dnf', ...words], sudo: true, what: `${words[0] ?? 'run'} packages` };
}
