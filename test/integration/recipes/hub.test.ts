import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskRecipeFolders } from '../../../src/adapters/files/recipeFolders';
import { makeFolder } from '../../../src/core/recipes/make';
import { known, shipped } from '../../unit/core/recipes/support';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { ensureHubImages } from '../../setup/images.mjs';
import { Bed, answersTo, ended } from '../deploy/bed';
import { until } from '../practice-cloud/lab';
import { Browser } from './browser';

const NOTEBOOK = 'quay.io/jupyterhub/singleuser:5.5.1';
/** GitHub's place is taken by a container beside the hub. */
const STAND_IN = `services:
  hub:
    environment:
      GITHUB_HTTP: '1'
  github:
    image: quay.io/jupyterhub/jupyterhub:5.5.1
    command: python3 /github.py
    volumes: ['./github.py:/github.py:ro']
    healthcheck: { test: ['CMD', 'true'] }
`;
const ANSWERS = {
  OAUTH_CLIENT_ID: 'an-id',
  OAUTH_CLIENT_SECRET: `a'secret$`,
  GITHUB_HOST: 'github',
  DOCKER_NOTEBOOK_IMAGE: NOTEBOOK,
  MEMORY_LIMIT: '300M',
};

describe('JupyterHub from its recipe', function () {
  this.timeout(600_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let folder: string;

  before(async function () {
    this.timeout(900_000);
    await ensureHubImages({ say: () => undefined });
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    folder = join(bed.scratch, 'jupyterhub');
    await bed.lab.open(80);
    await bed.lab.open(443);
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const browser = (person: string) => new Browser('ada.localhost', bed.address, person);
  const deploy = async (more: Record<string, string>): Promise<string> => {
    const session = await bed.deployer().open(folder, bed.machine);
    const operation = session.run(answersTo(session, { ...ANSWERS, ...more }));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)} ${operation.log.join('\n')}`);
    return operation.log.join('\n');
  };
  const list = async (name: string, ...lines: string[]) => {
    const { code, stderr } = await bed.ssh(
      `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > ~/skylab/jupyterhub/data/lists/main/${name}`,
    );
    assert.equal(code, 0, stderr);
  };

  it('is deployed as it ships, with nothing but its answers filled in', async () => {
    const { recipe, files } = await shipped('jupyterhub');
    await new DiskRecipeFolders().make(folder, makeFolder(recipe, files, { JUPYTERHUB_ADMIN: 'Grace' }, known));
    writeFileSync(join(folder, 'compose.override.yml'), STAND_IN);
    copyFileSync(join(__dirname, 'github.py'), join(folder, 'github.py'));
    const log = await deploy({});
    assert.ok(!log.includes(ANSWERS.OAUTH_CLIENT_SECRET));
    for (const { path, status } of recipe.tests) assert.equal((await browser('nobody').open(path)).status, status, path);
  });

  it('lets in the administrator, and nobody who is on no list', async () => {
    const stranger = await browser('mallory').open('/hub/oauth_login');
    assert.equal(stranger.status, 403, stranger.body);
    const admin = await browser('Grace').open('/hub/oauth_login?next=/hub/admin');
    assert.deepEqual([admin.status, new URL(admin.url).pathname], [200, '/hub/admin']);
  });

  it('reads its lists at each sign-in: who is added gets in, who is blocked does not, and no restart is needed', async () => {
    await list('allow', 'Emmy # of the physics course');
    const emmy = browser('emmy');
    assert.equal((await emmy.open('/hub/oauth_login?next=/hub/home')).status, 200);
    assert.equal((await emmy.open('/hub/admin')).status, 403, 'she is no administrator');
    await list('admins', 'emmy');
    assert.equal((await browser('emmy').open('/hub/oauth_login?next=/hub/admin')).status, 200);
    await list('block', 'EMMY');
    assert.equal((await browser('emmy').open('/hub/oauth_login')).status, 403, 'the block list is stronger than the others');
    await list('block');
    await list('admins');
    assert.equal((await browser('emmy').open('/hub/oauth_login?next=/hub/admin')).status, 403, 'she is no administrator any more');
  });

  it('starts a JupyterLab for each person, with limits, and a volume that outlasts it', async () => {
    const emmy = browser('emmy');
    await emmy.open('/hub/oauth_login?next=/hub/spawn');
    const lab = await until(120, 'the server', async () => {
      // the page signs her in at her own server; its interface alone only says no
      await emmy.open('/user/emmy/lab');
      const page = await emmy.open('/user/emmy/api/status');
      return page.status === 200 ? page : undefined;
    });
    assert.match(lab.body, /"kernels": ?0/);
    const box = await bed.ssh(
      `sudo docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}' jupyterhub-main-emmy; sudo docker volume ls -q`,
    );
    assert.match(box.stdout, /^314572800 100000\n/);
    assert.ok(box.stdout.split('\n').includes('jupyterhub-main-user-emmy'), box.stdout);
    assert.equal((await browser('grace').open('/user/emmy/api/status')).status === 200, false, 'nobody else sees it');
  });

  it('goes on with people at work while it is deployed anew', async () => {
    const containers = async () => {
      const { code, stdout, stderr } = await bed.ssh(`sudo docker inspect -f '{{.Id}}' jupyterhub-main-emmy jupyterhub-hub-1`);
      assert.equal(code, 0, stderr);
      return stdout.trim().split('\n');
    };
    const [before, hub] = await containers();
    await deploy({ CULL_AFTER_MINUTES: '90' });
    const [after, anew] = await containers();
    assert.notEqual(anew, hub, 'the hub is another one');
    assert.equal(after, before, 'hers is the same');
    const emmy = browser('emmy');
    await emmy.open('/hub/oauth_login?next=/hub/home');
    await emmy.open('/user/emmy/lab');
    assert.equal((await emmy.open('/user/emmy/api/status')).status, 200);
  });
});
