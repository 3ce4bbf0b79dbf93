import assert from 'node:assert/strict';
import { systemClock } from '../../../src/core/clock';
import { SkylabError } from '../../../src/core/errors';
import type { Plan, Task } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud, PracticeCloudOptions } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, ended } from '../deploy/bed';

/** Who does what on the machines here. */
export const OWNER = 'ada@laptop';

/** A practice machine with a cloud of its own, and what tasks do to it. */
export class UpkeepBed {
  private constructor(
    private readonly cloud: PracticeCloud,
    readonly bed: Bed,
    readonly upkeep: Upkeep,
  ) {}

  static async start(name: string, options: PracticeCloudOptions = {}): Promise<UpkeepBed> {
    return UpkeepBed.#on(await startPracticeCloud(options), name);
  }

  /** A further machine of the same cloud; ends before this one. */
  beside(name: string): Promise<UpkeepBed> {
    return UpkeepBed.#on(this.cloud, name, this.bed);
  }

  static async #on(cloud: PracticeCloud, name: string, beside?: Bed): Promise<UpkeepBed> {
    const bed = await Bed.launch(cloud, name, beside);
    return new UpkeepBed(cloud, bed, new Upkeep({ access: bed.access, operations: bed.operations, clock: systemClock, owner: OWNER }));
  }

  async stop(): Promise<void> {
    this.bed.dispose();
    await this.cloud.stop();
  }

  /** What a shell on the machine prints. */
  readonly remote = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await this.bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };

  /** Does the task, after which there is nothing to do. */
  readonly does = async <F>(task: Task<F>): Promise<Plan> => {
    const plan = await this.doesOnce(task);
    assert.equal((await this.proposed(task)).acts.length, 0, 'a second time there is nothing to do');
    return plan;
  };

  /** Does a task that can be done again and again. */
  readonly doesOnce = async <F>(task: Task<F>): Promise<Plan> => {
    const proposal = await this.upkeep.propose(this.bed.machine, task);
    const operation = this.upkeep.start(proposal);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    return proposal.plan;
  };

  /** Does the task, which fails on the way. */
  readonly fails = async <F>(task: Task<F>): Promise<Error> => {
    const operation = this.upkeep.start(await this.upkeep.propose(this.bed.machine, task));
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'failed', operation.log.join('\n'));
    assert.ok(error);
    return error;
  };

  /** The task is refused before anything is done. */
  readonly refuses = <F>(task: Task<F>, code: string): Promise<void> =>
    assert.rejects(this.proposed(task), (error: unknown) => error instanceof SkylabError && error.code === code);

  readonly proposed = async <F>(task: Task<F>): Promise<Plan> => (await this.upkeep.propose(this.bed.machine, task)).plan;
}
