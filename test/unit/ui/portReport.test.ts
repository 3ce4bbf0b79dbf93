import assert from 'node:assert/strict';
import type { FirewallFacts } from '../../../src/core/upkeep/firewall/facts';
import type { PortRow } from '../../../src/core/upkeep/ports';
import type { L10n } from '../../../src/ui/model/l10n';
import { portReport } from '../../../src/ui/model/portReport';

const l10n: L10n = { t: (message, ...args) => message.replace(/\{(\d)\}/g, (_all, i: string) => String(args[Number(i)])) };
const facts = { docker: true, publishedObey: false } as unknown as FirewallFacts;
const site: PortRow = {
  port: 443,
  protocol: 'tcp',
  process: 'docker-proxy',
  containers: ['lab-caddy-1'],
  addresses: ['*'],
  local: false,
  host: { kind: 'none' },
  cloud: { kind: 'unknown' },
  answer: { kind: 'open' },
};
const tableOf = (row: PortRow): string[] =>
  portReport({ machine: 'ada', facts, rows: [row], from: '192.0.2.1', at: 0 }, l10n, 'en')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.replaceAll(/ +/g, ' '));

describe('the page of a machine’s ports', () => {
  it('names the container instead of Docker’s proxy, and leaves out columns with nothing to say', () => {
    const [head, , row] = tableOf(site);
    assert.equal(head, '| Port | Program or container | Listens at | Host firewall | From here | Usually |');
    assert.equal(row, '| 443/tcp | lab-caddy-1 | all | none | ✓ answers | HTTPS |');
  });

  it('has the cloud’s rules and the warning where there are some', () => {
    const [head, , row] = tableOf({ ...site, cloud: { kind: 'open', from: ['any'], groups: ['lab'] }, risk: 'notice' });
    assert.match(head ?? '', /\| Cloud group \| From here \| Usually \| Note \|$/);
    assert.match(row ?? '', /open to all \(lab\).*open to the world \|$/);
  });
});
