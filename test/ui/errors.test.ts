import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { CancelledError, SkylabError } from '../../src/core/errors';
import { ErrorBoundary } from '../../src/ui/errorBoundary';

describe('an error that reaches a command', () => {
  const original = vscode.window.showErrorMessage;
  let shown: { message: string; buttons: string[] }[] = [];
  let answer: string | undefined;
  const log = vscode.window.createOutputChannel('Skylab test', { log: true });
  const boundary = new ErrorBoundary(log, (id) => id === 'known');

  beforeEach(() => {
    shown = [];
    answer = undefined;
    Object.assign(vscode.window, {
      showErrorMessage: async (message: string, ...buttons: string[]) => {
        shown.push({ message, buttons });
        const chosen = answer;
        answer = undefined;
        return chosen;
      },
    });
  });
  after(() => {
    Object.assign(vscode.window, { showErrorMessage: original });
    log.dispose();
  });

  const fail = (error: Error, retry?: () => unknown) => boundary.run(() => Promise.reject(error), retry);

  it('is one sentence with what to do next and the log', async () => {
    await fail(new SkylabError('ada is stopped.', { next: 'Start it first.' }));
    assert.deepEqual(shown, [{ message: 'ada is stopped. Start it first.', buttons: ['Show Log'] }]);
  });

  it('is not shown when the person cancelled', async () => {
    await fail(new CancelledError());
    await fail(Object.assign(new Error('aborted'), { name: 'AbortError' }));
    assert.deepEqual(shown, []);
  });

  it('offers to try again, which runs the command again', async () => {
    let again = 0;
    answer = 'Try Again';
    await fail(new SkylabError('The cloud is throttling.', { remedies: [{ kind: 'retry' }] }), () => again++);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(shown[0]?.buttons, ['Try Again', 'Show Log']);
    assert.equal(again, 1);
  });

  it('offers to edit an account that is kept, and to try again with one that was just refused', async () => {
    const refused = (accountId: string) => new SkylabError('Bad key.', { remedies: [{ kind: 'editAccount', accountId }] });
    await fail(refused('known'), () => undefined);
    await fail(refused('new'), () => undefined);
    assert.deepEqual(
      shown.map((one) => one.buttons),
      [
        ['Edit Account…', 'Show Log'],
        ['Try Again', 'Show Log'],
      ],
    );
  });
});
