import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DiskRecipeFolders } from '../../../src/adapters/files/recipeFolders';
import { systemClock } from '../../../src/core/clock';
import { hostTask } from '../../../src/core/recipes/host';
import { hostFolder } from '../../../src/core/recipes/hostFolder';
import { makeFolder } from '../../../src/core/recipes/make';
import { linesOf } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { known, shipped } from '../../unit/core/recipes/support';
import { Bed, ended } from '../deploy/bed';

const PASSWORD = 'a planted pass$word';
const SOURCES = ['raw.githubusercontent.com', 'github.com', 'pypi.org', 'conda.anaconda.org'];

/** As far as a machine without a way to the world goes: what is fetched comes from four places there. */
describe('The Littlest JupyterHub by its recipe', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let upkeep: Upkeep;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud({});
    bed = await Bed.launch(cloud, 'hub');
    upkeep = new Upkeep({ access: bed.access, operations: bed.operations, clock: systemClock, owner: 'ada@laptop' });
    // So that no place answers at once, wherever this runs.
    const { code } = await bed.ssh(`echo '127.0.0.1 ${SOURCES.join(' ')}' | sudo tee -a /etc/hosts`);
    assert.equal(code, 0);
  });
  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  async function taskOf(name: string, answers: Record<string, string>) {
    const { recipe, files } = await shipped('tljh');
    const place = join(bed.scratch, name);
    const all = { TLJH_ADMIN: 'ada', TLJH_ADMIN_PASSWORD: PASSWORD, TLJH_HTTPS: 'none', ...answers };
    await new DiskRecipeFolders().make(place, makeFolder(recipe, files, all, known));
    const read = hostFolder(recipe, await new DiskRecipeFolders().files(place), place);
    return hostTask(read.recipe, read);
  }

  it('says what it would do, and that nothing was installed where its sources do not answer, by name', async () => {
    const proposal = await upkeep.propose(bed.machine, await taskOf('plain', {}));
    assert.deepEqual(linesOf(proposal.plan), [
      'installs The Littlest JupyterHub 2.0.0 in /opt/tljh',
      'sets the administrator’s first password',
      'writes users, limits, culling and certificate into its config.yaml, and reloads it',
    ]);
    const operation = upkeep.start(proposal);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'failed');
    assert.match(String(error), new RegExp(`no answer from ${SOURCES.join(', ').replaceAll('.', '\\.')}, .*Nothing was installed\\.`));
    assert.equal((await bed.ssh('ls -d /opt/tljh')).code, 2, 'nothing is there');
    const kept = [operation.log.join('\n'), bed.said.join('\n'), JSON.stringify(await upkeep.journal(bed.machine))].join('\n');
    assert.ok(!kept.includes(PASSWORD));
    const found = await bed.ssh(`sudo grep -rlE 'a planted pass[$]word' /var/log /etc /tmp /run 2>/dev/null | wc -l`);
    assert.equal(found.stdout.trim(), '0', 'the password stays nowhere on the machine');
  });

  it('is refused before anything is done: a port that is taken, a certificate that is not there, a value that is none', async () => {
    const own = { TLJH_HTTPS: 'own', TLJH_TLS_CERT: '/etc/ssl/none.crt', TLJH_TLS_KEY: '/etc/ssl/none.key' };
    await assert.rejects(upkeep.propose(bed.machine, await taskOf('own', own)), {
      code: 'NotHere',
      message: /no file \/etc\/ssl\/none\.crt/,
    });
    await assert.rejects(upkeep.propose(bed.machine, await taskOf('memory', { TLJH_MEMORY: 'much' })), /TLJH_MEMORY is a size/);
    const server = 'import http.server; http.server.HTTPServer(("", 80), http.server.BaseHTTPRequestHandler).serve_forever()';
    await bed.ssh(
      `sudo systemd-run --unit taken python3 -c '${server}' && for i in $(seq 50); do ss -Hltn 'sport = :80' | grep -q . && break; sleep 0.1; done`,
    );
    await assert.rejects(upkeep.propose(bed.machine, await taskOf('port', {})), { code: 'NotHere', message: /^Port 80 is taken/ });
  });
});
