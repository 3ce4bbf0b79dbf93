import assert from 'node:assert/strict';
import type { ListedApp } from '../../../src/core/apps/list';
import { appReleaseRow, appRow, appUnitRow } from '../../../src/ui/model/appRow';
import { deploymentsRow } from '../../../src/ui/model/stackRow';
import type { Survey } from '../../../src/core/deploy/stacks/survey';

const l10n = {
  t: (message: string, ...args: unknown[]) => message.replaceAll(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)])),
};
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

function app(more: Partial<ListedApp> = {}): ListedApp {
  const release = { id: '20261122-090000-4f2a', commit: 'a1b2c3d4e5f6', subject: 'Polls', inputs: '', url: '' };
  const serving = {
    release,
    app: { proxy: { kind: 'caddy', domain: 'site.example.org', https: true } },
  } as unknown as ListedApp['serving'];
  const units = ['site.socket', 'site.service', 'site-watch.service'].map((name) => ({ name, state: 'active' }));
  return { name: 'site', serving, releases: [serving], maintenance: false, units, ...more };
}
const withState = (name: string, state: string) => app().units.map((unit) => (unit.name === name ? { name, state } : unit));
const survey = (docker: Survey['docker'], apps: Survey['apps']): Survey => ({
  docker,
  dockerVersion: '',
  at: NOW,
  stacks: [],
  others: [],
  apps,
});

describe('the row of an application', () => {
  it('tells state, address, commit and age, in words as by its icon', () => {
    const row = appRow(app(), NOW, l10n);
    assert.equal(row.description, 'running · https://site.example.org · a1b2c3d4 · released 3 h ago');
    assert.deepEqual([row.icon.id, row.contextValue], ['pass-filled', 'app.running']);
    assert.equal(row.aria, `application site, ${row.description}`);
  });

  it('names the unit that is not as it should be; a worker that stands still is not well', () => {
    const row = appRow(app({ units: withState('site-watch.service', 'inactive') }), NOW, l10n);
    assert.match(row.description, /^site-watch\.service inactive · /);
    assert.deepEqual([row.icon.id, row.contextValue], ['error', 'app.ill']);
    const all = app().units.map(({ name }) => ({ name, state: 'inactive' }));
    assert.equal(appRow(app({ units: all }), NOW, l10n).contextValue, 'app.stopped');
    assert.equal(appRow(app({ units: withState('site.service', 'activating') }), NOW, l10n).contextValue, 'app.starting');
  });

  it('says that the maintenance page stands, and what has failed behind it', () => {
    const well = appRow(app({ maintenance: true }), NOW, l10n);
    assert.match(well.description, /^maintenance page · https/);
    assert.deepEqual([well.icon.id, well.contextValue], ['debug-pause', 'app.running.maintenance']);
    const ill = appRow(app({ maintenance: true, units: withState('site.service', 'failed') }), NOW, l10n);
    assert.match(ill.description, /^maintenance page, site\.service failed · /);
    assert.deepEqual([ill.icon.id, ill.contextValue], ['error', 'app.ill.maintenance']);
  });

  it('has its units and releases below it', () => {
    assert.equal(appUnitRow({ name: 'site.service', state: 'failed' }, l10n).description, 'failed');
    const [one] = app().releases;
    assert.ok(one);
    assert.deepEqual(
      [true, false].map((current) => appReleaseRow(one, current, NOW, l10n)).map((row) => [row.label, row.description, row.contextValue]),
      [
        ['a1b2c3d4 Polls', 'current · 3 h ago', 'appRelease.current'],
        ['a1b2c3d4 Polls', '3 h ago', 'appRelease.older'],
      ],
    );
  });

  it('is counted on the row above, where a missing Docker is no news then', () => {
    const text = (one: Survey) => deploymentsRow(one, [], true, l10n).description;
    assert.equal(text(survey('missing', [app()])), '1 application');
    assert.equal(text(survey('missing', [])), 'Docker is not installed');
    assert.equal(text(survey('direct', [app(), app({ units: withState('site.service', 'failed') })])), '2 applications · 1 not well');
    assert.equal(text(survey('silent', [app()])), '1 application · Docker does not answer');
  });
});
