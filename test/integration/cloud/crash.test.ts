import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { launchSteps } from '../../../src/core/cloud/launchSteps';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { startFaultyEndpoint } from '../support/faultyEndpoint';
import { launchElsewhere } from './crash';
import type { CloudSeen } from './world';
import { NOTHING, World } from './world';

/** Only what can be told to another process. */
const seenOf = ({ endpoint, region, credentials, checkAddressUrl }: PracticeCloud): CloudSeen => ({
  endpoint,
  region,
  credentials,
  checkAddressUrl,
});

describe('a launch whose window dies', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud();
  });
  after(() => cloud.stop());

  const steps = ['check', 'keyPair', 'securityGroup', 'run', 'running', 'hostKey', 'sshEntry', 'ssh', 'firstBoot'];

  it('is watched at every step that a launch has', async () => {
    const world = await World.open(cloud);
    assert.deepEqual(
      launchSteps(await world.spec(), false).map((step) => step.name),
      steps,
    );
    await world.close();
  });

  for (const step of steps)
    it(`is found and cleaned up by the next one when it dies at the step ${step}`, async () => {
      const before = await World.open(cloud);
      const { home } = before;
      const launching = launchElsewhere({ cloud: seenOf(cloud), home, spec: await before.spec(), step });
      assert.equal(await launching.ended, 'killed', launching.said());
      const next = await World.open(cloud, home);
      const made = (await next.remains()).instances;
      assert.ok(made.length <= 1, `${made.length} machines`);
      for (const record of await next.operations.leftovers()) {
        const outcome = await next.cleanUp.start(record).outcome;
        assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? outcome.error.stack : '');
      }
      assert.deepEqual(await next.remains(), NOTHING);
      await next.close();
      await rm(home, { recursive: true, force: true });
    });

  it('goes through, and makes nothing twice, when the answers to what it makes get lost', async () => {
    const making = ['ImportKeyPair', 'CreateSecurityGroup', 'AuthorizeSecurityGroupIngress', 'RunInstances'];
    const faulty = await startFaultyEndpoint(cloud.endpoint, {
      // the first RunInstances is the dry run
      fate: (action, nth) => (making.includes(action) && nth === (action === 'RunInstances' ? 2 : 1) ? 'answerLost' : undefined),
    });
    const world = await World.open({ ...seenOf(cloud), endpoint: faulty.endpoint });
    const outcome = await world.launcher.launch(await world.spec()).outcome;
    assert.equal(outcome.kind, 'done', outcome.kind === 'failed' ? outcome.error.stack : '');
    assert.deepEqual(
      making.map((action) => faulty.counts.get(action)),
      [2, 2, 2, 3],
    );
    const { instances, groups, keyPairs } = await world.remains();
    assert.deepEqual({ instances, groups, keyPairs }, { instances: ['ada'], groups: ['skylab-ada'], keyPairs: ['skylab-ada'] });
    await world.machines.refresh();
    const [machine] = world.machines.of('practice');
    assert.ok(machine);
    await world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }).outcome;
    assert.deepEqual(await world.remains(), NOTHING);
    await world.close();
    await faulty.stop();
  });
});
