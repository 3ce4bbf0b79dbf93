import type { Container } from '../../docker/containers';
import type { Service } from './survey';

/**
 * In one word how it is: `running`, `starting` (its checks have not passed yet), `ill` (something of it is not as it should be),
 * `stopped`, or `down` (it has no containers).
 */
export type Condition = 'running' | 'starting' | 'ill' | 'stopped' | 'down';

/** One that ended with code 0 has done its work (docker/compose#10596). */
function containerCondition({ state, health, exitCode }: Container): Condition | 'done' {
  if (state === 'running') return health === 'unhealthy' ? 'ill' : health === 'starting' ? 'starting' : 'running';
  if (state === 'restarting' || state === 'dead' || state === 'removing') return 'ill';
  if (state === 'exited' && exitCode === 0) return 'done';
  return 'stopped';
}

/** The condition of a service by its containers. */
export function serviceCondition({ containers }: Service): Condition | 'done' {
  const all = containers.map(containerCondition);
  if (all.length === 0) return 'down';
  for (const one of ['ill', 'starting', 'running', 'stopped'] as const) if (all.includes(one)) return one;
  return 'done';
}

/** The condition of a whole stack: where some of it runs, what has stopped beside it is ill. */
export function conditionOf(services: readonly Service[]): Condition {
  const all = services.map(serviceCondition);
  if (all.length === 0) return 'down';
  if (all.includes('ill')) return 'ill';
  const alive = all.some((one) => one === 'running' || one === 'starting');
  if (!alive) return 'stopped';
  if (all.includes('stopped')) return 'ill';
  return all.includes('starting') ? 'starting' : 'running';
}
