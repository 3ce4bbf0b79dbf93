import assert from 'node:assert/strict';
import { deployApp } from '../../../../src/core/apps/deploy';
import type { AppFacts } from '../../../../src/core/apps/facts';
import { siteFile } from '../../../../src/core/apps/site';
import { explainTrouble } from '../../../../src/core/apps/trouble';
import type { TroubleFacts } from '../../../../src/core/apps/troubleFacts';
import { appUnits } from '../../../../src/core/apps/units';
import { linesOf } from '../../../../src/core/upkeep/task';
import { folderOf } from './support';

const fresh: AppFacts = {
  os: { id: 'debian', idLike: [], versionId: '13', codename: 'trixie', prettyName: 'Debian 13' },
  systemd: true,
  ipv6: true,
  git: false,
  installed: ['curl'],
  user: false,
  foreign: false,
  taken: false,
  key: '',
  gitSaid: '',
  commits: [],
  dropped: 0,
  migrations: [],
  releases: [],
  env: new Map(),
  units: new Map(),
  running: [],
  files: new Map(),
  caddyUntouched: false,
  proxyRuns: false,
  certificate: false,
  maintenance: false,
};

describe('what a deployment of an application would do', () => {
  const plan = (facts: AppFacts, folder = folderOf(), key = '') => deployApp(folder, key, new Date(0), 'abcd').plan(facts);

  it('says it all before the first time: packages, user, commit, commands, units and site', () => {
    const lines = linesOf(
      plan(fresh, folderOf('build: [pip install -r requirements.txt]\npackages: { apt: [libpq-dev] }'), 'the key'),
    ).join('\n');
    assert.match(lines, /installs git, python3-venv, libpq-dev, caddy\n/);
    assert.match(lines, /makes the user polls and the folder \/srv\/www\/polls\ngives that user the deploy key\n/);
    assert.match(lines, /takes main of https:\/\/git\.example\.org\/polls\.git, with \.env \(adds SECRET_KEY, adds DEBUG=False\)/);
    assert.match(lines, /runs “pip install -r requirements\.txt”/);
    assert.match(lines, /writes polls\.socket, polls\.service\n/);
    assert.doesNotMatch(lines, /abcdefghij|the key/);
  });

  it('refuses a folder or a unit that is somebody else’s, and a repository that the machine cannot fetch', () => {
    assert.throws(() => plan({ ...fresh, foreign: true }), { code: 'FolderTaken' });
    assert.throws(() => plan({ ...fresh, taken: true }), { code: 'NameTaken' });
    assert.throws(() => plan({ ...fresh, gitSaid: 'Permission denied (publickey).' }), { code: 'GitFailed', message: /Permission denied/ });
    assert.throws(() => plan({ ...fresh, systemd: false }), { code: 'NoSystemd' });
  });

  it('has the maintenance page off at the end, and releases beyond the kept ones gone', () => {
    const lines = linesOf(plan(fresh, folderOf('migrations: { pending: p, run: r }\nkeep: 3')));
    assert.deepEqual(lines.slice(-3), [
      'takes the maintenance page away',
      'asks https://polls.example.org/ as the world does',
      'keeps the newest 3 releases',
    ]);
  });
});

describe('what runs an application', () => {
  it('gives up a request in gunicorn before the web server does, whichever that is', () => {
    const around = { ipv6: true, certificate: true, debian: true };
    const service = appUnits(folderOf().app).find(({ path }) => path === 'polls.service')?.text ?? '';
    assert.match(service, /--timeout 30 /);
    assert.match(siteFile(folderOf('', 'nginx').app, around).text, /proxy_read_timeout 35s;/);
    assert.match(siteFile(folderOf().app, around).text, /response_header_timeout 35s/);
  });

  it('has a unit for each worker, which ends by the signal that lets it finish', () => {
    const more = 'workers: [{ name: realtime, command: python manage.py run_huey, count: 2, signal: SIGINT, jobSeconds: 300 }]';
    const units = appUnits(folderOf(more).app);
    assert.deepEqual(
      units.map(({ path }) => path),
      ['polls.socket', 'polls.service', 'polls-realtime-1.service', 'polls-realtime-2.service'],
    );
    assert.match(units[2]?.text ?? '', /KillSignal=SIGINT\nKillMode=mixed\nTimeoutStopSec=600\n/);
  });

  it('is without TLS behind nginx until certbot has the certificate, and listens as the machine can', () => {
    const { app } = folderOf('', 'nginx');
    const plain = siteFile(app, { ipv6: false, certificate: false, debian: false });
    assert.equal(plain.path, '/etc/nginx/conf.d/polls.conf');
    assert.doesNotMatch(plain.text, /ssl|\[::\]/);
    assert.match(plain.text, /acme-challenge/);
    assert.match(
      siteFile(app, { ipv6: true, certificate: true, debian: true }).text,
      /listen \[::\]:443 ssl;[^]*live\/polls\.example\.org\/fullchain\.pem/,
    );
  });
});

describe('why a site answers 502, 503 or 504', () => {
  const well: TroubleFacts = {
    maintenance: false,
    current: '20261121-093000-4f2a',
    commit: '4f2a',
    units: ['polls.socket', 'polls.service'].map((name) => ({ name, state: 'active', result: 'success', code: 0 })),
    proxyState: 'active',
    socket: { owner: 'polls', group: 'www-data', mode: '660' },
    proxyMay: true,
    proxyTimeout: 35,
    direct: { status: 200, seconds: 0.1 },
    proxied: { status: 200, seconds: 0.1 },
    journal: [],
    late: '',
    oom: [],
    disks: [{ path: '/', free: 1e9, inodes: 1e5 }],
  };
  const kinds = (change: Partial<TroubleFacts>) => explainTrouble(folderOf().app, { ...well, ...change }).map(({ kind }) => kind);
  const none = { status: 0, seconds: 8 };

  it('is told by what stands between the request and its answer', () => {
    assert.deepEqual(kinds({}), ['well']);
    assert.deepEqual(kinds({ maintenance: true, proxied: { status: 503, seconds: 0 } }), ['maintenance']);
    assert.deepEqual(kinds({ disks: [{ path: '/', free: 0, inodes: 9 }] }), ['diskFull']);
    assert.deepEqual(kinds({ proxyState: 'failed', proxied: none }), ['proxyDown']);
    assert.deepEqual(kinds({ proxyMay: false, proxied: { status: 502, seconds: 0 } }), ['socketDenied']);
    assert.deepEqual(kinds({ oom: ['Killed process 7 (gunicorn)'] }), ['outOfMemory']);
    assert.deepEqual(kinds({ journal: ['[CRITICAL] WORKER TIMEOUT (pid:7)'] }), ['workerTimeout']);
    assert.deepEqual(kinds({ proxyTimeout: 20 }), ['proxyTimeout']);
    assert.deepEqual(kinds({ direct: { status: 500, seconds: 0 }, journal: ['ValueError: no'] }), ['appError']);
    const failed = { name: 'polls.service', state: 'failed', result: 'exit-code', code: 3 };
    assert.deepEqual(kinds({ units: [well.units[0]!, failed], direct: none }), ['unitFails']);
    assert.deepEqual(kinds({ direct: none, proxied: none }), ['unknown']);
  });
});
