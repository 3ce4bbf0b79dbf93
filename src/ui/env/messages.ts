import * as v from 'valibot';
import type { EnvToHost } from '../../shared/envModel';

/** The longest value taken from the form, in UTF-16 units: more than Linux lets one variable have is of no use. */
const text = v.pipe(v.string(), v.maxLength(128 * 1024));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const toHost = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('set'), key: text, value: text, count: whole }),
  v.object({ type: v.literal('leave') }),
  v.object({ type: v.literal('hash'), key: text, password: text }),
  v.object({ type: v.literal('add'), keys: v.array(text) }),
  v.object({ type: v.literal('mend'), key: text, mend: v.picklist(['removeHidden', 'remove', 'quote']) }),
  v.object({ type: v.literal('openText'), line: v.exactOptional(whole) }),
]);

/** A message of the form over a `.env` file, or undefined for anything else. */
export function parseEnvMessage(value: unknown): EnvToHost | undefined {
  const result = v.safeParse(toHost, value);
  return result.success ? result.output : undefined;
}
