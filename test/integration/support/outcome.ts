import assert from 'node:assert/strict';
import { SkylabError } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';

/** Waits for an operation that has to work out; fails with its error and its log. */
export async function done(operation: Operation): Promise<void> {
  const outcome = await operation.outcome;
  const why = outcome.kind === 'failed' ? `${outcome.error.stack ?? ''}\n${operation.log.join('\n')}` : outcome.kind;
  assert.equal(outcome.kind, 'done', why);
}

/** Why an operation failed, as the person reads it. */
export async function failureOf(operation: Operation): Promise<SkylabError> {
  const outcome = await operation.outcome;
  assert.ok(outcome.kind === 'failed', operation.log.join('\n'));
  assert.ok(outcome.error instanceof SkylabError, outcome.error.stack);
  return outcome.error;
}
