import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { sentenceOf } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';
import { deploySteps } from '../../../src/core/deploy/deploySteps';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { until } from '../practice-cloud/lab';
import type { OperationView } from '../../../src/shared/operation';
import { Bed, answersTo } from './bed';

const STACK = 'fault';
const LIMITS = { healthMs: 7000, settleMs: 3000, patienceMs: 8000, awayMs: 90_000 };

/** How a deployment with a fault in the middle ended. */
export interface FaultEnd {
  readonly fault: string;
  readonly outcome: 'done' | 'failed' | 'cancelled';
  /** What the person is told; empty when it went through. */
  readonly said: string;
  /** What answers afterwards: the body of the page. */
  readonly serves: string;
  /** The release that `current` leads to says so. */
  readonly current: string;
  /** Nothing on the machine holds the stack's lock. */
  readonly free: boolean;
}

/** A page of one line behind a published port: quick to start, and it tells which release serves. */
function compose(release: number, more = '', image = 'caddy:latest'): string {
  return `services:
  web:
    image: ${image}
    restart: unless-stopped
    command: caddy respond --listen :8080 "release ${release}"
    ports: ['8080:8080']
    volumes: ['./notes:/notes']
${more}`;
}

const ENDS = `  worker: {image: 'caddy:latest', command: sh -c 'sleep 2; echo nothing to do; exit 4'}\n`;

const UNIT = `[Unit]
Description=A unit that ends by itself

[Service]
Type=simple
User=student
WorkingDirectory=/srv/fault
ExecStart=/bin/sh -c "docker compose up --detach && sleep 5 && echo the worker gave up && exit 3"

[Install]
WantedBy=multi-user.target
`;

/** A machine with a stack that serves, and all that can go wrong while its next release is deployed. Shared by tests and benchmark. */
export class FaultBed {
  readonly #folder: string;
  #release = 0;

