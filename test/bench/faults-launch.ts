import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { LaunchSpec } from '../../src/shared/launchSpec';
import { removeGroup } from '../../src/core/cloud/removal';
import type { Operation } from '../../src/core/operations/operations';
import { launchElsewhere } from '../integration/cloud/crash';
import type { CloudSeen } from '../integration/cloud/world';
import { NOTHING, World } from '../integration/cloud/world';
import type { Fate } from '../integration/support/faultyEndpoint';
import { startFaultyEndpoint } from '../integration/support/faultyEndpoint';
import { startPracticeCloud } from '../practice-cloud/cloud';
import type { BenchResult } from './harness';
import { result } from './harness';

/** What a launch asks for, in order, and what of it makes something. */
const ACTIONS = [
  'DescribeImages',
  'DescribeKeyPairs',
  'DescribeSecurityGroups',
  'ImportKeyPair',
  'DescribeVpcs',
  'CreateSecurityGroup',
  'AuthorizeSecurityGroupIngress',
  'RunInstances',
  'DescribeInstances',
  'GetConsoleOutput',
];
const MAKING = ['ImportKeyPair', 'CreateSecurityGroup', 'AuthorizeSecurityGroupIngress', 'RunInstances'];
/** Longer than a request may take. */
const LATE_MS = 31_000;

/** Every fault must end in one machine, or in nothing left after clean-up. Figures are counts. */
export default async function bench(): Promise<BenchResult> {
  const cloud = await startPracticeCloud();
  const faults = new Faults({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: cloud.credentials,
    checkAddressUrl: cloud.checkAddressUrl,
  });
  try {
    for (const action of ACTIONS) {
      await faults.met('throttled twice', action, (nth) => (nth <= 2 ? 'throttled' : undefined));
      await faults.met('server error twice', action, (nth) => (nth <= 2 ? 'error' : undefined));
      await faults.met('answer lost', action, (nth) => (nth === 1 ? 'answerLost' : undefined));
    }
    for (const action of MAKING) {
      await faults.met('throttled for good', action, () => 'throttled');
      await faults.met('server error for good', action, () => 'error');
      await faults.met('answers lost for good', action, () => 'answerLost');
      await faults.killed(action, 'before');
      await faults.killed(action, 'after');
    }
    await faults.met('timeout', 'RunInstances', (nth) => (nth === 1 ? { lateMs: LATE_MS } : undefined));
  } finally {
    await cloud.stop();
  }
  const { well, ill, kinds } = faults;
  const figures = { ours: well, peer: well + ill.length, peerName: 'faults', limit: 1 };
  const said = Object.fromEntries([...kinds].map(([kind, count]) => [kind, `${count.launched} launched, ${count.undone} undone`]));
  return {
    ...result({ bench: 'faults-launch', unit: 'faults that ended well', ...figures, ...said, ill }),
    ok: ill.length === 0 && well > 0,
  };
}

class Faults {
  well = 0;
  /** What ended otherwise than it should. */
  readonly ill: string[] = [];
  readonly kinds = new Map<string, { launched: number; undone: number }>();

  constructor(private readonly cloud: CloudSeen) {}

  /** A launch while the requests of one action meet a fate. */
  met(kind: string, action: string, fate: (nth: number) => Fate): Promise<void> {
    return this.#judged(kind, action, async (direct, spec) => {
      let armed = false;
      const faulty = await startFaultyEndpoint(this.cloud.endpoint, {
        fate: (asked, nth) => (armed && asked === action ? fate(nth - (skipped.get(action) ?? 0)) : undefined),
      });
      const world = await World.open({ ...this.cloud, endpoint: faulty.endpoint }, direct.home);
      const skipped = new Map(faulty.counts);
      armed = true;
      const outcome = await world.launcher.launch(spec).outcome;
      world.machines.dispose();
      await faulty.stop();
      return outcome.kind;
    });
  }

  /** A launch whose process is killed right before or after the cloud does what one action asks. */
  killed(action: string, moment: 'before' | 'after'): Promise<void> {
    return this.#judged(`killed ${moment}`, action, async (direct, spec) => {
      const process = { kill: (): void => undefined };
      const faulty = await startFaultyEndpoint(this.cloud.endpoint, { [moment]: (asked: string) => asked === action && process.kill() });
      const launching = launchElsewhere({ cloud: { ...this.cloud, endpoint: faulty.endpoint }, home: direct.home, spec });
      process.kill = () => launching.kill();
      const end = await launching.ended;
      await faulty.stop();
      assert.equal(end, 'killed');
      return end;
    });
  }

  async #judged(kind: string, action: string, launch: (direct: World, spec: LaunchSpec) => Promise<string>): Promise<void> {
    const direct = await World.open(this.cloud);
    const count = this.kinds.get(kind) ?? { launched: 0, undone: 0 };
    this.kinds.set(kind, count);
    try {
      const end = await launch(direct, await direct.spec());
      const { instances } = await direct.remains();
      if (end === 'done') {
        assert.deepEqual(instances, ['ada']);
        await direct.machines.refresh();
        const [machine] = direct.machines.of('practice');
        assert.ok(machine);
        await ended(direct.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }));
        count.launched++;
      } else {
        assert.ok(instances.length <= 1, `${instances.length} machines`);
        for (const record of await direct.operations.leftovers()) await ended(direct.cleanUp.start(record));
        count.undone++;
      }
      assert.deepEqual(await direct.remains(), NOTHING);
      this.well++;
    } catch (error) {
      this.ill.push(`${kind}, ${action}: ${error instanceof Error ? error.message : String(error)}`);
      await sweep(direct);
    } finally {
      await direct.close();
      await rm(direct.home, { recursive: true, force: true });
    }
  }
}

/** Takes away what a fault has left, so that the next one is not blamed for it. */
async function sweep(direct: World): Promise<void> {
  const cloud = await direct.providers.for(direct.account);
  for await (const page of cloud.listInstances()) {
    const ids = page.filter((one) => one.state !== 'terminated').map((one) => one.id);
    if (ids.length > 0) await cloud.terminate(ids);
  }
  for (const pair of await cloud.listKeyPairs()) await cloud.deleteKeyPair(pair.name);
  for (const group of await cloud.listSecurityGroups()) if (group.name !== 'default') await removeGroup(cloud, group.id);
}

async function ended(operation: Operation): Promise<void> {
  const outcome = await operation.outcome;
  assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? outcome.error.message : '');
}
