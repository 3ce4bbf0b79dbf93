import assert from 'node:assert/strict';
import { conditionOf } from '../../../../../src/core/deploy/stacks/health';
import { parseComparison } from '../../../../../src/core/deploy/stacks/compare';
import { maskInspection } from '../../../../../src/core/deploy/stacks/look';
import { scaleProblem, setScale } from '../../../../../src/core/deploy/stacks/scale';
import { parseStackFacts } from '../../../../../src/core/deploy/stacks/stackAct';
import { parseSurvey } from '../../../../../src/core/deploy/stacks/survey';
import { parseContainer } from '../../../../../src/core/docker/containers';

/** As docker 26.1 prints a container through the survey's template. */
const container = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    id: 'ec1252851e0e39da61c8e8ab1d2e5d67fa3b6d7ebad7ea7273b0fd2266ce169d',
    name: '/lab-web-1',
    image: 'caddy:latest',
    imageId: 'sha256:a30ca5bf1c8d',
    created: '2026-11-21T18:36:13.806403383Z',
    state: 'running',
    health: 'healthy',
    exitCode: 0,
    started: '2026-11-21T18:36:14.739424564Z',
    restarts: 0,
    ports: {
      '443/tcp': null,
      '80/tcp': [
        { HostIp: '0.0.0.0', HostPort: '8080' },
        { HostIp: '::', HostPort: '8080' },
      ],
    },
    project: 'lab',
    service: 'web',
    oneOff: 'False',
    folder: '/home/ada/skylab/lab/releases/20261121-100000-aaaa',
    mounts: [
      { Type: 'volume', Name: 'lab_data' },
      { Type: 'bind', Source: '/x' },
    ],
    networks: ['lab_default', ''],
    ...more,
  });

const printed = (...lines: string[]): string =>
  [
    'docker\tsudo 26.1.5+dfsg1',
    'home\t/home/ada',
    ...lines,
    'stack\tlab',
    'current\t20261121-100000-aaaa',
    'busy\tbob@desk, since 2026-11-21 18:40 UTC (process 77)',
    'release\t20261120-090000-bbbb',
    'record\t{"id":"20261120-090000-bbbb","stack":"lab","digest":"x","url":"http://a"}',
    'release\t20261121-100000-aaaa',
    'record\t{  "id": "20261121-100000-aaaa",  "url": "http://b:8080",  "unit": "lab.service",  "by": "ada@laptop",  "change": "env"}',
    'release\t20261121-110000-cccc.partial',
    'unit\tId=lab.service',
    'unit\tActiveState=active',
    'unit\tUnitFileState=enabled',
    'stack\tempty',
    'current\t',
  ].join('\n');

describe('what a machine says of its deployments', () => {
  it('is read: stacks with releases, services, unit and who works on them', () => {
    const { docker, dockerVersion, stacks } = parseSurvey(printed(`container\t${container()}`), 5);
    assert.deepEqual([docker, dockerVersion], ['sudo', '26.1.5+dfsg1']);
    assert.equal(stacks.length, 1, 'a folder without releases is what a person kept');
    const [lab] = stacks;
    assert.equal(lab?.url, 'http://b:8080');
    assert.equal(lab.folder, '/home/ada/skylab/lab');
    assert.deepEqual(
      lab.releases.map(({ id, current, by, change }) => [id, current, by, change]),
      [
        ['20261121-100000-aaaa', true, 'ada@laptop', 'env'],
        ['20261120-090000-bbbb', false, undefined, undefined],
      ],
    );
    assert.equal(lab.releases[0]?.madeAt, Date.UTC(2026, 10, 21, 10));
    assert.deepEqual(lab.unit, { name: 'lab.service', active: 'active', enabled: 'enabled' });
    assert.match(lab.busy ?? '', /^bob@desk/);
  });

  it('tells projects of others apart, and leaves out containers of compose run and of no project', () => {
    const { stacks, others } = parseSurvey(
      printed(
        `container\t${container({ project: 'theirs', name: '/theirs-db-10', service: 'db' })}`,
        `container\t${container({ project: 'theirs', name: '/theirs-db-2', service: 'db' })}`,
        `container\t${container({ oneOff: 'True' })}`,
        `container\t${container({ project: null, service: null, oneOff: null, folder: null })}`,
        'container\t{"id":"cut o',
      ),
      5,
    );
    assert.deepEqual(stacks[0]?.services, []);
    assert.deepEqual(
      others.map(({ name, services }) => [name, services.map((one) => one.containers.map((c) => c.name))]),
      [['theirs', [['theirs-db-2', 'theirs-db-10']]]],
    );
  });

  it('says so when Docker is missing or does not answer', () => {
    assert.equal(parseSurvey('docker\tmissing\nhome\t/root', 5).docker, 'missing');
    assert.equal(parseSurvey('', 5).docker, 'silent');
  });

  it('is read with the applications beside Docker, each from the lines that root printed', () => {
    const coded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
    const release = (id: string, commit: string) =>
      `app\trelease site ${id} ${coded({ id, commit, subject: 'Polls', inputs: 'x', url: 'http://site' })} ${coded({ name: 'site' })}`;
    const { apps } = parseSurvey(
      printed(
        'app\tapp site 20261122-090000-bbbb',
        'app\tmaintenance site',
        release('20261122-080000-aaaa', 'a1'),
        release('20261122-090000-bbbb', 'b2'),
        'app\tunit site site.service active',
        'app\tapp half 20261122-090000-cccc',
      ),
      5,
    );
    assert.deepEqual(
      apps.map(({ name, maintenance, serving, releases, units }) => [name, maintenance, serving.release.commit, releases.length, units]),
      [['site', true, 'b2', 2, [{ name: 'site.service', state: 'active' }]]],
      'one of which no release serves is none yet',
    );
  });

  it('lists a port once, though Docker binds it for IPv4 and IPv6', () => {
    assert.deepEqual(parseContainer(container())?.ports, [{ hostIp: '', hostPort: 8080, inside: '80/tcp' }]);
    assert.deepEqual(parseContainer(container())?.volumes, ['lab_data']);
  });
});

