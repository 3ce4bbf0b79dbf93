import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { LedgerRecord } from '../../../../src/core/operations/operations';
import { Operations } from '../../../../src/core/operations/operations';
import type { OperationView } from '../../../../src/shared/operation';
import { OperationFeed } from '../../../../src/ui/webviews/operationFeed';

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const ledger = {
  save: async (_record: LedgerRecord) => undefined,
  remove: async (_id: string) => undefined,
  list: async () => [],
};

describe('the feed of an operation to a page', () => {
  it('sends the last lines of the step that runs, not those of steps before it, and the end at once', async () => {
    let leave: () => void = nothing;
    const waits = new Promise<void>((resolve) => (leave = resolve));
    const operation = new Operations(ledger, log).start({
      kind: 'deploy',
      title: 'Deploy',
      context: {},
      steps: [
        {
          name: 'upload',
          title: 'Upload',
          run: async (_, io) => {
            for (let i = 0; i < 40; i++) io.log(`file ${i}`);
          },
        },
        {
          name: 'up',
          title: 'Start',
          run: async (_, io) => {
            for (let i = 0; i < 40; i++) io.log(`layer ${i}`);
            await waits;
          },
        },
      ],
    });
    const sent: { view: OperationView; tail: readonly string[] }[] = [];
    const feed = new OperationFeed(operation, (view, tail) => sent.push({ view, tail }));
    await pause(450);
    const before = sent.length;
    assert.ok(before <= 4, `a burst of 80 lines came as ${before} messages`);
    assert.ok(sent.at(-1)?.tail.every((line) => !line.includes('file')));
    assert.match(sent.at(-1)?.tail.at(-1) ?? '', /layer 39/);
    await pause(250);
    assert.equal(sent.length, before, 'nothing changed, nothing is sent');
    leave();
    await operation.outcome;
    assert.equal(sent.at(-1)?.view.state, 'done');
    feed.resend();
    assert.equal(sent.at(-1)?.view.state, 'done');
    feed.dispose();
  });
});
