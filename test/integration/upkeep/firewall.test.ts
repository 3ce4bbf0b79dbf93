import assert from 'node:assert/strict';
import { TcpProbe } from '../../../src/adapters/net/portProbe';
import { SkylabError } from '../../../src/core/errors';
import type { FirewallFacts } from '../../../src/core/upkeep/firewall/facts';
import { firewallFacts } from '../../../src/core/upkeep/firewall/facts';
import { addRule, allowed, removeRule, switchOff, switchOn } from '../../../src/core/upkeep/firewall/tasks';
import { portRows, portsToKnock } from '../../../src/core/upkeep/ports';
import { scan } from '../../../src/core/upkeep/portScan';
import type { Task } from '../../../src/core/upkeep/task';
import { linesOf } from '../../../src/core/upkeep/task';
import { ended } from '../deploy/bed';
import { knock, until } from '../practice-cloud/lab';
import { UpkeepBed } from './bed';

const WEB = 8080;
const OTHER = 9100;

describe('the firewall of a machine', function () {
  this.timeout(120_000);
  let here: UpkeepBed;
  let bed: UpkeepBed['bed'];
  let upkeep: UpkeepBed['upkeep'];

  before(async function () {
    this.timeout(600_000);
    here = await UpkeepBed.start('wall', { machineImage: 'docker' });
    ({ bed, upkeep } = here);
    for (const port of [WEB, OTHER]) await bed.lab.open(port);
    await remote(`sudo docker run -d --name web -p ${WEB}:80 caddy:latest`);
    await remote(`sudo systemd-run --unit=plain python3 -m http.server ${OTHER}`);
    await until(
      20,
      'the servers',
      async () => ((await knock(bed.address, WEB)) === 'open' && (await knock(bed.address, OTHER)) === 'open') || undefined,
    );
  });

  after(() => here.stop());

  const remote = (command: string) => here.remote(command);
  const does = async <F>(task: Task<F>) => linesOf(await here.doesOnce(task));
  const table = async () => {
    const facts = await upkeep.look(bed.machine, firewallFacts);
    const answers = await scan(new TcpProbe(1_500), bed.address, portsToKnock(facts));
    return new Map(portRows(facts, undefined, answers).map((row) => [row.port, row]));
  };

  it('is none at first: the table names program, container, and what the world can reach', async () => {
    const rows = await table();
    assert.deepEqual(rows.get(WEB)?.containers, ['web']);
    assert.equal(rows.get(WEB)?.host.kind, 'none');
    assert.equal(rows.get(WEB)?.answer?.kind, 'open');
    assert.equal(rows.get(WEB)?.risk, 'notice');
    assert.equal(rows.get(OTHER)?.process, 'python3');
    assert.equal(rows.get(22)?.process, 'sshd');
    assert.equal(rows.get(22)?.risk, undefined);
  });

  it('is switched on with SSH first: what is not on the list is closed, a container’s published port too', async () => {
    const lines = await does(switchOn([]));
    assert.equal(lines[0], 'allows 22/tcp from anywhere');
    assert.deepEqual(
      [await knock(bed.address, 22), await knock(bed.address, WEB), await knock(bed.address, OTHER)],
      ['open', 'timeout', 'timeout'],
    );
    assert.equal((await table()).get(WEB)?.host.kind, 'closed');
    assert.match(await remote('sudo ufw status verbose'), /Status: active[^]*deny \(incoming\)/);
    assert.equal((await upkeep.propose(bed.machine, switchOn([]))).plan.acts.length, 0, 'a second time there is nothing to do');
  });

  it('lets in what is allowed: the published port by its number outside, not the container’s', async () => {
    await does(addRule(allowed(80)));
    assert.equal(await knock(bed.address, WEB), 'timeout');
    await does(addRule(allowed(WEB)));
    assert.equal(await knock(bed.address, WEB), 'open');
    const [rule] = (await upkeep.look(bed.machine, firewallFacts)).ufw?.rules.filter(({ ports }) => ports === String(WEB)) ?? [];
    assert.ok(rule);
    await does(removeRule(rule));
    assert.equal(await knock(bed.address, WEB), 'timeout');
  });

  it('obeys rules that were typed by hand, by who asks, and stays so when Docker restarts', async () => {
    // Where this computer's connections come from, as the machine sees it: its network differs from run to run.
    const here = (await remote('echo $SSH_CONNECTION')).split(' ')[0] ?? '';
    await remote(`sudo ufw allow from 203.0.113.0/24 to any port ${WEB} proto tcp`);
    await remote(`sudo ufw allow from ${here} to any port ${WEB} proto tcp`);
    await until(10, 'the rule typed by hand', async () => (await knock(bed.address, WEB)) === 'open' || undefined);
    await remote(`sudo ufw delete allow from ${here} to any port ${WEB} proto tcp`);
    await until(10, 'the rule to be gone', async () => (await knock(bed.address, WEB)) === 'timeout' || undefined);
    assert.deepEqual((await table()).get(WEB)?.host, { kind: 'open', from: ['203.0.113.0/24'] });
    await remote('sudo systemctl restart docker && sudo docker start web');
    assert.equal(await knock(bed.address, WEB), 'timeout');
  });

  it('goes back by itself when a new connection is not let in', async () => {
    await remote('sudo ufw --force disable');
    const good = switchOn([]);
    const deny = { line: 'denies SSH', command: { argv: ['ufw', 'deny', '22/tcp'], sudo: true } };
    const broken: Task<FirewallFacts> = {
      ...good,
      plan: (facts) => {
        const plan = good.plan(facts);
        return { ...plan, acts: [...plan.acts, { name: 'mistake', title: 'Make a mistake', guarded: true, changes: [deny] }] };
      },
    };
    const proposal = await upkeep.propose(bed.machine, broken);
    const { outcome, error } = await ended(upkeep.start(proposal));
    assert.equal(outcome, 'failed');
    assert.ok(error instanceof SkylabError && error.code === 'LockedOut', String(error));
    assert.equal((await bed.ssh('true')).code, 0);
    assert.match(await remote('sudo ufw status'), /inactive/);
  });

  it('is switched off again', async () => {
    await does(switchOn([]));
    await does(switchOff);
    assert.deepEqual([await knock(bed.address, WEB), await knock(bed.address, OTHER)], ['open', 'open']);
  });

  it('has every change in the journal on the machine', async () => {
    const journal = await upkeep.journal(bed.machine);
    assert.equal(journal[0]?.what, 'switches the firewall off; its list is kept');
    assert.equal(journal[0].who, 'ada@laptop as admin');
    assert.ok(journal.some(({ result, what }) => result === 'undone' && what === 'puts the firewall back as it was'));
    assert.equal(await remote('stat -c "%a %U %G" /var/log/skylab/journal.jsonl'), '640 root adm');
  });
});
