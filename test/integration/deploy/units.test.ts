import assert from 'node:assert/strict';
import type { UnitVerb } from '../../../src/core/units/acts';
import type { UnitRow } from '../../../src/core/units/listing';
import { Units } from '../../../src/core/units/units';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, ended } from './bed';

describe('the services of a machine', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let units: Units;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud({});
    bed = await Bed.launch(cloud, 'ada');
    units = new Units(bed.access, bed.operations);
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const remote = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };
  const write = (name: string, text: string): Promise<string> =>
    remote(
      `echo ${Buffer.from(text).toString('base64')} | base64 -d | sudo tee /etc/systemd/system/${name} >/dev/null; sudo systemctl daemon-reload`,
    );
  const unit = async (name: string): Promise<UnitRow | undefined> => (await units.list(bed.machine)).units.find((one) => one.name === name);
  const act = async (verb: UnitVerb, ...names: string[]): Promise<{ outcome: string; error?: Error }> =>
    ended(units.act(bed.machine, verb, names));

  it('are listed as systemd lists them, with those that stand in /etc/systemd/system marked as the person’s own', async () => {
    await write('mine.service', '[Unit]\nDescription=Mine\n[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n');
    await write('mine.timer', '[Timer]\nOnCalendar=2031-05-06 07:08:09 UTC\n[Install]\nWantedBy=timers.target\n');
    await remote('sudo systemctl start mine.timer');
    const { version, units: all } = await units.list(bed.machine);
    assert.equal(version, Number(/\d+/.exec(await remote('systemctl --version | head -1'))?.[0]));
    const expected = (await remote('systemctl list-units --all --type=service,timer,socket,path --plain --no-legend --full'))
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 4).join(' '))
      .filter((line) => !line.includes('not-found'));
    assert.ok(expected.length > 30);
    const shown = new Set(all.map(({ name, load, active, sub }) => [name, load, active, sub].join(' ')));
    assert.deepEqual(
      expected.filter((line) => !shown.has(line)),
      [],
    );
    const mine = await unit('mine.service');
    assert.deepEqual([mine?.own, mine?.description, mine?.boot, mine?.active], [true, 'Mine', 'disabled', 'inactive']);
    const timer = await unit('mine.timer');
    assert.deepEqual(timer?.timer, { next: Date.parse('2031-05-06T07:08:09Z'), last: undefined, activates: 'mine.service' });
    assert.equal((await unit('ssh.service'))?.own, false);
  });

  it('start, stop, and start with the machine when they are told to; told twice, nothing changes', async () => {
    for (const verb of ['start', 'start', 'enable', 'enable'] as const) assert.equal((await act(verb, 'mine.service')).outcome, 'done');
    assert.equal(await remote('systemctl is-active mine.service; systemctl is-enabled mine.service'), 'active\nenabled');
    const mine = await unit('mine.service');
    assert.deepEqual([mine?.active, mine?.sub, mine?.boot], ['active', 'running', 'enabled']);
    const pid = await remote('systemctl show -p MainPID --value mine.service');
    assert.equal((await act('restart', 'mine.service')).outcome, 'done');
    assert.notEqual(await remote('systemctl show -p MainPID --value mine.service'), pid);
    for (const verb of ['stop', 'stop', 'disable', 'mask'] as const) {
      const { outcome, error } = await act(verb, verb === 'mask' ? 'cron.service' : 'mine.service');
      // a unit whose file stands in /etc cannot be masked; one of the system can
      assert.equal(outcome, 'done', `${verb}: ${String(error)}`);
    }
    assert.equal((await unit('mine.service'))?.active, 'inactive');
  });

  it('say why they did not start, with the last that they wrote', async () => {
    await write('broken.service', '[Service]\nExecStart=/bin/sh -c "echo no database at db:5432 >&2; exit 3"\n');
    const { outcome, error } = await act('start', 'broken.service');
    assert.equal(outcome, 'failed');
    assert.equal(error?.message, 'broken.service did not start on ada: no database at db:5432.');
    await write('restless.service', '[Service]\nExecStart=/bin/sh -c "echo port 80 is taken; exit 1"\nRestart=always\nRestartSec=30\n');
    const restless = await act('start', 'restless.service');
    assert.equal(restless.error?.message, 'restless.service starts and ends again and again on ada: port 80 is taken.');
    assert.match((await act('start', 'nowhere.service')).error?.message ?? '', /nowhere\.service did not start on ada: .*not found/);
    const failed = await unit('broken.service');
    assert.equal(failed?.active, 'failed');
  });

  it('write to a journal that is followed until it is stopped', async () => {
    await write('talker.service', '[Service]\nExecStart=/bin/sh -c "while :; do echo tick; echo \'<3>tock\'; sleep 0.2; done"\n');
    await act('start', 'talker.service');
    const process = await units.follow(bed.machine, 'talker.service', { lines: 5, priority: 3, follow: true });
    const seen = await new Promise<string>((resolve) => {
      let text = '';
      process.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.split('tock').length > 8) resolve(text);
      });
    });
    assert.ok(!seen.includes('tick'), 'a priority leaves out what is less important');
    process.kill();
    await process.exit.catch(() => undefined);
    for (let i = 0; i < 20 && (await remote('pgrep -fc "[j]ournalctl.*talker" || true')) !== '0'; i++)
      await new Promise((r) => setTimeout(r, 250));
    assert.equal(await remote('pgrep -fc "[j]ournalctl.*talker" || true'), '0', 'nothing goes on on the machine');
    assert.match(await units.status(bed.machine, 'talker.service'), /Active: active \(running\)/);
    await act('stop', 'talker.service');
  });
});
