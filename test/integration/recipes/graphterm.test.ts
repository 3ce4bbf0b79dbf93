import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskRecipeFolders } from '../../../src/adapters/files/recipeFolders';
import { systemClock } from '../../../src/core/clock';
import { hostCode } from '../../../src/core/cloud/launching/graphTerm';
import { EnvFile } from '../../../src/core/deploy/envFile';
import { graphTermState } from '../../../src/core/recipes/graphTerm';
import { hostTask } from '../../../src/core/recipes/host';
import { hostFolder } from '../../../src/core/recipes/hostFolder';
import { makeFolder } from '../../../src/core/recipes/make';
import { linesOf } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { known, shipped } from '../../unit/core/recipes/support';
import { GraphTermPage } from '../cloud/graphTermPage';
import { Bed, ended } from '../deploy/bed';
import { until } from '../practice-cloud/lab';

/** GraphTerm 0.57 itself, on machines that are there already. */
describe('GraphTerm by its recipe', function () {
  this.timeout(240_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let folder: string;

  before(async function () {
    this.timeout(900_000);
    cloud = await startPracticeCloud({ machineImage: 'graphterm' });
    bed = await Bed.launch(cloud, 'term');
    folder = join(bed.scratch, 'graphterm');
    for (const port of [80, 443, 8899, 8900]) await bed.lab.open(port);
  });
  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const upkeep = (to: Bed) => new Upkeep({ access: to.access, operations: to.operations, clock: systemClock, owner: 'ada@laptop' });
  /** The folder of the recipe, made with these answers. */
  async function make(place: string, answers: Record<string, string>): Promise<void> {
    const { recipe, files } = await shipped('graphterm');
    await new DiskRecipeFolders().make(place, makeFolder(recipe, files, answers, known));
  }
  async function taskOf(place: string) {
    const { recipe } = await shipped('graphterm');
    const read = hostFolder(recipe, await new DiskRecipeFolders().files(place), place);
    return hostTask(read.recipe, read);
  }
  /** Sets the machine up as the folder says. @returns the lines that the person was shown first */
  async function setUp(to: Bed, place: string): Promise<readonly string[]> {
    const proposal = await upkeep(to).propose(to.machine, await taskOf(place));
    const operation = upkeep(to).start(proposal);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    return linesOf(proposal.plan);
  }
  const answer = (place: string, values: Record<string, string>): void => {
    const file = join(place, '.env');
    const env = EnvFile.parse(readFileSync(file, 'utf8'));
    for (const [key, value] of Object.entries(values)) env.set(key, value);
    writeFileSync(file, env.toString());
  };
  const said = async (to: Bed, command: string): Promise<string> => {
    const { code, stdout, stderr } = await to.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };

  /** Written a moment after GraphTerm listens. */
  const codeOf = (file: string): Promise<string> =>
    until(30, file, async () => (await bed.ssh(`cat .graphterm/${file}`)).stdout.split(' ')[0]?.trim() || undefined);

  /** What “Get GraphTerm Access Codes…” shows. */
  async function codes(): Promise<Record<string, string>> {
    const state = await (await bed.access.session(bed.machine)).run(graphTermState);
    return Object.fromEntries((state?.codes ?? []).map(({ user, code }) => [user ?? 'the group', code.reveal()]));
  }

  it('says first what it would do, does it, and then finds nothing more to do', async () => {
    await make(folder, { GRAPHTERM_HTTPS: 'false' });
    const lines = await setUp(bed, folder);
    assert.deepEqual(lines.slice(-2), [
      'installs GraphTerm 0.57 in /opt/graphterm',
      'writes its settings, and runs it as the service graphterm',
    ]);
    assert.equal(await said(bed, 'systemctl is-active graphterm'), 'active');
    assert.deepEqual(linesOf((await upkeep(bed).propose(bed.machine, await taskOf(folder))).plan), []);
    assert.equal(await said(bed, 'ls -d /tmp/skylab-host.* 2>/dev/null | wc -l'), '0', 'its scripts are gone from the machine');
    const [newest] = await upkeep(bed).journal(bed.machine);
    assert.deepEqual([newest?.task, newest?.result], ['recipe.graphterm', 'done']);
  });

  it('lets in who brings the code of its file, and nobody else', async () => {
    const code = await codeOf('@*_gterm_auth.txt');
    assert.deepEqual(await codes(), { '': code });
    assert.equal((await new GraphTermPage(bed.address, 8900).signIn('0000-0000-0000-0000'))[0], 'authenticate');
    const browser = new GraphTermPage(bed.address, 80);
    assert.equal((await browser.signIn(code))[0], 'host_list');
    await browser.type('local', 'echo $((6*7))-$(id -un)', '42-admin');
  });

  it('does only what another answer calls for', async () => {
    answer(folder, { GRAPHTERM_HTTPS: 'true', GRAPHTERM_AUTH: 'multiuser' });
    assert.deepEqual(await setUp(bed, folder), ['writes its settings, and runs it as the service graphterm']);
    const own = await codeOf('admin@*_gterm_auth.txt');
    assert.equal((await new GraphTermPage(bed.address, 443, 'https').signIn(own, 'admin'))[0], 'host_list');
    const fetched = await codes();
    assert.deepEqual(Object.keys(fetched).sort(), ['admin', 'the group']);
    const joined = await new GraphTermPage(bed.address, 443, 'https').signIn(fetched['the group'] ?? '', 'grace');
    assert.deepEqual([joined[0], joined[2]], ['host_list', 'grace']);
    assert.deepEqual(Object.keys(await codes()).sort(), ['admin', 'grace', 'the group']);
    assert.ok(!bed.said.join('\n').includes(own), 'no code is in the log');
    await assert.rejects(fetch(`http://${bed.address}:80/`), 'the way by http is closed');
  });

  it('starts a notebook from its terminal, with the packages for plots and NetCDF, inside GNU screen', async () => {
    const more = { GRAPHTERM_ROLE: 'notebook', GRAPHTERM_PYLAB: 'true', GRAPHTERM_NETCDF: 'true', GRAPHTERM_SCREEN: 'true' };
    answer(folder, { ...more, GRAPHTERM_AUTH: 'singleuser', GRAPHTERM_HTTPS: 'false' });
    const lines = await setUp(bed, folder);
    assert.ok(lines.includes('installs GraphTerm 0.57 in /opt/graphterm'), lines.join('\n'));
    assert.match(await said(bed, 'ps -eo args'), /SCREEN .*-S graphterm .*gtermserver --nb_server/);
    const browser = new GraphTermPage(bed.address, 80);
    await browser.signIn(await codeOf('@*_gterm_auth.txt'));
    const program = 'import matplotlib, scipy, pandas, netCDF4; print(6*7)';
    await browser.type('local', `python -c "${program}" | sed s/^/said-/`, 'said-42');
    await browser.type('local', 'gnbserver', 'Running ipython notebook server');
    const page = await until(30, 'the notebook', async () => (await bed.ssh('curl -fsS http://localhost:8888/tree')).stdout || undefined);
    assert.match(page, /<title>Home<\/title>|IPython/);
    assert.equal(
      (await bed.ssh(`curl -fsS -m 2 http://$(hostname -I | cut -d ' ' -f 1):8888/tree`)).code,
      7,
      'only the machine itself reaches it',
    );
  });

  it('has a second machine join by the private address, with a code that stands in no argument and no log', async () => {
    const second = await Bed.launch(cloud, 'second', bed);
    try {
      const place = join(bed.scratch, 'second');
      const name = await said(second, 'hostname -s');
      const code = (await (await bed.access.session(bed.machine)).run(hostCode(name))).reveal();
      await make(place, { GRAPHTERM_ROLE: 'host', GRAPHTERM_AUTH: 'singleuser' });
      await assert.rejects(upkeep(second).propose(second.machine, await taskOf(place)), {
        code: 'NotHere',
        message: /GRAPHTERM_PRIMARY is empty/,
      });
      const primary = (await said(bed, 'hostname -I')).split(' ')[0] ?? '';
      answer(place, { GRAPHTERM_PRIMARY: primary, GRAPHTERM_JOIN_CODE: code });
      await setUp(second, place);
      assert.equal(await said(second, 'stat -c "%a %U" .graphterm/joins_with'), '600 admin');
      const way = await until(
        30,
        'the connection',
        async () => (await said(second, `ss -Htn state established dport = :8899 | awk '{print $4}'`)) || undefined,
      );
      assert.equal(way, `${primary}:8899`);
      assert.ok(!second.said.join('\n').includes(code));
      assert.equal(
        await said(second, `sudo grep -rlE '${code.slice(0, -1)}[${code.slice(-1)}]' /var/log /etc /tmp /usr/local 2>/dev/null | wc -l`),
        '0',
      );
    } finally {
      second.dispose();
    }
  });
});
