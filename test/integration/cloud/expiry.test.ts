import assert from 'node:assert/strict';
import { AwsShutdownBehavior } from '../../../src/adapters/aws/shutdownBehavior';
import { Endings } from '../../../src/core/cloud/money/endings';
import { readEnd } from '../../../src/core/cloud/money/expiry';
import { expiryBootCommands } from '../../../src/core/cloud/money/expiryBoot';
import { readEndStatus, setEnd } from '../../../src/core/cloud/money/expiryRemote';
import { instanceKey, type Instance, type InstanceState, type Machine } from '../../../src/core/cloud/model';
import type { Expiry } from '../../../src/shared/launchMore';
import { MachineAccess } from '../../../src/core/ssh/access';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { MapMemento } from '../../unit/core/cloud/support';
import { World } from './world';

/** On real machines it looks each minute. */
const EVERY_FIVE_SECONDS = [
  'mkdir -p /etc/systemd/system/skylab-end.timer.d',
  "printf '[Timer]\\nOnCalendar=*:*:0/5\\nAccuracySec=100ms\\n' > /etc/systemd/system/skylab-end.timer.d/test.conf",
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('machines that end by themselves', function () {
  this.timeout(240_000);
  let cloud: PracticeCloud;
  let world: World;
  let access: MachineAccess;
  /** When the last person left the machine that nobody uses. */
  let left: number;
  let machines: Record<'ada' | 'idle' | 'bob', Promise<Machine>>;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
    world = await World.open(cloud);
    access = new MachineAccess(world.accounts, world.ports);
    // one after the other would take minutes
    machines = {
      ada: launch('ada', { hours: 4, action: 'stop' }),
      idle: launch('idle', { idleMinutes: 1, action: 'terminate' }),
      bob: launch('bob', { hours: 8, action: 'stop' }),
    };
    await Promise.all(Object.values(machines));
  });
  after(async () => {
    access.dispose();
    await world.close();
    await cloud.stop();
  });

  const userData = (expiry: Expiry): string =>
    `#cloud-config\n${JSON.stringify({ bootcmd: [...EVERY_FIVE_SECONDS, ...expiryBootCommands(expiry, Date.now())] })}\n`;

  /** Launches it as the form does, and waits until it is set up. */
  const launch = async (name: string, expiry: Expiry): Promise<Machine> => {
    const spec = await world.spec({ name, userData: userData(expiry), keyPair: { kind: 'new', name }, securityGroup: group(name) });
    const operation = world.launcher.launch(spec);
    const outcome = await operation.outcome;
    assert.equal(outcome.kind, 'done', operation.log.join('\n'));
    return look(world.machines.of('practice').find((machine) => machine.name === name)!);
  };
  const group = (name: string) => ({ kind: 'new' as const, name, ssh: true, http: false, https: false });

  const look = async (machine: Machine): Promise<Machine & { instance: Instance }> => {
    assert.ok(machine.kind === 'instance');
    const [instance] = await (await world.providers.for(world.account)).describeInstances([machine.instance.id]);
    assert.ok(instance);
    return { ...machine, key: instanceKey('practice', instance.id), instance };
  };
  const until = async (machine: Machine, ...states: InstanceState[]): Promise<Instance> => {
    for (;;) {
      const { instance } = await look(machine);
      if (states.includes(instance.state)) return instance;
      assert.equal(instance.state, 'running');
      await pause(500);
    }
  };
  const status = async (machine: Machine) => (await access.session(machine)).run(readEndStatus);

  it('counts a login as use', async () => {
    const machine = await machines.idle;
    assert.ok(machine.kind === 'instance');
    await new AwsShutdownBehavior(world.providers).set(world.account, machine.instance.id, 'terminate');
    const session = await access.session(machine);
    await pause(12_000);
    const { end, use, lastUse } = await session.run(readEndStatus);
    assert.deepEqual(end, { idleMinutes: 1, action: 'terminate' });
    assert.match(use ?? '', /SSH|computes|kB/);
    assert.ok(lastUse !== undefined && Date.now() - lastUse < 20_000, String(lastUse));
    access.release(machine);
    left = Date.now();
  });

  it('stops when its time is up, with nobody watching; started again, it has an hour', async () => {
    const machine = await machines.ada;
    const armed = await status(machine);
    assert.ok(Math.abs((armed.end?.due ?? 0) - Date.now() - 4 * 3_600_000) < 600_000, String(armed.end?.due));
    assert.ok(armed.watched);
    const due = Date.now() + 15_000;
    await (await access.session(machine)).run(setEnd({ due, action: 'stop' }));
    access.release(machine);
    const stopped = await until(machine, 'stopped');
    assert.ok(Date.now() >= due - 1_000, `it stopped ${due - Date.now()} ms too early`);
    assert.match(stopped.stateReason ?? '', /Instance initiated shutdown/);

    const start = world.lifecycle.start({ ...machine, instance: stopped } as Machine);
    assert.equal((await start.outcome).kind, 'done', start.log.join('\n'));
    const again = await look(machine);
    const minutesTo = (end: number | undefined) => ((end ?? 0) - Date.now()) / 60_000;
    let after = await status(again);
    while (minutesTo(after.end?.due) < 0) {
      await pause(500);
      after = await status(again);
    }
    assert.ok(minutesTo(after.end?.due) > 58 && minutesTo(after.end?.due) <= 60, `${minutesTo(after.end?.due)} minutes`);
  });

  it('terminates when nobody uses it', async () => {
    const machine = await machines.idle;
    await until(machine, 'shutting-down', 'terminated');
    assert.ok(Date.now() - left > 50_000, `it ended ${Date.now() - left} ms after the last use`);
  });

  it('is armed, extended and called off from the editor', async () => {
    const machine = await machines.bob;
    const shutdown = new AwsShutdownBehavior(world.providers);
    const endings = new Endings(world.machines, { access, providers: world.providers, shutdown, memento: new MapMemento() });
    assert.equal(readEnd((await look(machine)).instance), undefined);
    const armed = await endings.ask(machine);
    assert.ok(Math.abs((armed.end?.due ?? 0) - Date.now() - 8 * 3_600_000) < 600_000, String(armed.end?.due));
    assert.deepEqual(readEnd((await look(machine)).instance), armed.end);

    const later = { due: (Math.round(Date.now() / 1000) + 7200) * 1000, idleMinutes: 90, action: 'terminate' } as const;
    await endings.set(machine, later);
    assert.deepEqual((await endings.ask(machine)).end, later);
    assert.deepEqual(readEnd((await look(machine)).instance), later);
    const session = await access.session(machine);
    assert.match(
      await session.run({ argv: ['cat', '/run/motd.d/skylab'] }),
      /is DELETED, with its disk, by itself at .*\n.*after 90 minutes/,
    );
    assert.match(await session.run({ argv: ['sh', '/usr/local/lib/skylab/end', 'extend', '60'], sudo: true }), /DELETED/);
    assert.equal((await endings.ask(machine)).end?.due, later.due + 3_600_000);

    await endings.set(machine, undefined);
    assert.equal((await status(machine)).end, undefined);
    assert.equal(readEnd((await look(machine)).instance), undefined);
  });
});
