import assert from 'node:assert/strict';
import { systemClock } from '../../../src/core/clock';
import type { Task } from '../../../src/core/upkeep/task';
import { linesOf } from '../../../src/core/upkeep/task';
import { Upkeep } from '../../../src/core/upkeep/upkeep';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, ended } from '../deploy/bed';
import { until } from '../practice-cloud/lab';

/** A machine with a real OpenNebula, and Skylab's tasks on it. */
export class FrontEndBed {
  private constructor(
    private readonly cloud: PracticeCloud,
    readonly bed: Bed,
    readonly upkeep: Upkeep,
  ) {}

  static async launch(): Promise<FrontEndBed> {
    const cloud = await startPracticeCloud({ machineImage: 'opennebula' });
    const bed = await Bed.launch(cloud, 'frontend');
    // the machine lets in before OpenNebula has started
    await until(300, 'an answer of OpenNebula', async () => (await bed.ssh('sudo -u oneadmin -H oneuser list')).code === 0 || undefined);
    const upkeep = new Upkeep({ access: bed.access, operations: bed.operations, clock: systemClock, owner: 'ada@laptop' });
    return new FrontEndBed(cloud, bed, upkeep);
  }

  async stop(): Promise<void> {
    this.bed.dispose();
    await this.cloud.stop();
  }

  async remote(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
    return stdout.trim();
  }

  /** How it ended. */
  async run<F>(task: Task<F>): Promise<Awaited<ReturnType<typeof ended>>> {
    return ended(this.upkeep.start(await this.upkeep.propose(this.bed.machine, task)));
  }

  /** @returns what it said that it would do */
  async does<F>(task: Task<F>): Promise<readonly string[]> {
    const proposal = await this.upkeep.propose(this.bed.machine, task);
    const operation = this.upkeep.start(proposal);
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'done', `${String(error)}\n${operation.log.join('\n')}`);
    return linesOf(proposal.plan);
  }

  async nothingMore<F>(task: Task<F>): Promise<void> {
    const { plan } = await this.upkeep.propose(this.bed.machine, task);
    assert.deepEqual(linesOf(plan), [], 'a second time there is nothing to do');
  }
}