  private constructor(readonly bed: Bed) {
    this.#folder = join(bed.scratch, STACK);
    mkdirSync(join(this.#folder, 'notes'), { recursive: true });
    writeFileSync(join(this.#folder, 'notes/first.txt'), 'kept');
  }

  /** Launches the machine and deploys the first release. */
  static async start(cloud: PracticeCloud): Promise<FaultBed> {
    const bed = await Bed.launch(cloud, 'ada');
    const faults = new FaultBed(bed);
    await bed.lab.open(8080);
    const first = await faults.#deploy();
    if (first.outcome !== 'done') throw new Error(`The first deployment failed: ${first.said}`);
    return faults;
  }

  /** The page of the release that served before the fault. */
  get old(): string {
    return `release ${this.#release - 1}`;
  }

  get new(): string {
    return `release ${this.#release}`;
  }

  /** Steps in which a connection can be lost, in their order: Docker is there already, and preparing asks the machine nothing. */
  static get steps(): readonly string[] {
    return deploySteps.map(({ name }) => name).filter((name) => name !== 'docker' && name !== 'prepare');
  }

  /** The connection is cut as soon as this step runs. */
  cutAt(step: string): Promise<FaultEnd> {
    return this.#deploy(`connection cut at ${step}`, {}, (operation) =>
      whenRunning(operation, step, () => this.bed.access.release(this.bed.machine)),
    );
  }

  /** A release that fails, and the connection is cut as soon as what served is put back. */
  cutOnTheWayBack(): Promise<FaultEnd> {
    return this.#deploy('connection cut on the way back', { more: ENDS }, (operation) =>
      once(
        operation,
        ({ state }) => state === 'undoing',
        () => this.bed.access.release(this.bed.machine),
      ),
    );
  }

  /** The machine restarts while this step runs. */
  rebootAt(step: string): Promise<FaultEnd> {
    return this.#deploy(`machine restarted at ${step}`, {}, (operation) =>
      whenRunning(operation, step, () => {
        void this.bed.lab.client.send(new RebootInstancesCommand({ InstanceIds: [this.bed.instanceId] }));
      }),
    );
  }

  /** The folder does not fit on the disk: for that long the stack lies on one of 2 MiB. */
  async diskFull(): Promise<FaultEnd> {
    await this.bed.ssh(
      `cd ~/skylab && cp -a ${STACK} copy && sudo mount -t tmpfs -o size=2m,uid=$(id -u),mode=700 tmpfs ${STACK} && cp -a copy/. ${STACK}/ && rm -rf copy`,
    );
    try {
      return await this.#deploy('disk full', { files: { 'big.bin': Buffer.alloc(3 << 20, 1) } });
    } finally {
      await this.bed.ssh(`sudo umount -l ~/skylab/${STACK}`);
    }
  }

  /** The new image's registry refuses connections. */
  registryDown(): Promise<FaultEnd> {
    return this.#deploy('registry down', { image: '127.0.0.1:9/nobody/caddy:2' });
  }

  /** A health check that never gets beyond "starting". */
  neverHealthy(): Promise<FaultEnd> {
    const check = `    healthcheck: {test: ['CMD-SHELL', 'echo the page is not there yet; exit 1'], interval: 1s, start_period: 1h}\n`;
    return this.#deploy('never healthy', { more: check });
  }

  /** A container without a health check that ends after it was seen running. */
  endsLater(): Promise<FaultEnd> {
    return this.#deploy('container ends later', { more: ENDS });
  }

  /** A unit of the folder's own that fails five seconds after it was started. */
  unitFails(): Promise<FaultEnd> {
    return this.#deploy('unit fails after 5 s', { files: { 'fault.service': Buffer.from(UNIT) } });
  }

  /** What prepares something and ends with 0 is no fault. */
  initContainer(): Promise<FaultEnd> {
    return this.#deploy('init container ends with 0', { more: `  init: {image: 'caddy:latest', command: 'true'}\n` });
  }

  dispose(): void {
    this.bed.dispose();
  }

  async #deploy(
    fault = '',
    change: { more?: string; image?: string; files?: Record<string, Buffer> } = {},
    during: (operation: Operation) => void = () => undefined,
  ): Promise<FaultEnd> {
    const { bed } = this;
    this.#release++;
    writeFileSync(join(this.#folder, 'compose.yml'), compose(this.#release, change.more, change.image));
    for (const [name, content] of Object.entries(change.files ?? {})) writeFileSync(join(this.#folder, name), content);
    const session = await bed.deployer('ada@laptop', LIMITS).open(this.#folder, bed.machine);
    const operation = session.run(answersTo(session, {}));
    during(operation);
    const outcome = await operation.outcome;
    for (const name of Object.keys(change.files ?? {})) rmSync(join(this.#folder, name));
    const ask = 'curl -s --max-time 5 http://127.0.0.1:8080';
    const serves = await until(30, 'an answer after the fault', async () => (await bed.ssh(ask)).stdout || undefined).catch(
      () => 'nothing',
    );
    const state = await bed.ssh(
      `grep -oh 'release [0-9]*' ~/skylab/${STACK}/current/compose.yml; cd ~/skylab/${STACK} && flock -n lock echo free; ls lock.owner lock.token 2>/dev/null`,
    );
    const [current = '', free = '', ...left] = state.stdout.trim().split('\n');
    return {
      fault,
      outcome: outcome.kind,
      said: outcome.kind === 'failed' ? sentenceOf(outcome.error) : '',
      serves,
      current,
      free: free === 'free' && left.length === 0,
    };
  }
}

/** Does it once, as soon as the step runs. */
function whenRunning(operation: Operation, step: string, act: () => void): void {
  once(operation, ({ steps }) => steps.some(({ name, state }) => name === step && state === 'running'), act);
}

function once(operation: Operation, when: (view: OperationView) => boolean, act: () => void): void {
  let done = false;
  const look = () => {
    if (done || !when(operation.view)) return;
    done = true;
    act();
  };
  operation.onChange(look);
  look();
}