describe('the condition of a stack', () => {
  const of = (...containers: Record<string, unknown>[]) =>
    conditionOf(
      containers.map((more, i) => ({ name: `s${i}`, containers: [parseContainer(container(more))].flatMap((one) => one ?? []) })),
    );

  it('is one word for all of its containers', () => {
    assert.equal(of({}), 'running');
    assert.equal(of({ health: 'starting' }, {}), 'starting');
    assert.equal(of({ health: 'unhealthy' }, {}), 'ill');
    assert.equal(of({ state: 'restarting' }), 'ill');
    assert.equal(of(), 'down');
  });

  it('takes one that has done its work for well, and one that ended otherwise beside running ones for ill', () => {
    assert.equal(of({ state: 'exited', exitCode: 0 }, {}), 'running');
    assert.equal(of({ state: 'exited', exitCode: 3 }, {}), 'ill');
    assert.equal(of({ state: 'exited', exitCode: 137 }, { state: 'exited', exitCode: 143 }), 'stopped');
  });
});

describe('the number of containers of a service', () => {
  const file = '# the lab\nservices:\n  web: # in front\n    image: a\n  many:\n    deploy: {replicas: 2}\n  same: *x\n';

  it('is written into the Compose file, comments left', () => {
    assert.match(
      setScale(file.replace('  same: *x\n', ''), 'web', 3) ?? '',
      /^# the lab\nservices:\n {2}web:\s+# in front\n {4}image: a\n {4}scale: 3\n/,
    );
    assert.match(setScale(file.replace('  same: *x\n', ''), 'many', 3) ?? '', /replicas: 3/);
  });

  it('is not written where the service stands elsewhere', () => {
    assert.equal(setScale(file.replace('  same: *x\n', ''), 'other', 3), undefined);
  });

  it('is refused where only one container can be, with the reason', () => {
    const config = JSON.stringify({
      services: {
        a: { container_name: 'fixed' },
        b: { ports: [{ target: 80, published: '8080' }] },
        c: { ports: [{ target: 80, published: '8080-8090' }, { target: 81 }] },
      },
    });
    assert.match(scaleProblem(config, 'a') ?? '', /fixed container name fixed/);
    assert.match(scaleProblem(config, 'b') ?? '', /port 8080/);
    assert.equal(scaleProblem(config, 'c'), undefined);
    assert.match(scaleProblem(config, 'd') ?? '', /no service d/);
  });
});

describe('what is shown of a stack', () => {
  it('has no secret of a container in it, wherever it stands', () => {
    const shown = maskInspection(
      JSON.stringify([
        { Config: { Env: ['DB_PASSWORD=hunter2222', 'URL=postgres://u:hunter2222@db/x', 'NAME=ada'], Cmd: ['--pw', 'hunter2222'] } },
      ]),
    );
    assert.ok(!shown.includes('hunter2222'), shown);
    assert.ok(shown.includes('NAME=ada'));
  });

  it('tells that a secret differs between releases, and not what it is', () => {
    const side = (text: string) => `text ${Buffer.from(text).toString('base64')}`;
    const { files, images } = parseComparison(
      [
        'file\t.env',
        `current\t${side('A=1\nPASSWORD=old-secret\n')}`,
        `other\t${side('A=1\nPASSWORD=new-secret\n')}`,
        'file\tgone.txt',
        `current\t${side('x')}`,
        'other\tabsent',
        'image-current\tcaddy:2',
        'image-current\tdb:1',
        'image-other\tcaddy:2',
      ].join('\n'),
    );
    assert.ok(!JSON.stringify(files).match(/old-secret|new-secret/));
    assert.notEqual(files[0]?.current, files[0]?.other);
    assert.equal(files[1]?.other, undefined);
    assert.deepEqual(images, { current: ['db:1'], other: [] });
  });
});

describe('what a stack’s machine says before an act', () => {
  it('is read also where there is little', () => {
    assert.deepEqual(parseStackFacts('docker\tdirect 28.0.1\nfolder\t/home/a/skylab/lab\nroot\tyes\n'), {
      folder: '/home/a/skylab/lab',
      docker: 'direct',
      curl: false,
      root: true,
      systemd: false,
      current: '',
      unit: '',
    });
  });
});
