import { SkylabError } from '../errors';
import type { Task } from '../upkeep/task';
import { putFile, rootScript, scripted } from '../upkeep/task';
import type { CertificateFacts } from './facts';
import { certificateFacts } from './facts';

/** A rehearsal of certbot's renewal with the issuer's test service. Always has something to do. @param user the login's name */
export function tryRenewal(user: string): Task<CertificateFacts> {
  const title = 'Try certbot’s renewal';
  return {
    id: 'certificates.rehearse',
    title,
    look: certificateFacts(user),
    plan({ certbot }) {
      if (certbot === undefined) throw new SkylabError('certbot is not on this machine.', { code: 'NoCertbot' });
      const script = `out=$(certbot renew --dry-run --no-random-sleep-on-renew 2>&1) || { printf '%s\\n' "$out" | tail -n 15 >&2; exit 1; }
printf '%s\\n' "$out"`;
      const change = scripted('asks the issuer’s test service for each certificate; nothing is changed', script, [], {
        timeoutMs: 10 * 60_000,
      });
      return { acts: [{ name: 'rehearse', title, changes: [change] }] };
    },
  };
}

const SERVICE = '/etc/systemd/system/skylab-certbot.service';
const TIMER = '/etc/systemd/system/certbot-renew-skylab.timer';

const SERVICE_TEXT = `# Written by Skylab.
[Unit]
Description=Renew certbot's certificates
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/env certbot -q renew --no-random-sleep-on-renew
`;

const TIMER_TEXT = `# Written by Skylab.
[Unit]
Description=Renew certbot's certificates twice a day

[Timer]
OnCalendar=*-*-* 00,12:00:00
RandomizedDelaySec=12h
Persistent=true
Unit=skylab-certbot.service

[Install]
WantedBy=timers.target
`;

/** Has certbot renew twice a day: by its own timer where it brings one, else by one of Skylab's. @param user the login's name */
export function renewalTimer(user: string): Task<CertificateFacts> {
  const title = 'Renew certbot’s certificates by themselves';
  return {
    id: 'certificates.timer',
    title,
    look: certificateFacts(user),
    plan({ certbot }) {
      if (certbot === undefined) throw new SkylabError('certbot is not on this machine.', { code: 'NoCertbot' });
      if (certbot.timer) return { acts: [] };
      if (certbot.ownTimer === true) {
        const undo = rootScript('systemctl disable --quiet --now certbot.timer', [], 'switch certbot.timer off');
        const change = scripted('switches certbot.timer on', 'systemctl enable --quiet --now certbot.timer', [], { undo });
        return { acts: [{ name: 'timer', title, changes: [change] }] };
      }
      const remove = (file: string) => rootScript('rm -f "$1"', [file], `remove ${file}`);
      const timer = TIMER.split('/').at(-1) ?? '';
      const changes = [
        { line: `writes ${SERVICE}`, command: putFile(SERVICE, '0644', SERVICE_TEXT), undo: remove(SERVICE) },
        {
          line: `writes ${TIMER}: at midnight and at noon, up to twelve hours later`,
          command: putFile(TIMER, '0644', TIMER_TEXT),
          undo: remove(TIMER),
        },
        scripted(`switches ${timer} on`, 'systemctl daemon-reload\nsystemctl enable --quiet --now "$1"', [timer]),
      ];
      return { acts: [{ name: 'timer', title, changes }] };
    },
  };
}
