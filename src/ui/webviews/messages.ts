import * as v from 'valibot';
import type { LaunchSpec } from '../../shared/launchSpec';
import type { DeployToHost, LaunchToHost } from '../../shared/messages';

/** The longest text taken from a page: twice the largest set-up script, in UTF-16 units. */
const text = v.pipe(v.string(), v.maxLength(32 * 1024));
const answers = v.object({ values: v.record(text, text), fixes: v.array(text) });

/** Messages that carry a spec. */
const WITH_SPEC = ['launch', 'dryRun', 'preview', 'saveSpec', 'copyCli'] as const;

const launchToHost = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('reload') }),
  v.object({ type: v.literal('searchImages'), text: v.pipe(text, v.trim(), v.minLength(2), v.maxLength(200)) }),
  v.object({ type: v.literal('chooseAccount'), accountId: text }),
  v.object({ type: v.literal('browseKey') }),
  v.object({ type: v.literal('browse'), what: v.picklist(['copyFile', 'copyFolder', 'userKey']), row: v.pipe(v.number(), v.integer()) }),
  v.object({ type: v.literal('price'), instanceType: v.pipe(text, v.regex(/^[\w.-]{1,64}$/)) }),
  // The spec has a parser of its own, which says what is wrong field by field.
  v.object({ type: v.picklist(WITH_SPEC), spec: v.unknown() }),
  v.object({ type: v.literal('cancel') }),
  v.object({ type: v.literal('close') }),
  v.object({ type: v.literal('again') }),
  v.object({ type: v.literal('next'), action: v.picklist(['terminal', 'deploy', 'log']) }),
]);

const deployToHost = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('reload') }),
  v.object({ type: v.literal('choose'), choice: v.object({ files: v.array(text), profiles: v.array(text) }) }),
  v.object({ type: v.literal('changed'), answers }),
  v.object({ type: v.literal('editEnv') }),
  v.object({ type: v.literal('setAside'), ids: v.array(text) }),
  v.object({ type: v.literal('showChange'), path: text, findingId: v.exactOptional(text), answers }),
  v.object({ type: v.literal('showUpdate'), path: text, answers }),
  v.object({ type: v.literal('deploy'), answers }),
  v.object({ type: v.literal('cancel') }),
  v.object({ type: v.literal('again') }),
  v.object({ type: v.literal('openSite'), notebook: v.exactOptional(text) }),
  v.object({ type: v.literal('showLog') }),
]);

/** What the launch form may say, its spec not yet parsed. */
export type LaunchRequest =
  | Exclude<LaunchToHost, { spec: LaunchSpec }>
  | { readonly type: Extract<LaunchToHost, { spec: LaunchSpec }>['type']; readonly spec: unknown };

/** A message of the launch form, or undefined for anything else. Extra properties are dropped. */
export function parseLaunchMessage(value: unknown): LaunchRequest | undefined {
  const result = v.safeParse(launchToHost, value);
  return result.success ? result.output : undefined;
}

/** A message of the deploy page, or undefined for anything else. Extra properties are dropped. */
export function parseDeployMessage(value: unknown): DeployToHost | undefined {
  const result = v.safeParse(deployToHost, value);
  return result.success ? result.output : undefined;
}
