import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskRecipeFolders } from '../../../src/adapters/files/recipeFolders';
import { Secret } from '../../../src/core/secret';
import { shortcomings } from '../../../src/core/recipes/fit';
import { machineSize } from '../../../src/core/recipes/machineSize';
import { makeFolder } from '../../../src/core/recipes/make';
import { known, shipped } from '../../unit/core/recipes/support';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, answersTo, ended } from '../deploy/bed';

const PASSWORD = `correct "horse" $HOME it's é`;

describe('a recipe deployed to a machine', function () {
  this.timeout(240_000);
  let cloud: PracticeCloud;
  let bed: Bed;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    bed = await Bed.launch(cloud, 'ada');
    await bed.lab.open(80);
    await bed.lab.open(443);
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const status = async (path: string, login?: { user: string; password: Secret }) =>
    (await bed.probe.probe(`https://ada.localhost${path}`, bed.address, login)).status;

  /** Makes the folder and deploys it as someone does who types a password and nothing else. */
  async function deploy(id: string, answers: Record<string, string>): Promise<string> {
    const { recipe, files } = await shipped(id);
    const folder = join(bed.scratch, id);
    await new DiskRecipeFolders().make(folder, makeFolder(recipe, files, answers, known));
    const session = await bed.deployer().open(folder, bed.machine);
    assert.deepEqual(
      session.form.findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    const passwords = session.form.fields.filter(({ hashed }) => hashed).map(({ key }) => [key, PASSWORD] as const);
    const operation = session.run(answersTo(session, Object.fromEntries(passwords)));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)} ${operation.log.join('\n')}`);
    for (const test of recipe.tests) {
      if (Object.entries(test.when).every(([name, value]) => answers[name] === value))
        assert.equal(await status(test.path), test.status, test.path);
    }
    return folder;
  }

  const remove = async (name: string) => assert.equal((await ended(bed.stacks().remove(bed.machine, name, true))).outcome, 'done');

  it('is asked for its memory and disk, so that one that is too small is said to be', async () => {
    const size = await (await bed.access.session(bed.machine)).run(machineSize);
    assert.ok((size.memory ?? 0) > 2 ** 26 && (size.free ?? 0) > 2 ** 26, JSON.stringify(size));
    assert.equal(size.system, 'debian');
    const { recipe } = await shipped('jupyterlab');
    assert.match(shortcomings({ ...recipe.needs, memoryMiB: 2 ** 30 }, size)[0] ?? '', /^It has .* of memory/);
  });

  it('static site: shows its page to those who know the password, and hidden files to nobody', async () => {
    const folder = await deploy('static-site', { ACCESS: 'password' });
    const login = { user: 'visitor', password: new Secret(PASSWORD) };
    assert.deepEqual([await status('/'), await status('/', login), await status('/.git/config', login)], [401, 200, 404]);
    assert.equal(readFileSync(join(folder, '.env'), 'utf8').includes(PASSWORD), false);
    await remove('static-site');
  });

  it('JupyterLab: answers to its password, opens in the folder of the work, and keeps what is saved there', async () => {
    await deploy('jupyterlab', { NOTEBOOK_IMAGE: 'quay.io/jupyter/minimal-notebook:latest' });
    const login = { user: 'lab', password: new Secret(PASSWORD) };
    assert.equal(await status('/lab', login), 200);
    const { body } = await bed.probe.probe('https://ada.localhost/api/contents', bed.address, login);
    assert.match(body, /"path": ?"welcome\.ipynb"/);
    const owner = await bed.ssh('stat -c %u ~/skylab/jupyterlab/data/work ~/skylab/jupyterlab/data/work/welcome.ipynb');
    assert.equal(owner.stdout, '1000\n1000\n');
    const saved = await bed.ssh(
      'sudo docker exec jupyterlab-notebook-1 sh -c "echo mine > work/own.txt" && sudo docker restart jupyterlab-notebook-1 >/dev/null && cat ~/skylab/jupyterlab/data/work/own.txt',
    );
    assert.equal(saved.stdout, 'mine\n', saved.stderr);
  });
});
