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
    if (!valid) throw bad(sentenceOf(errors, value));
  }
}

function bad(what: string): SkylabError {
  return new SkylabError(`The set-up's cloud-config is not one that cloud-init takes: ${what}`, {
    next: 'Correct it: nothing was launched.',
    code: 'BadCloudConfig',
  });
}

/** The deepest error says most; the ones above it only repeat that something below is wrong. */
function sentenceOf(errors: readonly { readonly instanceLocation: string; readonly error: string }[], config: unknown): string {
  const parts = ({ instanceLocation }: { readonly instanceLocation: string }) => instanceLocation.split('/').slice(1);
  const deepest = [...errors].sort((a, b) => parts(b).length - parts(a).length)[0];
  if (deepest === undefined) return 'it does not fit the schema.';
  const path = parts(deepest);
  const place = path.length === 0 ? '' : `${path.join('.')}: `;
  // What it is says more than which of many schemas it does not fit.
  if (!/subschema/.test(deepest.error)) return `${place}${deepest.error}`;
  const found = path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    config,
  );
  return `${place}${kindOf(found)} does not belong here.`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object' || value === null) return String(value);
  // The usual slip: `- echo "a: b"` is a mapping to YAML.
  return `a mapping (${JSON.stringify(value).slice(0, 60)}; text with “: ” in it needs quotes around it)`;
}
