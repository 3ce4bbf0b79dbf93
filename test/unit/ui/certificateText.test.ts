import assert from 'node:assert/strict';
import type { CertificateLook } from '../../../src/core/certificates/certificates';
import { certificateReport } from '../../../src/ui/model/certificateText';

const l10n = {
  t: (message: string, ...args: unknown[]) => message.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)])),
};
const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;

describe('the page of a machine’s certificates', () => {
  const certificate = {
    names: ['notes.example.org'],
    issuer: 'An [Authority]',
    selfSigned: false,
    from: NOW - 30 * DAY,
    until: NOW + 60 * DAY,
    fingerprint: 'AA:BB',
    publicKey: '',
  };
  const look: CertificateLook = {
    user: 'ada',
    shown: [{ port: 443, name: 'notes.example.org', certificate, sent: 2, here: 'other' }],
    facts: {
      os: { id: 'debian', version: '13', codename: 'trixie', name: 'Debian' } as unknown as CertificateLook['facts']['os'],
      kept: [{ keeper: 'caddy', path: '/var/lib/caddy/notes.crt', certificate, keyFits: false }],
      ports: [],
      nginx: [],
      stacks: [],
      openssl: true,
    },
  };

  it('is a list that reads well as text: each site, what it shows, who renews it, and what this computer sees', () => {
    const lines = certificateReport('ada', look, NOW, l10n, 'en').split('\n');
    const from = lines.indexOf('## What sites show');
    assert.deepEqual(lines.slice(from + 2, from + 6), [
      '- notes.example.org:443 · ✓ well · until 1/21/2027 (60 days)',
      '  - An \\[Authority] · browsers trust it · 2 certificates are sent',
      '  - Caddy, renews it by itself · /var/lib/caddy/notes.crt',
      '  - This computer is shown another one.',
    ]);
    const kept = lines.indexOf('## What lies on the machine');
    assert.deepEqual(lines.slice(kept + 2, kept + 5), [
      '- notes.example.org · until 1/21/2027 (60 days)',
      '  - /var/lib/caddy/notes.crt',
      '  - An \\[Authority] · Caddy, renews it by itself · ✗ its key does not fit',
    ]);
    assert.ok(!lines.some((line) => line.startsWith('|')));
  });

  it('says so where there is nothing', () => {
    const text = certificateReport('ada', { ...look, shown: [], facts: { ...look.facts, kept: [] } }, NOW, l10n, 'en');
    assert.match(
      text,
      /## What sites show\n\nNothing speaks TLS there\.\n\n## What lies on the machine\n\nNone\.\n\n## Renewal\n\nNothing to renew\./,
    );
  });
});
