import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conditionOf } from '../../../src/core/deploy/stacks/health';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
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
    await remote(`cd ~/skylab/lab/releases/${ill.id} && sed -i 's/echo at work; sleep infinity/echo lost; exit 5/' compose.yml`);
    await remote(`cd ~/skylab/lab/releases/${open.id} && sed -i 's/"stack"/"guarded": true, "stack"/' .skylab-release.json`);
    for (const [release, said] of [
      [ill, /lab did not start: worker ended with code 5.*lost/],
      [open, /lets people in without the password/],
    ] as const) {
      const failure = await failed(stacks.rollBack(bed.machine, 'lab', release.id));
      assert.match(failure.message, said);
      assert.match(failure.next ?? '', /What served before serves again, proved by asking it: it answers 200/);
      assert.equal(served(await lab()), now);
      assert.equal(conditionOf((await lab()).services), 'running');
      assert.equal((await lab()).unit?.enabled, 'enabled');
    }
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
