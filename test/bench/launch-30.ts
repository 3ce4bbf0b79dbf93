import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand, waitUntilInstanceRunning } from '@aws-sdk/client-ec2';
import { World } from '../integration/cloud/world';
import { startFaultyEndpoint } from '../integration/support/faultyEndpoint';
import { startPracticeCloud } from '../practice-cloud/cloud';
import type { BenchResult } from './harness';
import { result } from './harness';

const COUNT = 30;

/**
 * Thirty machines at once, from the button to "running", against the bare SDK that asks for the same and waits for the same.
 * The machines never boot here: thirty of them on one computer would measure nothing else.
 */
export default async function bench(): Promise<BenchResult> {
  const cloud = await startPracticeCloud();
  const counted = await startFaultyEndpoint(cloud.endpoint, {});
  const world = await World.open({ ...cloud, endpoint: counted.endpoint });
  try {
    await cloud.faults.set({ noBoot: true });
    world.settings = { ...world.settings, pollMs: 1_000, consoleTimeoutMs: 60_000 };
    const spec = await world.spec({ name: 'lab', count: COUNT });
    const before = new Map(counted.counts);
    const ours = await launched(world, spec);
    const calls = Object.fromEntries([...counted.counts].map(([action, count]) => [action, count - (before.get(action) ?? 0)]));
    const peer = await bare(cloud, spec.imageId);
    const figures = { ours, peer, peerName: 'RunInstances and the SDK’s waiter', limit: 1.5 };
    const one = calls['RunInstances'] === 2;
    const said = { runInstances: one ? 'one dry run and one' : calls['RunInstances'], calls };
    const measured = result({ bench: 'launch-30', unit: 'ms', ...figures, ...said });
    return { ...measured, ok: measured.ok && one };
  } finally {
    await world.close();
    await rm(world.home, { recursive: true, force: true });
    await counted.stop();
    await cloud.stop();
  }
}

/** Milliseconds until the step that waits for "running" has ended; the launch is taken back then. */
async function launched(world: World, spec: Awaited<ReturnType<World['spec']>>): Promise<number> {
  const begun = performance.now();
  const operation = world.launcher.launch(spec);
  const ms = await new Promise<number>((resolve, reject) => {
    operation.onChange((view) => {
      if (view.steps.some((step) => step.name === 'running' && step.state === 'done')) resolve(performance.now() - begun);
      else if (view.state === 'failed') reject(new Error(operation.log.join('\n')));
    });
  });
  await world.machines.refresh();
  assert.equal(world.machines.of('practice').length, COUNT);
  operation.cancel();
  assert.equal((await operation.outcome).kind, 'cancelled');
  return ms;
}

async function bare(cloud: Pick<World['cloud'], 'endpoint' | 'region' | 'credentials'>, imageId: string): Promise<number> {
  const client = new EC2Client({ endpoint: cloud.endpoint, region: cloud.region, credentials: cloud.credentials });
  const begun = performance.now();
  const answer = await client.send(
    new RunInstancesCommand({ ImageId: imageId, InstanceType: 't3.small', MinCount: COUNT, MaxCount: COUNT }),
  );
  const ids = (answer.Instances ?? []).flatMap((instance) => (instance.InstanceId === undefined ? [] : [instance.InstanceId]));
  await waitUntilInstanceRunning({ client, maxWaitTime: 300, minDelay: 1, maxDelay: 1 }, { InstanceIds: ids });
  const ms = performance.now() - begun;
  await client.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  client.destroy();
  return ms;
}
