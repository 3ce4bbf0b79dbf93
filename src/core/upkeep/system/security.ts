import { SkylabError } from '../../errors';
import { installPackages } from '../packages/install';
import type { Task, WayBack } from '../task';
import { putFile, rootScript, scripted } from '../task';
import type { SystemFacts } from './facts';
import { FAIL2BAN_JAIL, familyOf, SSH_DROP_IN, systemFacts } from './facts';

/** Reads before every other file: the first value that sshd meets counts (sshd_config(5)). */
const HARD = `# Written by Skylab: keys only.
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
PermitRootLogin prohibit-password
`;

/** Debian calls the service ssh, others sshd. A reload keeps open connections. */
const RELOAD = 'systemctl reload-or-restart ssh.service 2>/dev/null || systemctl reload-or-restart sshd.service';

const wayBack: WayBack = {
  line: 'puts sshd’s configuration back as it was',
  keep: `if [ -e ${SSH_DROP_IN} ]; then cp -a ${SSH_DROP_IN} "$1/drop-in"; fi`,
  restore: `if [ -e "$1/drop-in" ]; then cp -a "$1/drop-in" ${SSH_DROP_IN}; else rm -f ${SSH_DROP_IN}; fi
${RELOAD}`,
};

/**
 * Lets nobody in by a password any more.
 * @param byKey this connection was opened with a key: without one, the person would lock themselves out
 */
export function hardenSsh(byKey: boolean): Task<SystemFacts> {
  return {
    id: 'ssh.harden',
    title: 'Let in by key only',
    look: systemFacts,
    plan({ sshd, passwordOnly }) {
      const is = (name: string): string | undefined => sshd.settings.get(name);
      const rootClosed = is('permitrootlogin') !== 'yes';
      if (is('passwordauthentication') === 'no' && is('kbdinteractiveauthentication') === 'no' && rootClosed) return { acts: [] };
      if (!byKey) {
        throw new SkylabError('You log in on this machine without a key. Nothing was changed.', {
          code: 'NoKeyLogin',
          next: 'Install a key of yours first, and connect with it.',
        });
      }
      if (!sshd.dropIns) {
        throw new SkylabError('sshd on this machine reads no drop-ins from /etc/ssh/sshd_config.d. Nothing was changed.', {
          code: 'NoDropIns',
          next: 'Set “PasswordAuthentication no” in /etc/ssh/sshd_config by hand.',
        });
      }
      const write = putFile(SSH_DROP_IN, '0644', HARD);
      return {
        wayBack,
        notes:
          passwordOnly.length === 0
            ? []
            : [`Nobody lets these in any more, as they have a password and no key: ${passwordOnly.join(', ')}.`],
        acts: [
          {
            name: 'sshd',
            title: 'Let in by key only',
            guarded: true,
            changes: [
              { line: `writes ${SSH_DROP_IN}: no passwords, for root neither`, command: write },
              scripted(
                'has sshd check its configuration and use it',
                `sshd -t\n${RELOAD}\nsshd -T | grep -qix 'passwordauthentication no'`,
              ),
            ],
          },
        ],
      };
    },
  };
}

/** Takes Skylab's drop-in away again: what the machine's own configuration says counts. */
export const softenSsh: Task<SystemFacts> = {
  id: 'ssh.soften',
  title: 'Take back “by key only”',
  look: systemFacts,
  plan({ sshd }) {
    if (!sshd.ours) return { acts: [] };
    const change = scripted(`removes ${SSH_DROP_IN}`, `rm -f ${SSH_DROP_IN}\nsshd -t\n${RELOAD}`);
    return { wayBack, acts: [{ name: 'sshd', title: 'Take back “by key only”', guarded: true, changes: [change] }] };
  },
};

const JAIL = `# Written by Skylab.
[sshd]
enabled = true
backend = systemd
maxretry = 6
findtime = 10m
bantime = 10m
`;

/** Shuts out addresses that keep guessing at sshd's door. @param mine addresses that are never shut out */
export function guardSsh(mine: readonly string[]): Task<SystemFacts> {
  return {
    id: 'fail2ban.on',
    title: 'Shut out who guesses passwords',
    look: systemFacts,
    plan({ os, fail2ban }) {
      if (fail2ban) return { acts: [] };
      const family = familyOf(os);
      // What fail2ban needs on Debian to read the journal and to shut out is only recommended by its package.
      const names = family === 'apt' ? ['fail2ban', 'python3-systemd', 'nftables'] : ['fail2ban'];
      const ignore = mine.length === 0 ? '' : `ignoreip = 127.0.0.1/8 ::1 ${mine.join(' ')}\n`;
      return {
        acts: [
          { name: 'install', title: 'Install fail2ban', changes: installPackages(family, names) },
          {
            name: 'jail',
            title: 'Guard sshd',
            changes: [
              {
                line: `writes ${FAIL2BAN_JAIL}: six failures shut an address out for ten minutes`,
                command: putFile(FAIL2BAN_JAIL, '0644', JAIL + ignore),
                undo: rootScript(`rm -f ${FAIL2BAN_JAIL}`, [], 'remove the jail'),
              },
              scripted(
                'starts fail2ban, now and at every start',
                `fail2ban-client --test >/dev/null
systemctl enable --quiet fail2ban; systemctl restart fail2ban
for i in 1 2 3 4 5 6 7 8 9 10; do if fail2ban-client status sshd >/dev/null 2>&1; then exit 0; fi; sleep 1; done
fail2ban-client status sshd`,
              ),
            ],
          },
        ],
      };
    },
  };
}

/** Lets everybody knock again; the package stays. */
export const unguardSsh: Task<SystemFacts> = {
  id: 'fail2ban.off',
  title: 'Stop shutting out',
  look: systemFacts,
  plan: ({ fail2ban }) =>
    fail2ban
      ? {
          acts: [
            {
              name: 'off',
              title: 'Stop fail2ban',
              changes: [
                scripted(`removes ${FAIL2BAN_JAIL} and stops fail2ban`, `rm -f ${FAIL2BAN_JAIL}\nsystemctl disable --quiet --now fail2ban`),
              ],
            },
          ],
        }
      : { acts: [] },
};

const APT_FILE = '/etc/apt/apt.conf.d/52skylab-upgrades';

/** Has security updates installed every day, or no longer. */
export function unattendedUpgrades(on: boolean): Task<SystemFacts> {
  return {
    id: on ? 'upgrades.on' : 'upgrades.off',
    title: on ? 'Install security updates every day' : 'Stop installing updates every day',
    look: systemFacts,
    plan({ os, unattended }) {
      if (unattended === on) return { acts: [] };
      const family = familyOf(os);
      const name = family === 'apt' ? 'unattended-upgrades' : 'dnf-automatic';
      const switched =
        family === 'apt'
          ? {
              line: `writes ${APT_FILE}`,
              command: putFile(
                APT_FILE,
                '0644',
                `// Written by Skylab.\nAPT::Periodic::Update-Package-Lists "${on ? 1 : 0}";\nAPT::Periodic::Unattended-Upgrade "${on ? 1 : 0}";\n`,
              ),
            }
          : scripted(
              `${on ? 'starts' : 'stops'} the timer dnf-automatic-install`,
              `systemctl ${on ? 'enable' : 'disable'} --quiet --now dnf-automatic-install.timer`,
            );
      const install = on ? [{ name: 'install', title: `Install ${name}`, changes: installPackages(family, [name]) }] : [];
      return { acts: [...install, { name: 'switch', title: on ? 'Switch on' : 'Switch off', changes: [switched] }] };
    },
  };
}
