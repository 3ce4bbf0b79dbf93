import assert from 'node:assert/strict';
import { kindRow, portsText, resourceRow, resourceTooltip, ruleRow } from '../../../src/ui/model/resourceRow';
import type { Resource } from '../../../src/core/cloud/resources/stock';
import type { L10n } from '../../../src/ui/model/l10n';

const l10n: L10n = { t: (message, ...args) => message.replace(/\{(\d)\}/g, (_, i: string) => String(args[Number(i)])) };
const disk: Resource = {
  kind: 'volumes',
  id: 'vol-1',
  item: {
    id: 'vol-1',
    name: '',
    sizeGiB: 100,
    type: 'gp3',
    encrypted: true,
    zone: 'us-east-1a',
    state: 'available',
    createdAt: 0,
    tags: { course: '**bold**' },
  },
};

describe('a row of the Resources view', () => {
  it('says by icon and by word that something is unused, and what it costs', () => {
    const row = resourceRow(disk, { state: 'unused' }, { usd: 8, atMost: false }, l10n);
    assert.deepEqual(
      [row.label, row.description, row.icon.id, row.contextValue],
      ['vol-1', '100 GiB gp3 · us-east-1a · not attached · unused · $8.00 a month', 'circle-slash', 'resource.volumes.available'],
    );
    assert.equal(row.aria, `${row.label}, ${row.description}`);
  });

  it('names two of those who use it, and how many more there are', () => {
    const by = ['ada', 'bob', 'eve', 'mal'].map((name) => ({ kind: 'machine' as const, name }));
    const group: Resource = {
      kind: 'groups',
      id: 'sg-1',
      item: { id: 'sg-1', name: 'lab', description: '', vpcId: 'v', rules: [], tags: {}, refersTo: [], furtherRules: 2 },
    };
    const row = resourceRow(group, { state: 'used', by }, undefined, l10n);
    assert.equal(row.description, 'lets nobody in · ada, bob and 2 more');
    assert.notEqual(row.icon.id, 'circle-slash');
    assert.match(resourceTooltip(group, { state: 'used', by }, undefined, l10n), /2 that Skylab cannot show[^]*ada, bob, eve, mal/);
  });

  it('says nothing about the use of what cannot be known', () => {
    assert.ok(!/unused/.test(resourceRow(disk, { state: 'unknown' }, undefined, l10n).description));
  });

  it('shows text from outside as text', () => {
    assert.match(resourceTooltip(disk, { state: 'unused' }, undefined, l10n), /\\\*\\\*bold\\\*\\\*/);
  });

  it('sums up its kind', () => {
    const text = (change: object): string =>
      kindRow(
        'volumes',
        { status: { state: 'loaded', at: 0 }, count: 12, shown: undefined, unused: 3, cost: { usd: 14.2, atMost: true }, ...change },
        l10n,
      ).description;
    assert.equal(text({}), '12 · 3 unused · at most $14.20 a month');
    assert.equal(text({ shown: 4, unused: 0, cost: undefined }), '4 of 12');
    assert.equal(text({ count: 0 }), 'none');
    assert.equal(text({ status: { state: 'idle' } }), '');
    assert.equal(text({ status: { state: 'failed', error: new Error('x') } }), 'cannot be read');
  });

  it('reads a rule as people say it', () => {
    const rule = { protocol: 'tcp' as const, fromPort: 22, toPort: 22, cidrs: ['0.0.0.0/0', '10.0.0.0/8'], groups: ['sg-1'] };
    const row = ruleRow({ ...rule, description: 'Ada' }, () => 'web', l10n);
    assert.deepEqual([row.label, row.description], ['SSH (tcp 22)', 'from anywhere, 10.0.0.0/8, group web · Ada']);
    assert.equal(portsText({ ...rule, fromPort: 8000, toPort: 8100 }, l10n), 'tcp 8000-8100');
    assert.equal(portsText({ ...rule, protocol: '-1' }, l10n), 'everything');
    assert.equal(portsText({ ...rule, protocol: 'icmp', fromPort: -1, toPort: -1 }, l10n), 'icmp');
    assert.equal(portsText({ ...rule, protocol: 'udp', fromPort: 0, toPort: 65535 }, l10n), 'all of udp');
  });
});
