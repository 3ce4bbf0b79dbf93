import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import { ailing, describe as inWords, explainDocker, parsePs } from '../../../../src/core/deploy/stackHost';
import { parseUnitState } from '../../../../src/core/deploy/unitCommands';
import { parseFacts } from '../../../../src/core/deploy/facts';

const row = (more: Record<string, unknown>) => ({
  Name: 'lab-web-1',
  Service: 'web',
  State: 'running',
  Health: '',
  ExitCode: 0,
  Image: 'caddy:2',
  ...more,
});

describe('the services of a stack', () => {
  it('are read from one array and from one object per line', () => {
    const rows = [row({}), row({ Service: 'db', State: 'exited', ExitCode: 137 })];
    const expected = ['web running 0', 'db exited 137'];
    const shown = (text: string) => parsePs(text).map(({ service, state, exitCode }) => `${service} ${state} ${exitCode}`);
    assert.deepEqual(shown(JSON.stringify(rows)), expected);
    assert.deepEqual(shown(rows.map((one) => JSON.stringify(one)).join('\n') + '\n'), expected);
    assert.deepEqual(shown(''), []);
    assert.deepEqual(shown('[]\n'), []);
  });

  it('are well when they run or have ended with 0', () => {
    const services = parsePs(
      JSON.stringify([
        row({ Service: 'a' }),
        row({ Service: 'init', State: 'exited' }),
        row({ Service: 'b', State: 'exited', ExitCode: 1 }),
        row({ Service: 'c', Health: 'unhealthy' }),
        row({ Service: 'd', State: 'restarting', ExitCode: 2 }),
        row({ Service: 'e', State: 'created' }),
      ]),
    );
    assert.deepEqual(ailing(services).map(inWords), [
      'b ended with code 1',
      'c is unhealthy',
      'd starts and ends again and again',
      'e is created',
    ]);
  });

  it('that cannot start for a known reason get a sentence', () => {
    const sentence = (said: string) => {
      const error = explainDocker(new Error(said), 'ada');
      return error instanceof SkylabError ? error.message : undefined;
    };
    assert.equal(sentence('failed to register layer: write /x: no space left on device'), 'The disk of ada is full.');
    assert.equal(sentence('Bind for 0.0.0.0:80 failed: port is already allocated'), 'Port 80 of ada is taken by something else.');
    assert.equal(
      sentence('failed to bind host port: listen tcp4 0.0.0.0:443: bind: address already in use'),
      'Port 443 of ada is taken by something else.',
    );
    assert.match(sentence('toomanyrequests: You have reached your pull rate limit') ?? '', /no more downloads/);
    assert.equal(sentence('anything else'), undefined);
  });
});

describe('a unit’s state', () => {
  it('comes with its text where it was installed by hand', () => {
    const state = parseUnitState(
      'ActiveState=active\nUnitFileState=enabled\nFragmentPath=/etc/systemd/system/a.service\n\n[Unit]\nDescription=a\n\n[Service]\n',
    );
    assert.deepEqual(state, {
      active: 'active',
      enabled: 'enabled',
      path: '/etc/systemd/system/a.service',
      text: '[Unit]\nDescription=a\n\n[Service]\n',
    });
    assert.equal(parseUnitState('ActiveState=inactive\nUnitFileState=\nFragmentPath=\n').text, undefined);
  });
});

describe('what a machine has', () => {
  it('is read from the script’s lines, odd ones ignored', () => {
    const code = (text: string) => Buffer.from(text).toString('base64');
    const record = { id: 'r', stack: 'lab', digest: 'd', url: 'https://x' };
    const facts = parseFacts(
      `Welcome!\nuser\tadmin\nuid\t1000\nhome\t/home/admin\nos\t${code('ID=debian\n')}\nroot\tyes\ncontainer\tproxy\tolder\tproxy\trunning\tUp 2 days\tcaddy:2\ncontainer\tlab-db-1\tlab\tdb\trunning\tUp 3 seconds (health: starting)\tpostgres:16\ncontainer\tlab-app-1\tlab\tapp\trestarting\tRestarting (3) 1 second ago\tapp\nlisten\t22\nlisten\t22\npath\t/data\ncurrent\tr\nrecord\t${code(JSON.stringify(record))}\nenv\t${code("A='ü'\n")}\n`,
      'lab',
    );
    assert.deepEqual([facts.user, facts.uid, facts.root, facts.systemd, facts.dockerVersion], ['admin', 1000, true, false, undefined]);
    assert.deepEqual(facts.containers[0], { name: 'proxy', project: 'older' });
    assert.deepEqual(facts.services, [
      { service: 'db', container: 'lab-db-1', state: 'running', health: 'starting', exitCode: 0, image: 'postgres:16' },
      { service: 'app', container: 'lab-app-1', state: 'restarting', health: '', exitCode: 3, image: 'app' },
    ]);
    assert.deepEqual([facts.listening, facts.paths], [[22], ['/data']]);
    assert.deepEqual(facts.current, { id: 'r', record, env: "A='ü'\n" });
  });

  it('survives a release that Skylab did not write', () => {
    for (const text of ['not json', '[]', 'null', '{"id": 1}']) {
      const facts = parseFacts(`current\tr\nrecord\t${Buffer.from(text).toString('base64')}\n`);
      assert.deepEqual(facts.current, { id: 'r' });
    }
  });
});
