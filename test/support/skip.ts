import { Hook, type Context } from 'mocha';

/**
 * Skips the running test, or from a hook every test of its suite, with a reason that the runner prints.
 * @param context mocha's `this`
 * @param reason what is missing on this machine, e.g. "no free port 80"
 */
export function skip(context: Context, reason: string): never {
  const at = context.test;
  if (at) {
    const owner: object = at instanceof Hook && at.parent ? at.parent : at;
    Object.assign(owner, { skipReason: reason });
  }
  return context.skip();
}
