import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conditionOf } from '../../../src/core/deploy/stacks/health';
import { DockerHost } from '../../../src/core/docker/dockerHost';
import type { PruneKind } from '../../../src/core/docker/prune';
import { Secret } from '../../../src/core/secret';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { until } from '../practice-cloud/lab';
import { Bed } from './bed';
import { COMPOSE, ENV, stackTools } from './stackTools';

describe('what is deployed on a machine', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let folder: string;

  before(async function () {
    this.timeout(240_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(8080);
    folder = join(bed.scratch, 'lab');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.yml'), COMPOSE);
    writeFileSync(join(folder, '.env'), ENV);
    await deploy();
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const { remote, deploy, survey, lab, page, ends, went, failed } = stackTools(() => ({ bed, folder }));
  const docker = () => new DockerHost(bed.access, bed.operations, bed.stacks().engines);

  it('is told by the machine itself, also what others run, in one round trip', async () => {
    await remote(
      'mkdir -p ~/theirs && cd ~/theirs && printf \'services: {box: {image: "caddy:latest", init: true, command: sleep infinity}}\' > compose.yml && sudo docker compose up -d 2>&1',
    );
    const { docker, stacks, others } = await survey();
    assert.match(docker, /direct|sudo/);
    assert.deepEqual(
      stacks.map(({ name, services }) => [name, conditionOf(services), services.map((service) => service.name)]),
      [['lab', 'running', ['page', 'worker']]],
    );
    assert.deepEqual(
      others.map(({ name }) => name),
      ['theirs'],
    );
    const stack = await lab();
    assert.match(stack.url, /:8080$/);
    assert.equal(stack.releases.length, 1);
    const [release] = stack.releases;
    assert.equal(release?.by, 'ada@laptop');
    assert.ok(Math.abs(release.madeAt - Date.now()) < 120_000);
    const [container] = stack.services[0]?.containers ?? [];
    assert.equal(container?.health, 'healthy');
    assert.deepEqual(container.ports, [{ hostIp: '', hostPort: 8080, inside: '80/tcp' }]);
  });

  it('stops, starts and restarts one service of it alone', async () => {
    const stacks = bed.stacks();
    await went(stacks.stop(bed.machine, 'lab', 'worker'));
    assert.equal(conditionOf((await lab()).services), 'ill', 'a part of it does not run');
    assert.equal(await page(), 'hello');
    await went(stacks.start(bed.machine, 'lab', 'worker'));
    const before = (await lab()).services[1]?.containers[0]?.startedAt ?? 0;
    await went(stacks.restart(bed.machine, 'lab', 'worker'));
    const { services } = await lab();
    assert.ok((services[1]?.containers[0]?.startedAt ?? 0) > before);
    assert.equal(conditionOf(services), 'running');
  });

  it('goes down and comes back with its volumes', async () => {
    const stacks = bed.stacks();
    await remote('sudo docker exec lab-worker-1 touch /kept/mine');
    await went(stacks.down(bed.machine, 'lab'));
    assert.equal(conditionOf((await lab()).services), 'down');
    assert.equal((await lab()).releases.length, 1);
    await went(stacks.start(bed.machine, 'lab'));
    assert.equal(await remote('sudo docker exec lab-worker-1 ls /kept'), 'mine');
    assert.equal(await page(), 'hello');
  });

  it('is scaled, which starting it by hand respects, and not where it cannot be', async () => {
    const stacks = bed.stacks();
    const id = (await lab()).services[1]?.containers[0]?.id;
    await went(stacks.scale(bed.machine, 'lab', 'worker', 3));
    const { services } = await lab();
    assert.equal(services[1]?.containers.length, 3);
    assert.equal(services[1].containers[0]?.id, id, 'what ran was not started anew');
    await remote('cd ~/skylab/lab/current && cd "$(pwd -P)" && sudo docker compose -p lab up -d --wait 2>&1');
    assert.equal((await lab()).services[1]?.containers.length, 3);
    assert.equal((await lab()).services[1]?.containers[0]?.id, id);
    assert.match(await remote('cat ~/skylab/lab/current/compose.yml'), /# for good/, 'comments stay');
    const refused = await failed(stacks.scale(bed.machine, 'lab', 'page', 2));
    assert.match(refused.message, /page publishes port 8080/);
    await went(stacks.scale(bed.machine, 'lab', 'worker', 1));
    assert.equal((await lab()).services[1]?.containers.length, 1);
  });

  it('gets a changed environment as a new release, by name', async () => {
    const stacks = bed.stacks('bob@desk');
    const { release, text } = await stacks.readEnv(bed.machine, 'lab');
    await went(stacks.editEnv(bed.machine, 'lab', release, new Secret(text.replace('hello', 'good evening'))));
    assert.equal(await page(), 'good evening');
    const { releases, url } = await lab();
    assert.equal(releases.length, 2);
    assert.deepEqual([releases[0]?.current, releases[0]?.by, releases[0]?.change], [true, 'bob@desk', 'env']);
    assert.match(url, /:8080$/);
    assert.match(await remote('cat ~/skylab/lab/current/.env'), /^# what visitors read/);
    assert.equal(await remote('stat -c %a ~/skylab/lab/current/.env'), '600');
    const late = await failed(stacks.editEnv(bed.machine, 'lab', release, new Secret(text)));
    assert.match(late.message, /Another release of lab serves by now/);
  });

  it('serves on as it was when a changed environment is refused or makes it ill', async () => {
    const stacks = bed.stacks();
    const before = await lab();
    const { release, text } = await stacks.readEnv(bed.machine, 'lab');
    const refused = await failed(stacks.editEnv(bed.machine, 'lab', release, new Secret(`${text}BROKEN="\n`)));
    assert.match(refused.message, /check the Compose file|unterminated|BROKEN/i);
    // an address that cannot be listened on: Caddy ends at once
    writeFileSync(
      join(folder, 'compose.yml'),
      COMPOSE.replace('--listen :80', '--listen :$${PORT:-80}').replace('API_TOKEN:', 'PORT: ${PORT:-80}\n      API_TOKEN:'),
    );
    await deploy();
    const now = await stacks.readEnv(bed.machine, 'lab');
    const operation = stacks.editEnv(bed.machine, 'lab', now.release, new Secret(`${now.text}PORT=99999\n`));
    const ill = await failed(operation);
    assert.match(ill.message, /lab did not start: page ended with code 1/);
    assert.match(ill.next ?? '', /What served before serves again, proved by asking it: it answers 200/);
    assert.doesNotMatch(operation.log.join('\n'), /s3cr3t/);
    const after = await lab();
    assert.equal(after.releases.length, before.releases.length + 1);
    assert.equal(after.releases.find(({ current }) => current)?.id, now.release);
    await until(20, 'the page', async () => ((await page()) === 'good evening' || (await page()) === 'hello' ? true : undefined));
    assert.equal(await remote('ls ~/skylab/lab/releases | grep -c partial || true'), '0');
  });

  it('shows what an older release differs in, secrets masked, and goes back to it', async () => {
    const stacks = bed.stacks();
    const [{ id: served }, first] = await ends();
    const { files } = await stacks.compare(bed.machine, 'lab', first.id);
    assert.ok(files.some(({ path }) => path === 'compose.yml'));
    assert.ok(!JSON.stringify(files).includes('s3cr3t'));
    const { detail } = await went(stacks.rollBack(bed.machine, 'lab', first.id));
    assert.deepEqual([detail['prove'], detail['settle']], ['it answers 200', 'nothing has ended']);
    assert.notEqual(served, first.id);
    assert.equal(await page(), 'hello');
    assert.equal((await lab()).releases.find(({ current }) => current)?.id, first.id);
    assert.equal(await remote('sudo docker exec lab-worker-1 ls /kept'), 'mine', 'volumes stay');
    const gone = await failed(stacks.rollBack(bed.machine, 'lab', '20200101-000000-0000'));
    assert.equal(gone.code, 'NoRelease');
  });

  it('has nothing to pull where nothing is newer', async () => {
    const { detail, steps } = await went(bed.stacks().pull(bed.machine, 'lab'));
    assert.equal(detail['pull'], 'nothing newer');
    assert.equal(steps['up'], 'skipped');
  });

  it('shows its Compose file and containers without their secrets', async () => {
    const stacks = bed.stacks();
    const config = await stacks.config(bed.machine, 'lab');
    assert.match(config, /GREETING: hello/);
    assert.doesNotMatch(config, /s3cr3t/);
    const container = (await lab()).services[0]?.containers[0];
    assert.ok(container);
    const inspection = await stacks.inspect(bed.machine, container.id);
    assert.match(inspection, /GREETING=hello/);
    assert.doesNotMatch(inspection, /s3cr3t/);
    JSON.parse(inspection);
  });

  it('opens a shell that the container has', async () => {
    const line = await bed.stacks().shellLine(bed.machine, 'lab-worker-1');
    assert.equal(await remote(`${line.replace(' -it ', ' -i ')} <<'END'\necho "in $(hostname | wc -c)"\nEND`), 'in 13');
  });

  it('follows the logs of chosen services', async () => {
    const logs = await bed.stacks().logs(bed.machine, 'lab', { services: ['worker'], tail: 5, timestamps: true });
    const text = await new Promise<string>((resolve) => {
      let seen = '';
      logs.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes('at work')) resolve(seen);
      });
    });
    logs.kill();
    assert.match(text, /worker-1 +\| .*20\d\d-.*at work/);
  });

  it('is not acted on by two people at once, and the lock is free after a failure', async () => {
    const slow = bed.stacks('ada@laptop').restart(bed.machine, 'lab');
    await until(20, 'the lock', async () => (slow.view.steps[1]?.state === 'running' ? true : undefined));
    assert.match((await lab()).busy ?? '', /^ada@laptop, since/);
    const refused = await failed(bed.stacks('bob@desk').stop(bed.machine, 'lab'));
    assert.equal(refused.code, 'Locked');
    await went(slow);
    assert.equal((await lab()).busy, undefined);
  });

  it('is told beside all else that Docker has, with who uses it', async () => {
    const { images, volumes, networks, containers } = await docker().list(bed.machine);
    const caddy = images.find(({ tags }) => tags.includes('caddy:latest'));
    assert.ok((caddy?.size ?? 0) > 1e6);
    assert.ok(caddy?.usedBy.includes('lab-page-1'));
    assert.deepEqual(volumes.find(({ name }) => name === 'lab_kept')?.usedBy, ['lab-worker-1']);
    assert.notEqual(volumes.find(({ name }) => name === 'lab_kept')?.size, undefined);
    assert.ok(networks.some(({ name, usedBy }) => name === 'lab_default' && usedBy.includes('lab-page-1')));
    assert.ok(containers.some(({ name }) => name === 'theirs-box-1'));
  });

  it('has images built, named and removed; clearing away says first what goes, and leaves what is in use', async () => {
    const host = docker();
    const file = (size: number) => `FROM caddy:latest\nRUN head -c ${size} /dev/urandom > /x\n`;
    await remote(`mkdir -p ~/image && printf '${file(2_000_000)}' > ~/image/Dockerfile`);
    await went(host.build(bed.machine, 'image', 'mine:1'));
    await remote(`printf '${file(1000)}' > ~/image/Dockerfile`);
    await went(host.build(bed.machine, 'image', 'mine:1'));
    await went(host.tag(bed.machine, 'mine:1', 'localhost:5000/mine:2'));
    await remote(
      'sudo docker volume create left; sudo docker volume create dear; sudo docker network create empty; sudo docker run --name ended caddy:latest true',
    );
    const { kinds, volumes } = await host.pruneSurvey(bed.machine);
    const frees = (kind: string) => kinds.find((one) => one.kind === kind);
    // Docker tells sizes in four digits at most
    assert.deepEqual([frees('dangling')?.bytes, frees('dangling')?.bytesWithoutCache], [2_000_000, 0], JSON.stringify(kinds));
    assert.deepEqual(frees('containers')?.names, ['ended']);
    assert.deepEqual(frees('networks')?.names, ['empty']);
    assert.deepEqual(volumes.map(({ name }) => name).sort(), ['dear', 'left']);
    const clear = async (...chosen: PruneKind[]) =>
      (await went(host.prune(bed.machine, chosen, chosen.includes('networks') ? ['left'] : [], (bytes) => `${bytes} B`))).detail['prune'];
    assert.equal(await clear('containers', 'dangling', 'networks'), '0 B freed, 1 volume removed', 'the build cache holds the layer');
    const held = (await host.pruneSurvey(bed.machine)).kinds;
    assert.deepEqual(
      held.map(({ kind }) => kind),
      ['images', 'cache'],
    );
    assert.equal(Math.round((held.at(-1)?.bytes ?? 0) / 1e4), 200, JSON.stringify(held));
    assert.equal(await clear('cache'), '2000000 B freed');
    const now = await host.list(bed.machine);
    assert.ok(now.images.every(({ tags }) => tags.length > 0));
    assert.ok(now.images.some(({ tags }) => tags.includes('localhost:5000/mine:2')));
    assert.ok(now.volumes.some(({ name }) => name === 'dear') && !now.volumes.some(({ name }) => name === 'left'));
    assert.equal(conditionOf((await lab()).services), 'running');
    await went(host.remove(bed.machine, 'image', 'mine:1'));
    assert.match((await failed(host.remove(bed.machine, 'volume', 'lab_kept'))).message, /in use/);
  });

  it('pushes with a password that stands in no argument and stays nowhere', async () => {
    const host = docker();
    const login = { registry: 'localhost:5000', user: 'ada', password: new Secret('n0t-in-argv') };
    const operation = host.push(bed.machine, 'localhost:5000/mine:2', login);
    const seen = await remote('for i in 1 2 3 4 5 6 7 8; do ps axww -o args; sleep 0.1; done');
    const refused = await failed(operation);
    assert.ok(!`${seen}${refused.message}${operation.log.join('\n')}${bed.said.join('\n')}`.includes('n0t-in-argv'));
    assert.equal(await remote('sudo grep -rl n0t-in-argv /root/.docker ~/.docker /tmp 2>/dev/null | wc -l'), '0');
  });

  it('is forgotten here when somebody else removed it', async () => {
    assert.equal(bed.deployer().deployments(bed.machine.key).length, 1);
    await went(bed.stacks().remove(bed.machine, 'lab', true));
    assert.deepEqual((await survey()).stacks, []);
    assert.deepEqual(bed.deployer().deployments(bed.machine.key), []);
    assert.equal(await remote('sudo docker volume ls -q --filter label=com.docker.compose.project=lab'), '');
  });
});
