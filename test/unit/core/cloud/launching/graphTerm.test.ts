import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { graphTermRules, graphTermSetUp, type GraphTermContext } from '../../../../../src/core/cloud/launching/graphTerm';
import type { GraphTermPreset } from '../../../../../src/shared/launchMore';
import { recipesRoot } from '../../recipes/support';

const PRESET: GraphTermPreset = {
  kind: 'graphterm',
  role: 'server',
  auth: 'name',
  https: false,
  pylab: false,
  netcdf: false,
  r: false,
  allowEmbed: false,
  allowShare: false,
  logging: false,
  oshell: false,
  screen: false,
  otherOptions: '',
};
const scripts = path.join(recipesRoot, 'graphterm', 'scripts');
const SCRIPTS = readdirSync(scripts).map((name) => ({ path: `scripts/${name}`, text: readFileSync(path.join(scripts, name), 'utf8') }));

const CONTEXT: GraphTermContext = { loginUser: 'ubuntu', hostname: 'term.example.org', scripts: SCRIPTS };

describe('GraphTerm on a machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'skylab-graphterm-'));
    for (const name of ['gtermserver', 'gtermhost', 'gauth']) {
      writeFileSync(path.join(folder, name), `#!/bin/sh\nprintf '%s\\n' ${name} "$@"\n`);
      chmodSync(path.join(folder, name), 0o755);
    }
    mkdirSync(path.join(folder, '.graphterm'));
    writeFileSync(path.join(folder, '.graphterm', 'localhost.pem'), 'a certificate');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What its set-up does with the preset's values, up to the machine itself, by a real shell. */
  const shell = (command: string, preset: Partial<GraphTermPreset>, context: Partial<GraphTermContext> = {}): string => {
    const { files } = graphTermSetUp({ ...PRESET, ...preset }, { ...CONTEXT, ...context });
    for (const { path: place, content } of files) {
      const file = path.join(folder, place.replace('/opt/graphterm/set-up/', ''));
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const script = `set -eu\n. ./values\n. scripts/service.sh\n${command}`;
    return execFileSync('sh', ['-c', script], { encoding: 'utf8', cwd: folder });
  };
  /** The words that its start script gives to GraphTerm. */
  const words = (preset: Partial<GraphTermPreset>, context: Partial<GraphTermContext> = {}): string[] =>
    shell(`conf >conf\nGRAPHTERM_CONF=./conf GRAPHTERM_BIN=$PWD sh scripts/graphterm-start`, preset, context).trimEnd().split('\n');

  it('starts as a server with the options that were ticked, by its name', () => {
    const said = words({ auth: 'multiuser', https: true, allowShare: true, logging: true, otherOptions: '--widget_port=-1' });
    for (const word of [
      'gtermserver',
      '--https',
      '--allow_share',
      '--logging',
      '--widget_port=-1',
      '--auth_type=multiuser',
      '--user_setup=auto',
      '--super_users=ubuntu',
      '--external_host=term.example.org',
      '--external_port=443',
    ])
      assert.ok(said.includes(word), `${word} in ${said.join(' ')}`);
    assert.ok(!said.includes('--allow_embed'));
  });

  it('joins its primary by the private address as a host', () => {
    const said = words({ role: 'host', auth: 'none' }, { primaryAddress: '172.31.4.5' });
    assert.deepEqual(said.slice(0, 3), ['gtermhost', '--auth_file=none', '--server_addr=172.31.4.5']);
    assert.ok(words({ role: 'host', auth: 'singleuser' }, { primaryAddress: '172.31.4.5' }).includes('--auth_file=.graphterm/joins_with'));
  });

  it('hands on what other options hold as words, whatever a shell would make of them', () => {
    assert.ok(words({ otherOptions: '--x=$(id);true' }).includes('--x=$(id);true'));
  });

  it('is a service of the login user that leads the web ports to its own', () => {
    const unit = shell('unit', { https: true });
    assert.match(unit, /^User=ubuntu$/m);
    assert.match(unit, /--dport 443 -j REDIRECT --to-ports 8900/);
    assert.match(unit, /--dport 444 -j REDIRECT --to-ports 8901/);
    assert.doesNotMatch(shell('unit', { role: 'host' }), /iptables/);
  });

  it('opens the ports of its role, and lets hosts join from anywhere only where they prove themselves', () => {
    const opened = (role: GraphTermPreset['role'], auth: GraphTermPreset['auth']) =>
      graphTermRules({ role, auth }).map(({ ports, from }) => `${ports} ${from}`);
    assert.deepEqual(opened('server', 'multiuser'), [
      '80-81 anywhere',
      '443-444 anywhere',
      '8900-8901 anywhere',
      '8899 anywhere',
      '8888 anywhere',
    ]);
    assert.ok(opened('notebook', 'none').includes('10000-12000 anywhere'));
    assert.ok(!opened('server', 'none').includes('8899 anywhere'));
    assert.deepEqual(opened('host', 'none'), []);
  });

  it('brings the packages that were ticked', () => {
    const packages = (preset: Partial<GraphTermPreset>) => shell('packages', preset).split(/\s+/);
    assert.ok(packages({ r: true, screen: true }).includes('r-base'));
    assert.ok(!packages({}).includes('r-base') && !packages({}).includes('screen'));
  });
});
