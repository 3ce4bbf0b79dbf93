import type { OperationView, StepView } from '../../src/shared/operation';

const step = (name: string, title: string, state: StepView['state'], more: Partial<StepView> = {}): StepView => ({
  name,
  title,
  state,
  ...more,
});
const now = Date.now();

const launch: OperationView = {
  id: 'op-2',
  kind: 'launch',
  title: 'Launch ada',
  state: 'running',
  startedAt: now - 30_000,
  leftovers: [],
  steps: [
    step('run', 'Start the instance', 'done', { startedAt: now - 30_000, endedAt: now - 12_000 }),
    step('ssh', 'Wait for SSH', 'running', { startedAt: now - 12_000, detail: 'waiting for the machine to answer' }),
    step('setup', 'First-boot set-up', 'waiting'),
  ],
};

/** A launch as it goes on, ends well, and fails. */
export const launching = {
  running: launch,
  done: {
    ...launch,
    state: 'done',
    endedAt: now,
    machineKey: 'phys/i-1',
    steps: launch.steps.map((one) => ({ ...one, state: 'done', startedAt: now - 12_000, endedAt: now })),
  },
  failed: {
    ...launch,
    state: 'failed',
    endedAt: now,
    error: 'The machine never answered on port 22. Look at its console output.',
    leftovers: [{ kind: 'securityGroup', id: 'sg-9', label: 'security group skylab-ada' }],
    steps: [launch.steps[0]!, step('ssh', 'Wait for SSH', 'failed', { startedAt: now - 12_000, endedAt: now }), launch.steps[2]!],
  },
} satisfies Record<string, OperationView>;

/** The deployment at its third step, a second ago. */
const deploy: OperationView = {
  id: 'op-1',
  kind: 'deploy',
  title: 'Deploy jupyter-lab to ada',
  state: 'running',
  startedAt: now - 21_000,
  leftovers: [],
  steps: [
    step('hash', 'Hash the password', 'done', { startedAt: now - 21_000, endedAt: now - 19_700 }),
    step('docker', 'Install Docker', 'skipped'),
    step('upload', 'Upload jupyter-lab', 'running', { startedAt: now - 1_000, detail: '12 of 40 files, 1.2 MB', fraction: 0.3 }),
    step('up', 'Start the services', 'waiting'),
    step('prove', 'Prove it', 'waiting'),
  ],
};

const deployed: OperationView = {
  ...deploy,
  state: 'done',
  endedAt: deploy.startedAt + 63_000,
  steps: [
    ...deploy.steps.slice(0, 2),
    step('upload', 'Upload jupyter-lab', 'done', { startedAt: now - 1_000, endedAt: now }),
    step('up', 'Start the services', 'done', { startedAt: now - 1_000, endedAt: now }),
    step('prove', 'Prove it', 'done', {
      startedAt: now - 1_000,
      endedAt: now,
      detail: '401 without the password, 200 with it',
    }),
  ],
};

const undeployed: OperationView = {
  ...deploy,
  state: 'failed',
  endedAt: deploy.startedAt + 63_000,
  error: 'The services of jupyter-lab did not become healthy: jupyter exited with 1. See its last lines, mend the folder and deploy again.',
  steps: [
    ...deploy.steps.slice(0, 2),
    step('upload', 'Upload jupyter-lab', 'done', { startedAt: now - 3_000, endedAt: now - 2_000 }),
    step('up', 'Start the services', 'failed', { startedAt: now - 2_000, endedAt: now }),
    step('prove', 'Prove it', 'waiting'),
  ],
};

/** A deployment as it goes on, ends well, and fails. */
export const deploying = { running: deploy, done: deployed, failed: undeployed };
