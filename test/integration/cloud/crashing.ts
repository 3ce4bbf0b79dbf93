// The process of crash.ts: launches what standard input says, and dies at the step that it is told.
import { json } from 'node:stream/consumers';
import type { CrashOrder } from './crash';
import { World } from './world';

async function main(): Promise<void> {
  const order = (await json(process.stdin)) as CrashOrder;
  const world = await World.open(order.cloud, order.home);
  const operation = world.launcher.launch(order.spec);
  const die = (): void => {
    if (operation.view.steps.some((step) => step.name === order.step && step.state === 'running')) process.kill(process.pid, 'SIGKILL');
  };
  operation.onChange(die);
  die();
  const outcome = await operation.outcome;
  if (outcome.kind === 'failed') console.log(outcome.error.message);
  console.log(`outcome: ${outcome.kind}`);
  process.exit(0);
}

void main();
