import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { SkylabError } from '../../../src/core/errors';
import type { GateLimits } from '../../../src/core/deploy/gate';
import { conditionOf } from '../../../src/core/deploy/stacks/health';
import { Secret } from '../../../src/core/secret';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { until } from '../practice-cloud/lab';
import { Bed, answersTo, courseLab, ended, hasCourseLab, sampleLab } from './bed';

const PASSWORD = 'correct horse';

describe('a lab folder deployed to a fresh machine', function () {
  this.timeout(240_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let folder: string;
  const course = hasCourseLab;
  const key = course ? 'CADDY_PASSWORD' : 'LAB_PASSWORD';
  const user = course ? 'cicf' : 'student';
  const stack = 'lab';
  const data = course ? 'data' : 'data/notebooks';
  const notebook = course ? 'plot-ligo-data.ipynb' : 'pendulum.ipynb';

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud({});
    bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(80);
    await bed.lab.open(443);
    folder = bed.copyOf(course ? courseLab : sampleLab);
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const status = async (password?: string) => {
    const credentials = password === undefined ? undefined : { user, password: new Secret(password) };
    return (await bed.probe.probe('https://ada.localhost/lab', bed.address, credentials)).status;
  };
  const remote = async (command: string) => {
    const { code, stdout, stderr } = await bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };
  const deploy = async (values: Record<string, string> = { [key]: PASSWORD }, limits: Partial<GateLimits> = {}) => {
    const session = await bed.deployer('ada@laptop', limits).open(folder, bed.machine);
    return ended(session.run(answersTo(session, values)));
  };

  it('is served behind its password, with Docker installed on the way', async () => {
    const session = await bed.deployer().open(folder, bed.machine);
    const answers = answersTo(session, { [key]: PASSWORD });
    const plan = session.plan(answers);
    assert.equal(plan.url, 'https://ada.localhost');
    assert.ok(plan.steps.some(({ title }) => title === 'Install Docker'));
    const operation = session.run(answers);
    const { outcome, error, steps, detail } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)} ${operation.log.join('\n')}`);
    assert.ok(
      Object.values(steps).every((state) => state === 'done'),
      JSON.stringify(steps),
    );
    assert.match(detail['reach'] ?? '', /^401 without the password, 401 with a wrong one, 200 with it; the certificate is signed by/);
    assert.deepEqual([await status(), await status('wrong'), await status(PASSWORD)], [401, 401, 200]);
    assert.ok(!operation.log.join('\n').includes(PASSWORD));
  });

  it('has its unit installed, enabled and active, and the login user in the group docker', async () => {
    const unit = course ? 'jupyter-caddy.service' : 'sample-lab.service';
    assert.equal(await remote(`systemctl is-active ${unit}; systemctl is-enabled ${unit}`), 'active\nenabled');
    assert.equal(await remote(`systemd-analyze verify --man=no /etc/systemd/system/${unit} 2>&1`), '');
    assert.match(await remote('id -nG'), /\bdocker\b/);
    assert.deepEqual((await bed.stacks().survey(bed.machine)).stacks[0]?.unit, { name: unit, active: 'active', enabled: 'enabled' });
  });

  it('keeps secrets from other users, and the folder’s own files as they are', async () => {
    assert.equal(await remote(`stat -c '%a %n' ~/skylab/${stack} ~/skylab/${stack}/current/.env | cut -d' ' -f1`), '700\n600');
    assert.equal(readFileSync(join(folder, '.env'), 'utf8'), readFileSync(join(course ? courseLab : sampleLab, '.env'), 'utf8'));
  });

  it('shows its notebooks in JupyterLab, which can save', async () => {
    const container = await remote("sudo docker ps --format '{{.Names}}' | grep -v caddy");
    assert.ok((await remote(`sudo docker exec ${container} ls /home/jovyan/work`)).split('\n').includes(notebook));
    await remote(`sudo docker exec ${container} sh -c 'echo mine > /home/jovyan/work/own.txt'`);
    assert.equal(await remote(`ls -A ~/skylab/${stack}/${data} | grep -c -e '^.env$' -e compose -e Caddyfile || true`), '0');
  });

  it('has nothing to do the second time, and says so after proving the site', async () => {
    const { outcome, steps, detail } = await deploy();
    assert.equal(outcome, 'done');
    assert.deepEqual([steps['upload'], steps['up'], steps['unit'], steps['prove']], ['skipped', 'skipped', 'skipped', 'done']);
    assert.match(detail['remember'] ?? '', /nothing to do/);
    const kept = await deploy({});
    assert.equal(kept.steps['upload'], 'skipped', 'an empty password keeps the one that is there');
  });

  it('brings changes over and leaves the work that was done on the machine', async () => {
    const source = join(folder, course ? notebook : `notebooks/${notebook}`);
    writeFileSync(source, readFileSync(source, 'utf8').replace('\n', '\n \n'));
    writeFileSync(join(folder, course ? 'own.txt' : 'notebooks/own.txt'), 'theirs\n');
    const { outcome, error, steps } = await deploy();
    assert.equal(outcome, 'done', String(error));
    assert.equal(steps['upload'], 'done');
    assert.equal(await remote(`cat ~/skylab/${stack}/${data}/own.txt`), 'mine');
    assert.equal(await remote(`wc -c < ~/skylab/${stack}/${data}/${notebook}`), String(readFileSync(source).length));
    assert.equal(await remote(`ls ~/skylab/${stack}/releases | wc -l`), '2');
    assert.equal(await status(PASSWORD), 200);
  });

  it('is up again by itself after the machine restarts', async () => {
    await bed.lab.client.send(new RebootInstancesCommand({ InstanceIds: [bed.instanceId] }));
    bed.access.release(bed.machine);
    await until(60, 'the site to be gone', async () => ((await status().catch(() => 0)) === 0 ? true : undefined));
    await until(90, '200 again', async () => ((await status(PASSWORD)) === 200 ? true : undefined));
  });

  it('goes back to what served when the new release is broken', async () => {
    const releases = await remote(`ls ~/skylab/${stack}/releases`);
    const current = await remote(`readlink ~/skylab/${stack}/current`);
    const caddyfile = join(folder, 'Caddyfile');
    const compose = join(folder, 'compose.yml');
    const [goodCaddyfile, goodCompose] = [readFileSync(caddyfile, 'utf8'), readFileSync(compose, 'utf8')];
    const breakIt = async (path: string, text: string, reason: RegExp, ...failing: string[]) => {
      const good = readFileSync(path, 'utf8');
      writeFileSync(path, text);
      const { outcome, error, steps } = await deploy({ [key]: PASSWORD }, { patienceMs: 4000 });
      writeFileSync(path, good);
      assert.equal(outcome, 'failed');
      assert.match(error instanceof SkylabError ? error.sentence : String(error), reason);
      assert.ok(
        failing.some((step) => steps[step] === 'failed'),
        JSON.stringify(steps),
      );
      assert.equal(await remote(`ls ~/skylab/${stack}/releases`), releases, 'nothing of it is left');
      assert.equal(await remote(`readlink ~/skylab/${stack}/current`), current);
      await until(30, 'the previous release to serve', async () => ((await status(PASSWORD)) === 200 ? true : undefined));
      assert.equal(await status(), 401);
    };
    await breakIt(caddyfile, goodCaddyfile.replace('encode gzip', 'encode nonsense'), /Caddy refuses Caddyfile: .*nonsense/, 'up');
    await breakIt(
      compose,
      goodCompose.replace(/command: .*/, 'command: "sh -c \'echo no such thing; exit 3\'"'),
      /did not start: .*(code 3|again and again).*no such thing.*previous release serves/s,
      'up',
      // a slow machine tells only later that it ended
      'prove',
    );
    await breakIt(
      compose,
      goodCompose.replace('services:', 'services:\n  extra: {image: "127.0.0.1:9/nowhere/x:1"}'),
      /pull the images/,
      'check',
    );
    await breakIt(caddyfile, goodCaddyfile.replace(/basicauth \{/, 'basicauth /nothing {'), /lets people in without the password/, 'prove');
  });

  it('goes on where it was after the connection is cut in the middle', async () => {
    const current = await remote(`readlink ~/skylab/${stack}/current`);
    writeFileSync(join(folder, 'new.txt'), 'new\n');
    const session = await bed.deployer().open(folder, bed.machine);
    const operation = session.run(answersTo(session, { [key]: PASSWORD }));
    await new Promise<void>((resolve) => {
      operation.onChange((view) => {
        if (view.steps.find((step) => step.name === 'up')?.state === 'running') resolve();
      });
    });
    bed.access.release(bed.machine);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', String(error));
    assert.match(operation.log.join('\n'), /The connection was lost during “Start the stack”/);
    assert.notEqual(await remote(`readlink ~/skylab/${stack}/current`), current);
    await until(30, 'the site', async () => ((await status(PASSWORD)) === 200 ? true : undefined));
  });

  it('serves on wherever the connection is lost, and the next deployment goes through', async () => {
    const cutAt: string[] = [];
    // The step that starts the containers is cut above.
    for (const name of ['upload', 'data', 'unit', 'prove']) {
      writeFileSync(join(folder, 'new.txt'), `cut at ${name}\n`);
      const session = await bed.deployer().open(folder, bed.machine);
      const operation = session.run(answersTo(session, { [key]: PASSWORD }));
      const cut = () => {
        if (cutAt.at(-1) === name || !operation.view.steps.some((step) => step.name === name && step.state === 'running')) return;
        cutAt.push(name);
        bed.access.release(bed.machine);
      };
      operation.onChange(cut);
      cut();
      const { outcome, error } = await ended(operation);
      assert.equal(outcome, 'done', `${name}: ${String(error)}`);
      await until(30, `the site after the cut at ${name}`, async () => ((await status(PASSWORD)) === 200 ? true : undefined));
      assert.equal(await status(), 401, name);
    }
    assert.ok(cutAt.includes('upload') && cutAt.includes('prove'), cutAt.join(' '));
    const again = await deploy();
    assert.equal(again.outcome, 'done', String(again.error));
    assert.equal(await remote(`ls ~/skylab/${stack}/releases | grep -c partial || true`), '0');
  });

  it('is not deployed by two people at once', async () => {
    writeFileSync(join(folder, 'new.txt'), 'newer\n');
    const first = await bed.deployer('ada@laptop').open(folder, bed.machine);
    const running = first.run(answersTo(first, { [key]: PASSWORD }));
    await until(20, 'the lock', async () => (running.view.steps[1]?.state === 'running' ? true : undefined));
    const second = await bed.deployer('bob@desk').open(folder, bed.machine);
    const refused = await ended(second.run(answersTo(second, { [key]: PASSWORD })));
    assert.match(String(refused.error), /is being deployed to this machine already, by ada@laptop, since/);
    assert.equal((await ended(running)).outcome, 'done');
  });

  it('says in a sentence that the disk is full', async () => {
    const copy = bed.copyOf(folder, 'full');
    writeFileSync(join(copy, 'big.bin'), Buffer.alloc(3 << 20, 1));
    await remote('mkdir -p ~/skylab/full && sudo mount -t tmpfs -o size=1m,uid=$(id -u) tmpfs ~/skylab/full');
    const session = await bed.deployer().open(copy, bed.machine);
    const { outcome, error } = await ended(session.run(answersTo(session, { [key]: PASSWORD })));
    assert.equal(outcome, 'failed');
    assert.match(String(error), /full|space/i);
    assert.equal(await remote('ls ~/skylab/full/releases 2>/dev/null | wc -l'), '0');
    await remote('sudo umount ~/skylab/full && rmdir ~/skylab/full');
  });

  it('stops, starts and shows its logs', async () => {
    const stacks = bed.stacks();
    const stopped = await ended(stacks.stop(bed.machine, stack));
    assert.equal(stopped.outcome, 'done', String(stopped.error));
    await assert.rejects(status(), /refused|no answer/);
    const started = await ended(stacks.start(bed.machine, stack));
    assert.equal(started.outcome, 'done', String(started.error));
    await until(30, 'the site', async () => ((await status(PASSWORD)) === 200 ? true : undefined));
    assert.equal(conditionOf((await stacks.survey(bed.machine)).stacks[0]?.services ?? []), 'running');
    const logs = await stacks.logs(bed.machine, stack, { services: [], tail: 200 });
    const followed = await new Promise<string>((resolve) => {
      let text = '';
      logs.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (/\|.*\n/.test(text)) resolve(text);
      });
    });
    assert.match(followed, /\w +\| /);
    logs.kill();
  });

  it('is removed and leaves nothing but the work, and then not even that', async () => {
    const deployer = bed.deployer();
    assert.equal(deployer.deployments(bed.machine.key).length, 1);
    const removed = await ended(bed.stacks().remove(bed.machine, stack, false));
    assert.equal(removed.outcome, 'done', String(removed.error));
    assert.deepEqual(deployer.deployments(bed.machine.key), []);
    assert.equal(await remote(`ls -A ~/skylab/${stack}`), 'data');
    assert.equal(await remote('sudo docker ps -aq'), '');
    assert.notEqual(await remote('sudo docker volume ls -q'), '');
    assert.equal(await remote('ls /etc/systemd/system/*caddy* /etc/systemd/system/*lab.service 2>/dev/null | wc -l'), '0');
    const all = await ended(bed.stacks().remove(bed.machine, stack, true));
    assert.equal(all.outcome, 'done', String(all.error));
    assert.equal(await remote('ls -A ~/skylab'), '');
    assert.equal(await remote('sudo docker network ls -q --filter label=com.docker.compose.project'), '');
  });
});
