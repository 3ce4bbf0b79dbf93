import { parseOsRelease } from '../../deploy/facts';
import type { OsRelease } from '../../deploy/facts';
import { apt } from '../../deploy/installDocker';
import { SkylabError } from '../../errors';
import type { RemoteCommand } from '../../remote/command';
import { familyOf } from '../system/facts';
import type { Task } from '../task';
import { rootScript } from '../task';
import { dnf, FRESH_LISTS, installPackages } from './install';

/** A package that has a newer version. */
interface Upgrade {
  readonly name: string;
  /** Absent where the tool does not tell. */
  readonly from?: string;
  readonly to: string;
  readonly security: boolean;
}

export interface PackageFacts {
  readonly os: OsRelease;
  readonly upgrades: readonly Upgrade[];
  readonly rebootNeeded: boolean;
  /** Those of the asked names that are installed. */
  readonly installed: readonly string[];
}

/** Fetches the lists and asks for what would be upgraded; installs nothing. */
const LOOK = String.raw`set +eu
${FRESH_LISTS}
if command -v apt-get >/dev/null; then
  fresh apt-get -qq -o DPkg::Lock::Timeout=120 update >&2
  apt-get -s -o Debug::NoLocking=1 --with-new-pkgs upgrade 2>/dev/null | sed -n 's/^Inst /apt /p'
else
  # it ends with 100 where there are newer ones; what they replace is told a second time below
  if command -v dnf >/dev/null; then dnf -q check-update; else yum -q check-update; fi 2>/dev/null | sed -n '/^Obsoleting/q; s/^[A-Za-z0-9]/dnf &/p'
fi
`;

const KNOWN = String.raw`set +eu
cat /etc/os-release 2>/dev/null | sed 's/^/os /'
if [ -e /run/reboot-required ] || { command -v needs-restarting >/dev/null && ! needs-restarting -r >/dev/null 2>&1; }; then echo reboot; fi
for name; do
  if { dpkg-query -W -f '${'$'}{Status}' "$name" 2>/dev/null | grep -q 'ok installed'; } || { command -v rpm >/dev/null && rpm -q --quiet "$name"; }; then echo "there $name"; fi
done
exit 0`;

/** What would be upgraded. */
const packageFacts: RemoteCommand<PackageFacts> = {
  ...rootScript(LOOK + KNOWN, [], 'ask which packages are newer'),
  parse: parsePackageFacts,
};

/** `Inst libc6 [2.41-1] (2.41-2 Debian:13.1/stable, Debian-Security:13/stable-security [amd64])`; `curl.x86_64  8.5.0-1  updates`. */
export function parsePackageFacts(text: string): PackageFacts {
  const upgrades: Upgrade[] = [];
  const os: string[] = [];
  const installed: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('os ')) os.push(line.slice(3));
    if (line.startsWith('there ')) installed.push(line.slice(6));
    const [, name = '', from, to = '', source = ''] = /^apt (\S+) (?:\[(\S+)\] )?\((\S+) ([^[]*)/.exec(line) ?? [];
    if (name !== '') upgrades.push({ name, ...(from === undefined ? {} : { from }), to, security: /security/i.test(source) });
    const [, rpm = '', version = '', repository = ''] = /^dnf (\S+)\.\S+\s+(\S+)\s+(\S+)$/.exec(line) ?? [];
    if (rpm !== '') upgrades.push({ name: rpm, to: version, security: /security/i.test(repository) });
  }
  return { os: parseOsRelease(os.join('\n')), upgrades, installed, rebootNeeded: /^reboot$/m.test(text) };
}

const UPGRADE_MS = 60 * 60_000;

/** Brings every package up to date; configuration files that were changed on the machine stay as they are. */
export const upgradePackages: Task<PackageFacts> = {
  id: 'packages.upgrade',
  title: 'Upgrade the packages',
  look: packageFacts,
  plan({ os, upgrades }) {
    const family = familyOf(os);
    if (upgrades.length === 0) return { acts: [] };
    const command: RemoteCommand =
      family === 'apt'
        ? {
            argv: apt(
              '-o',
              'Dpkg::Options::=--force-confdef',
              '-o',
              'Dpkg::Options::=--force-confold',
              '--yes',
              '--with-new-pkgs',
              'upgrade',
            ),
            sudo: true,
            what: 'upgrade the packages',
          }
        : dnf('upgrade');
    const count = upgrades.length === 1 ? '1 package' : `${upgrades.length} packages`;
    const line = `upgrades ${count}: ${upgrades.map(({ name }) => name).join(', ')}`;
    return {
      acts: [{ name: 'upgrade', title: `Upgrade ${count}`, changes: [{ line, command, timeoutMs: UPGRADE_MS, installs: true }] }],
      notes: upgrades.map(
        ({ name, from, to, security }) => `${name} ${from === undefined ? '' : `${from} → `}${to}${security ? ' (security)' : ''}`,
      ),
    };
  },
};

/** @param names as the distribution calls them */
export function addPackages(names: readonly string[]): Task<PackageFacts> {
  return {
    id: 'packages.install',
    title: `Install ${names.join(', ')}`,
    look: { ...rootScript(KNOWN, names, 'ask which packages are installed'), parse: parsePackageFacts },
    plan({ os, installed }) {
      const odd = names.find((name) => !/^[a-z0-9][a-z0-9+._-]*$/i.test(name));
      if (odd !== undefined) throw new SkylabError(`“${odd}” is no name of a package.`, { code: 'NoPackage' });
      const missing = names.filter((name) => !installed.includes(name));
      return missing.length === 0
        ? { acts: [] }
        : { acts: [{ name: 'install', title: `Install ${missing.join(', ')}`, changes: installPackages(familyOf(os), missing) }] };
    },
  };
}

/** Restarts the machine and waits until it lets in again. */
export const restartMachine: Task<PackageFacts> = {
  id: 'restart',
  title: 'Restart the machine',
  look: { ...rootScript(KNOWN, [], 'look at the machine'), parse: parsePackageFacts },
  plan: () => ({
    acts: [
      {
        name: 'restart',
        title: 'Restart, and wait until it lets in again',
        restarts: true,
        changes: [
          {
            line: 'restarts the machine: what runs on it stops meanwhile',
            // The answer comes before the connection goes.
            command: rootScript('sync\nsystemd-run --quiet --collect --on-active=2 systemctl reboot', [], 'restart the machine'),
          },
        ],
      },
    ],
  }),
};
