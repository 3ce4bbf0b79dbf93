import { SkylabError } from '../../errors';

/**
 * Checks cloud-config against cloud-init's own schema (25.1), so that a mistake is told before anything is launched.
 * @throws SkylabError `BadCloudConfig` that says where it is wrong
 */
export async function checkCloudConfig(configs: readonly string[]): Promise<void> {
  if (configs.length === 0) return;
  const [{ parseDocument }, { Validator }, { default: schema }] = await Promise.all([
    import('yaml'),
    import('@cfworker/json-schema'),
    import('./cloud-config.schema.json'),
  ]);
  const validator = new Validator(schema, '4', false);
  for (const config of configs) {
    // cloud-init reads YAML 1.1: `yes` is true.
    const document = parseDocument(config, { version: '1.1' });
    const [broken] = document.errors;
    if (broken !== undefined) throw bad(broken.message.split('\n')[0] ?? '');
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    const { valid, errors } = validator.validate(value);
    if (!valid) throw bad(sentenceOf(errors));
  }
}

function bad(what: string): SkylabError {
  return new SkylabError(`The set-up's cloud-config is not one that cloud-init takes: ${what}`, {
    next: 'Correct it: nothing was launched.',
    code: 'BadCloudConfig',
  });
}

/** The deepest error says most; the ones above it only repeat that something below is wrong. */
function sentenceOf(errors: readonly { readonly instanceLocation: string; readonly error: string }[]): string {
  const depth = (location: string) => location.split('/').length;
  const deepest = [...errors].sort((a, b) => depth(b.instanceLocation) - depth(a.instanceLocation))[0];
  if (deepest === undefined) return 'it does not fit the schema.';
  const place = deepest.instanceLocation.replace(/^#\/?/, '').replaceAll('/', '.');
  return place === '' ? deepest.error : `${place}: ${deepest.error}`;
}
