import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import type { Ledger, LedgerRecord } from '../../../../src/core/operations/operations';
import { Operations } from '../../../../src/core/operations/operations';
import type { Step } from '../../../../src/core/operations/step';

/** Keeps the records in memory; the file-backed ledger has tests of its own. */
class MemoryLedger implements Ledger {
  readonly records = new Map<string, LedgerRecord>();
  async save(record: LedgerRecord) {
    this.records.set(record.id, record);
  }
  async remove(id: string) {
    this.records.delete(id);
  }
  async list() {
    return [...this.records.values()];
  }
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function bed(isAlive?: (pid: number) => boolean) {
  const ledger = new MemoryLedger();
  return { ledger, operations: new Operations(ledger, silent, isAlive), trace: [] as string[] };
}

function traced(trace: string[], name: string, extra: Partial<Step<undefined>> = {}): Step<undefined> {
  return {
    name,
    title: `Doing ${name}`,
    run: async () => void trace.push(`run ${name}`),
    undo: async () => void trace.push(`undo ${name}`),
    ...extra,
  };
}

describe('operations', () => {
  it('runs the steps in order and ends as done', async () => {
    const { operations, trace } = bed();
    const operation = operations.start({ kind: 'task', title: 'T', context: undefined, steps: [traced(trace, 'a'), traced(trace, 'b')] });
    assert.deepEqual(await operation.outcome, { kind: 'done' });
    assert.deepEqual(trace, ['run a', 'run b']);
    assert.deepEqual(
      operation.view.steps.map((s) => s.state),
      ['done', 'done'],
    );
  });

  it('undoes the failing step and every finished one, last first, and shows the sentence', async () => {
    const { operations, trace } = bed();
    const failing = traced(trace, 'b', {
      run: async () => {
        throw new SkylabError('The disk of ada is full.', { next: 'Free some space.' });
      },
    });
    const operation = operations.start({
      kind: 'task',
      title: 'T',
      context: undefined,
      steps: [traced(trace, 'a'), failing, traced(trace, 'c')],
    });
    const outcome = await operation.outcome;
    assert.equal(outcome.kind, 'failed');
    assert.deepEqual(trace, ['run a', 'undo b', 'undo a']);
    assert.equal(operation.view.error, 'The disk of ada is full. Free some space.');
    assert.deepEqual(
      operation.view.steps.map((s) => s.state),
      ['undone', 'failed', 'waiting'],
    );
  });

  it('keeps what was made when the failing step says so, and names it as left behind', async () => {
    const { operations, ledger, trace } = bed();
    const made = { kind: 'instance', id: 'i-1', label: 'ada' } as const;
    const steps = [
      traced(trace, 'a', { run: (_c, io) => io.created(made) }),
      traced(trace, 'b', { onFailure: 'keep', run: () => Promise.reject(new Error('no')) }),
    ];
    const operation = operations.start({ kind: 'launch', title: 'T', context: undefined, steps });
    await operation.outcome;
    assert.deepEqual(trace, []);
    assert.deepEqual(operation.view.leftovers, [made]);
    assert.equal(ledger.records.size, 1);
  });

  it('undoes on cancel even where a failure would keep, and is no failure', async () => {
    const { operations, ledger, trace } = bed();
    const steps = [
      traced(trace, 'a', {
        run: (_c, io) => io.created({ kind: 'instance', id: 'i-1', label: 'ada' }),
        undo: (_c, io) => io.forgotten({ kind: 'instance', id: 'i-1' }),
      }),
      traced(trace, 'b', {
        onFailure: 'keep',
        run: (_c, io) => new Promise((_resolve, reject) => io.signal.addEventListener('abort', () => reject(new Error('stopped')))),
      }),
    ];
    const operation = operations.start({ kind: 'launch', title: 'T', context: undefined, steps });
    await new Promise((r) => setTimeout(r, 5));
    operation.cancel();
    assert.deepEqual(await operation.outcome, { kind: 'cancelled' });
    assert.deepEqual(
      operation.view.steps.map((s) => s.state),
      ['undone', 'cancelled'],
    );
    assert.equal(operation.view.error, undefined);
    assert.deepEqual([...ledger.records.values()], []);
  });

  it('goes on undoing when one undo fails, and leaves a record of what is left', async () => {
    const { operations, ledger, trace } = bed();
    const steps = [
      traced(trace, 'a', {
        run: (_c, io) => io.created({ kind: 'keyPair', id: 'k', label: 'k' }),
        undo: async (_c, io) => {
          trace.push('undo a');
          await io.forgotten({ kind: 'keyPair', id: 'k' });
        },
      }),
      traced(trace, 'b', {
        run: (_c, io) => io.created({ kind: 'securityGroup', id: 'sg', label: 'sg' }),
        undo: () => Promise.reject(new Error('in use')),
      }),
      traced(trace, 'c', { run: () => Promise.reject(new Error('no')) }),
    ];
    const operation = operations.start({ kind: 'launch', title: 'T', context: undefined, steps });
    await operation.outcome;
    assert.deepEqual(trace, ['undo c', 'undo a']);
    assert.deepEqual(
      operation.view.leftovers.map((r) => r.id),
      ['sg'],
    );
    assert.equal(ledger.records.size, 1);
  });

  it('records a resource on the ledger before the step goes on', async () => {
    const { operations, ledger, trace } = bed();
    let seen = 0;
    const step = traced(trace, 'a', {
      run: async (_c, io) => {
        await io.created({ kind: 'launchToken', id: 't', label: 'launch' });
        seen = ledger.records.size;
      },
    });
    await operations.start({ kind: 'launch', title: 'T', context: undefined, steps: [step] }).outcome;
    assert.equal(seen, 1);
    assert.equal(ledger.records.size, 0);
  });

  it('finds what a crashed window left, and leaves another living window alone', async () => {
    const { operations, ledger } = bed((pid) => pid === 2);
    const record = (id: string, pid: number): LedgerRecord => ({
      id,
      kind: 'launch',
      title: id,
      startedAt: 0,
      pid,
      created: [{ kind: 'instance', id, label: id }],
    });
    await ledger.save(record('dead', 1));
    await ledger.save(record('alive', 2));
    assert.deepEqual(
      (await operations.leftovers()).map((r) => r.id),
      ['dead'],
    );
  });
});
