import { closest } from '../../closest';
import type { Document, Node, Pair, Scalar } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';

/** The part of JSON schema that spec files need (draft-07). */
export interface Schema {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** A place in the text. */
export interface SpecProblem {
  readonly message: string;
  /** UTF-16 offsets; equal for a place between characters. */
  readonly start: number;
  readonly end: number;
  readonly severity: 'error' | 'warning';
}

export type SpecPath = readonly (string | number)[];

/** Checks a parsed document against the schema and says what is wrong where. */
export function schemaProblems(document: Document, schema: Schema): readonly SpecProblem[] {
  const found: SpecProblem[] = [];
  check(document.contents, deref(schema, schema), schema, '', found);
  return found;
}

/** What the schema says about a place; several where it has a choice. */
export function schemasAt(root: Schema, path: SpecPath): readonly Schema[] {
  let here: readonly Schema[] = choices(root, root);
  for (const step of path)
    here = here.flatMap((schema) => {
      const { additionalProperties: others } = schema;
      const below =
        typeof step === 'number' ? schema.items : (schema.properties?.[step] ?? (typeof others === 'object' ? others : undefined));
      return below === undefined ? [] : choices(below, root);
    });
  return here;
}

/** The schema itself, or each of those that it lets choose among. */
function choices(schema: Schema, root: Schema): readonly Schema[] {
  const plain = deref(schema, root);
  if (plain.anyOf === undefined) return [plain];
  return plain.anyOf.map((one) => deref(one, root));
}

function deref(schema: Schema, root: Schema): Schema {
  return schema.$ref === undefined ? schema : (root.$defs?.[schema.$ref.replace('#/$defs/', '')] ?? {});
}

function check(node: Node | null, wanted: Schema, root: Schema, name: string, found: SpecProblem[]): void {
  const schema = deref(wanted, root);
  if (schema.anyOf !== undefined) {
    checkAny(node, schema.anyOf, root, name, found);
    return;
  }
  const type = typeOf(node);
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length > 0 && !types.some((one) => fits(one, type))) {
    found.push(at(node, `${subject(name)} must be ${types.map((one) => NAMES[one] ?? one).join(' or ')}, and is ${NAMES[type] ?? type}.`));
    return;
  }
  if (isMap<Scalar, Node>(node)) checkMap(node.items, node, schema, root, found);
  else if (isSeq<Node>(node)) for (const item of node.items) check(item, schema.items ?? {}, root, name, found);
  else if (isScalar(node)) checkValue(node, schema, name, found);
}

function checkMap(items: readonly Pair<Scalar, Node>[], map: Node, schema: Schema, root: Schema, found: SpecProblem[]): void {
  const present = new Set<string>();
  for (const { key, value } of items) {
    const name = String(key.value);
    present.add(name);
    const below = schema.properties?.[name] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (below !== undefined) check(value, below, root, name, found);
    else if (schema.additionalProperties === false) found.push(at(key, unknownKey(name, Object.keys(schema.properties ?? {}), root)));
  }
  for (const name of schema.required ?? []) if (!present.has(name)) found.push({ ...at(map, `“${name}” is missing.`), ...headOf(map) });
}

/** The choice that fits best speaks: the one whose keys are there, else the one of the value's type. */
function checkAny(node: Node | null, all: readonly Schema[], root: Schema, name: string, found: SpecProblem[]): void {
  const schemas = all.map((one) => deref(one, root));
  const tried = schemas.map((schema) => {
    const problems: SpecProblem[] = [];
    check(node, schema, root, name, problems);
    return { schema, problems };
  });
  if (tried.some(({ problems }) => problems.length === 0)) return;
  const ofType = tried.filter(({ schema }) => [schema.type].flat().some((one) => one !== undefined && fits(one, typeOf(node))));
  if (ofType.length === 0) {
    const types = schemas.flatMap(({ type }) => type ?? []).map((one) => NAMES[one] ?? one);
    found.push(at(node, `${subject(name)} must be ${[...new Set(types)].join(' or ')}.`));
    return;
  }
  const keys = isMap<Scalar>(node) ? node.items.map(({ key }) => String(key.value)) : [];
  const named = ofType.find(({ schema }) => schema.required?.every((key) => keys.includes(key)));
  if (named === undefined && keys.length > 0) {
    const wanted = ofType.flatMap(({ schema }) => schema.required ?? []);
    found.push(at(node, `${subject(name)} needs one of: ${wanted.join(', ')}.`));
    return;
  }
  found.push(...((named ?? ofType[0])?.problems ?? []));
}

function checkValue(node: Scalar, schema: Schema, name: string, found: SpecProblem[]): void {
  const { value } = node;
  const say = (text: string) => found.push(at(node, `${subject(name)} ${text}`));
  if (typeof value === 'string') {
    if (schema.enum !== undefined && !schema.enum.includes(value)) say(`must be one of: ${schema.enum.join(', ')}.`);
    else if (schema.minLength !== undefined && value.length < schema.minLength) say('is empty.');
    else if (schema.maxLength !== undefined && value.length > schema.maxLength) say(`has more than ${schema.maxLength} characters.`);
    else if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
      say(`has not the right form: ${exampleOf(schema)}.`);
  }
  if (typeof value === 'number') {
    const { minimum, maximum, exclusiveMinimum } = schema;
    if (minimum !== undefined && value < minimum) say(`must be at least ${minimum}.`);
    else if (maximum !== undefined && value > maximum) say(`must be at most ${maximum}.`);
    else if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) say(`must be more than ${exclusiveMinimum}.`);
  }
}

function exampleOf({ examples, pattern = '' }: Schema): string {
  const [first] = examples ?? [];
  return typeof first === 'string' ? `such as ${first}` : pattern;
}

function unknownKey(name: string, known: readonly string[], { title = 'launch' }: Schema): string {
  const close = closest(name, known);
  return `“${name}” is nothing that a ${title.replace(/^Skylab /, '')} knows.${close === undefined ? '' : ` Do you mean “${close}”?`}`;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a group of keys',
  array: 'a list',
  null: 'empty',
};

const fits = (wanted: string, type: string): boolean => wanted === type || (wanted === 'number' && type === 'integer');

function typeOf(node: Node | null): string {
  if (isMap(node)) return 'object';
  if (isSeq(node)) return 'array';
  const value = isScalar(node) ? node.value : null;
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const subject = (name: string): string => (name === '' ? 'The file' : `“${name}”`);

function at(node: Node | null, message: string): SpecProblem {
  const [start, end] = node?.range ?? [0, 0];
  return { message, start, end, severity: 'error' };
}

/** What is missing in a group is shown at its beginning, not over the whole of it. */
function headOf(node: Node): Pick<SpecProblem, 'start' | 'end'> {
  const [start, end] = node.range ?? [0, 0];
  return { start, end: Math.min(end, start + 1) };
}
