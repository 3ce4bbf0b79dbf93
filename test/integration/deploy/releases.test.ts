import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CutOff } from '../../../src/core/deploy/stacks/cutOff';
import { conditionOf } from '../../../src/core/deploy/stacks/health';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { until } from '../practice-cloud/lab';
import { Bed } from './bed';
import { COMPOSE, ENV, stackTools } from './stackTools';

const STRICT = '    healthcheck: {test: test ! -e /kept/strict || test -e /marker, interval: 1s, retries: 2}\n';

describe('a stack that goes back', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let folder: string;
  const { remote, deploy, lab, served, ends, went, failed } = stackTools(() => ({ bed, folder }));

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(8080);
    folder = join(bed.scratch, 'lab');
    mkdirSync(folder);
    writeFileSync(join(folder, 'compose.yml'), COMPOSE.replace('    volumes: [kept', `${STRICT}    volumes: [kept`));
    writeFileSync(join(folder, '.env'), ENV);
    await deploy();
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  it('has the unit of the release that it goes back to', async () => {
    const unit = `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/docker compose up -d\nExecStop=/usr/bin/docker compose down\n[Install]\nWantedBy=multi-user.target\n`;
    writeFileSync(join(folder, 'lab-site.service'), unit);
    await deploy();
    rmSync(join(folder, 'lab-site.service'));
    const units = () =>
      remote('cd /etc/systemd/system && ls *lab*.service; systemctl is-enabled *lab*.service; systemctl is-active *lab*.service');
    assert.equal(await units(), 'lab-site.service\nenabled\nactive', 'two units would both start it at boot');
    const [, first] = await ends();
    await went(bed.stacks().rollBack(bed.machine, 'lab', first.id));
    assert.equal(await units(), 'skylab-lab.service\nenabled\nactive');
    assert.equal(conditionOf((await lab()).services), 'running');
  });

  it('serves on as it was where the release to go back to is ill, or lets people in that it kept out', async () => {
    const stacks = bed.stacks();
    writeFileSync(join(folder, '.env'), ENV.replace('hello', 'good evening'));
    await deploy();
    const { releases } = await lab();
    const [ill, open] = releases.filter(({ current }) => !current);
    assert.ok(ill && open);
    const now = served(await lab());
    await remote(
      `cd ~/skylab/lab/releases/${ill.id} && sed -i 's/echo at work; sleep infinity/echo lost \${API_TOKEN}; exit 5/' compose.yml`,
    );
    await remote(`cd ~/skylab/lab/releases/${open.id} && sed -i 's/"stack"/"guarded": true, "stack"/' .skylab-release.json`);
    for (const [release, said] of [
      [ill, /lab did not start: worker ended with code 5 \(lost ••••••••\)/],
      [open, /lets people in without the password/],
    ] as const) {
      const operation = stacks.rollBack(bed.machine, 'lab', release.id);
      const failure = await failed(operation);
      assert.ok(!`${operation.log.join('\n')}${JSON.stringify(operation.view)}`.includes('s3cr3t'), 'no secret is shown');
      assert.match(failure.message, said);
      assert.match(failure.next ?? '', /What served before serves again, proved by asking it: it answers 200/);
      assert.equal(served(await lab()), now);
      assert.equal(conditionOf((await lab()).services), 'running');
      assert.equal((await lab()).unit?.enabled, 'enabled');
    }
  });

  it('has what served before again when the connection is cut meanwhile, and no lock stays', async () => {
    const before = await lab();
    const other = before.releases.find(({ current, id }) => !current && id !== before.releases.at(-1)?.id) ?? before.releases.at(-1);
    const operation = bed.stacks().rollBack(bed.machine, 'lab', other?.id ?? '');
    const cut = operation.onChange(({ steps }) => {
      if (steps.some(({ name, state, detail }) => name === 'up' && state === 'running' && detail !== undefined)) {
        cut.dispose();
        bed.access.release(bed.machine);
      }
    });
    const failure = await failed(operation);
    assert.match(failure.next ?? '', /What served before serves again/, failure.message);
    const after = await lab();
    assert.deepEqual([served(after), conditionOf(after.services), after.busy], [served(before), 'running', undefined]);
  });

  describe('and whose deployment was cut off when its window went away', () => {
    /** A release beside the one that serves, as far as a deployment had come. @param change a sed script for its Compose file */
    const begin = async (id: string, change: string, start: boolean) => {
      const up = start ? '&& sudo docker compose -p lab up -d --remove-orphans 2>&1' : '';
      await remote(
        `cd ~/skylab/lab && cp -a "$(cd current && pwd -P)" releases/${id} && cd releases/${id} && sed -i '${change}' compose.yml ${up}`,
      );
      return { stack: 'lab', path: await remote(`cd ~/skylab/lab/releases/${id} && pwd -P`) };
    };
    const put = async (cutOff: CutOff) => {
      let settled = 0;
      const { detail } = await went(bed.stacks().putRight(bed.machine, cutOff, () => Promise.resolve(void (settled += 1))));
      assert.equal(settled, 1);
      const there = await remote(`ls -d ${cutOff.path}* 2>/dev/null | wc -l`);
      return { said: detail['files'], there, serves: served(await lab()), condition: conditionOf((await lab()).services) };
    };

    it('is finished where the new release comes up', async () => {
      const id = '20261121-100000-aaaa';
      const end = await put(await begin(id, 's/echo at work/echo at other work/', true));
      assert.deepEqual(end, { said: 'the new release of lab serves: it is finished', there: '1', serves: id, condition: 'running' });
    });

    it('has the release before again where the new one does not come up', async () => {
      const now = served(await lab());
      const end = await put(await begin('20261121-110000-bbbb', 's/sleep infinity/exit 4/', true));
      assert.match(end.said ?? '', /did not come up and was removed; the one before serves again/);
      assert.deepEqual([end.there, end.serves, end.condition], ['0', now, 'running']);
      assert.equal((await lab()).unit?.enabled, 'enabled');
    });

    it('loses what was uploaded and not started, half an upload too', async () => {
      const now = served(await lab());
      const whole = await put(await begin('20261121-120000-cccc', '', false));
      assert.deepEqual(
        [whole.said, whole.there, whole.serves],
        ['its release was removed before anything ran from it; what served serves on', '0', now],
      );
      const half = `${(await lab()).folder}/releases/20261121-130000-dddd`;
      await remote(`mkdir ${half}.partial-x`);
      const gone = await put({ stack: 'lab', path: half });
      assert.deepEqual([gone.said, gone.there, gone.condition], ['nothing of it had arrived; what served serves on', '0', 'running']);
    });

    it('waits for somebody who deploys there now', async () => {
      const slow = bed.stacks('bob@desk').restart(bed.machine, 'lab');
      await until(20, 'the lock', async () => (slow.view.steps[1]?.state === 'running' ? true : undefined));
      const refused = await failed(
        bed.stacks().putRight(bed.machine, { stack: 'lab', path: '/x' }, () => Promise.reject(new Error('settled'))),
      );
      assert.equal(refused.code, 'Locked');
      await went(slow);
    });
  });

  it('has the image before again where the one that was pulled is ill', async () => {
    await remote(
      `mkdir -p ~/own && printf 'FROM caddy:latest\nRUN touch /marker\n' > ~/own/Dockerfile && sudo docker build -qt caddy:latest ~/own`,
    );
    const id = await remote('sudo docker image inspect -f "{{.ID}}" caddy:latest');
    const runs = () => remote('sudo docker inspect -f "{{.Image}}" lab-worker-1');
    await went(bed.stacks().start(bed.machine, 'lab'));
    assert.equal(await runs(), id);
    await remote('sudo docker exec lab-worker-1 touch /kept/strict');
    const failure = await failed(bed.stacks().pull(bed.machine, 'lab'));
    await remote('sudo docker exec lab-worker-1 rm /kept/strict');
    assert.match(failure.message, /lab did not start: worker is unhealthy/);
    assert.match(failure.next ?? '', /What served before serves again/);
    assert.equal(await remote('sudo docker image inspect -f "{{.ID}}" caddy:latest'), id);
    assert.equal(await runs(), id);
    const { detail } = await went(bed.stacks().pull(bed.machine, 'lab'));
    assert.equal(detail['pull'], 'newer: caddy:latest');
    assert.notEqual(await runs(), id);
  });
});
