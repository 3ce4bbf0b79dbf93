import type { EnvAbsent, EnvForm, EnvFormField, EnvKind, EnvSection } from '../../shared/envModel';
import type { RecipeVariable } from '../recipes/model';
import { SkylabError } from '../errors';
import { caddySource, hashIn, readLab } from './lab';
import type { Lab } from './lab';
import { isAddress, domainProblem } from './domain';
import type { EnvComment } from './envComments';
import { readComments } from './envComments';
import { EnvFile } from './envFile';
import { boolWords, kindOfVariable } from './envKinds';
import { scanEnv } from './envSyntax';
import type { CaddyUse } from './fields';
import { caddyRole, caddyUse, defaultOf, isHashed, PROVIDED } from './fields';
import { interpolate, mentions } from './interpolation';
import type { LabFolder } from './ports';
import type { Tree } from './compose/tree';

/** What lies around a `.env` file, as far as it could be read. */
export interface EnvSurroundings {
  /** The file's name. */
  readonly name: string;
  /** Where it lies, as the person would say it. */
  readonly place: string;
  readonly stack?: EnvStack;
  /** Why there is no stack although there are Compose files. */
  readonly note?: string;
  /** Of the recipe beside the file, or the one that made the folder. */
  readonly recipe: readonly RecipeVariable[];
  /** Names under which machines can be reached. */
  readonly domains: readonly { readonly label: string; readonly value: string }[];
}

/** Who uses which variable of a file. */
export interface EnvStack {
  readonly lab: Lab;
  readonly caddy: CaddyUse;
  /** Variable -> services, and `Caddyfile`. */
  readonly users: ReadonlyMap<string, readonly string[]>;
  /** Services that get the whole file. */
  readonly whole: readonly string[];
  /** Whether Compose fills in variables from this file. */
  readonly fills: boolean;
}

/** @param name of the env file @throws SkylabError where the Compose files do not parse */
export function envStack(folder: LabFolder, name: string): EnvStack | undefined {
  if (folder.texts.size === 0 && !folder.compose) return undefined;
  const lab = readLab(folder);
  const caddy = caddyUse(lab);
  const all = [...lab.compose.services, ...lab.compose.resting];
  const users = new Map<string, string[]>();
  const use = (key: string, who: string) => {
    const known = users.get(key) ?? [];
    if (!known.includes(who)) users.set(key, [...known, who]);
  };
  for (const service of all) for (const key of named(service.tree)) use(key, service.name);
  for (const { name: key } of lab.compose.mentions) if (!users.has(key)) users.set(key, []);
  for (const { name: key } of lab.caddy?.variables ?? []) {
    const source = caddySource(lab, key);
    if (source.kind === 'variable') use(source.key, 'Caddyfile');
  }
  const whole = all.filter(({ envFiles }) => envFiles.includes(name)).map((service) => service.name);
  return { lab, caddy, users, whole, fills: name === '.env' };
}

function named(tree: Tree): string[] {
  if (tree.kind === 'leaf') return tree.isText ? mentions(tree.text).map((mention) => mention.name) : [];
  return [...(tree.kind === 'list' ? tree.items : tree.entries.values())].flatMap(named);
}

/**
 * The form over a file.
 * @throws SkylabError naming the line where Compose would refuse the file
 */
export function envForm(text: string, around: EnvSurroundings): EnvForm {
  const env = EnvFile.parse(text, around.name);
  const statements = scanEnv(text, around.name);
  const comments = readComments(text, statements);
  const sections: (Omit<EnvSection, 'fields'> & { readonly fields: EnvFormField[] })[] = [{ title: '', help: '', fields: [] }];
  statements.forEach(({ key }, index) => {
    const comment = comments[index];
    if (comment?.section) sections.push({ ...comment.section, fields: [] });
    const counts = statements.findLastIndex((other) => other.key === key) === index;
    if (counts && comment) sections.at(-1)?.fields.push(fieldOf(key, env, comment, around));
  });
  return {
    name: around.name,
    place: around.place,
    sections: sections.filter(({ fields, help }) => fields.length > 0 || help !== ''),
    absent: absentOf(env, around),
    ...(around.note === undefined ? {} : { note: around.note }),
  };
}

function fieldOf(key: string, env: EnvFile, comment: EnvComment, around: EnvSurroundings): EnvFormField {
  const { stack } = around;
  const recipe = around.recipe.find(({ name }) => name === key);
  const entry = env.entry(key);
  const value = entry?.value ?? '';
  const hashed = stack
    ? isHashed(key, env, stack.caddy)
    : hashIn(env, key) !== undefined || /caddy hash-password|bcrypt/i.test(comment.help);
  const known = recipe?.type ?? comment.type ?? (comment.choices.length > 0 ? 'choice' : undefined);
  const guess = kindOfVariable(key, { value, hashed, ...(stack ? { caddy: caddyRole(stack.caddy, key) } : {}) });
  const choices = choicesOf(recipe, comment);
  // what takes a value of one's own is typed, with the usual ones below it
  const stated = known !== 'choice' ? known : choices.length === 0 ? undefined : recipe?.others === true ? 'text' : known;
  // a recipe and a comment know better than a name, but not better than the Caddyfile
  const kind: EnvKind = hashed ? 'password' : (stated ?? guess);
  const template = entry !== undefined && entry.quote !== "'" && isTemplate(entry.written, env);
  const hash = hashed ? hashIn(env, key) : undefined;
  const shown = hashed ? '' : template ? entry.written : value;
  const bytes = recipe?.generated ?? comment.bytes;
  const words = kind === 'bool' ? (boolWords(value) ?? boolWords(recipe?.default ?? '') ?? (['true', 'false'] as const)) : undefined;
  const base = {
    key,
    label: recipe?.label ?? key,
    kind,
    value: shown,
    help: [recipe?.help ?? '', comment.help].filter((part) => part !== '').join('\n'),
    line: entry?.line ?? 1,
    users: usersOf(key, stack),
    ...(hashed ? { hashed, hashSet: hash !== undefined } : {}),
    ...(template ? { becomes: value } : {}),
    ...(choices.length > 0 && kind === 'choice' ? { choices } : {}),
    ...(words ? { words } : {}),
    ...(bytes === undefined ? {} : { bytes }),
    ...(recipe?.others === true && kind === 'text' ? { suggestions: choices.filter((one) => one.value !== value) } : {}),
    ...(kind === 'domain' && around.domains.length > 0 ? { suggestions: around.domains.filter((one) => one.value !== value) } : {}),
  };
  const required = recipe?.required === true || comment.required || needed(key, stack);
  const problem = problemOf(base, value, required, around);
  const remark = remarkOf(key, env, base, around);
  return { ...base, ...(problem === undefined ? {} : { problem }), ...(remark ? { remark } : {}) };
}

function choicesOf(recipe: RecipeVariable | undefined, comment: EnvComment): NonNullable<EnvFormField['choices']> {
  if (recipe && recipe.choices.length > 0) return recipe.choices;
  return comment.choices.map((value) => ({ value, label: value }));
}

/** Whether the value is made of other variables of the file, so that it is edited as written. */
function isTemplate(written: string, env: EnvFile): boolean {
  const names = mentions(written).map(({ name }) => name);
  return names.length > 0 && names.every((name) => env.has(name) || /\$\{\w+:?[-+]/.test(written));
}

function needed(key: string, stack: EnvStack | undefined): boolean {
  if (!stack?.fills) return false;
  const mentioned = stack.lab.compose.mentions.filter((mention) => mention.name === key);
  return mentioned.some((mention) => mention.required) || stack.caddy.address.has(key) || stack.caddy.user.has(key);
}

function usersOf(key: string, stack: EnvStack | undefined): readonly string[] {
  if (!stack) return [];
  return [...new Set([...stack.whole, ...(stack.fills ? (stack.users.get(key) ?? []) : [])])];
}

/** The address that a name is judged by: its own where it spells one. */
function addressIn(value: string): string {
  if (isAddress(value)) return value;
  const [, ...numbers] = /^ec2-(\d+)-(\d+)-(\d+)-(\d+)\./.exec(value) ?? [];
  return numbers.length === 4 ? numbers.join('.') : '127.0.0.1';
}

function problemOf(field: EnvFormField, value: string, required: boolean, around: EnvSurroundings): string | undefined {
  const { key, kind, hashed, hashSet, choices } = field;
  const { stack } = around;
  if (hashed && !hashSet) {
    if (value === '') return required ? 'There is no password yet.' : undefined;
    return 'Here stands something that is no bcrypt hash. Type the password: its hash takes its place.';
  }
  if (value === '') return required && !hashed ? 'Give a value: the stack does not start without it.' : undefined;
  if (kind === 'domain' && stack?.fills && stack.caddy.address.has(key)) return domainProblem(value, addressIn(value));
  if (kind === 'user' && stack?.fills && stack.caddy.user.has(key) && !/^[A-Za-z0-9._@+-]+$/.test(value)) {
    return 'Use letters, digits and . _ @ + - for the user: Caddy reads other characters as something else.';
  }
  if (kind === 'port') return portProblem(value);
  if (kind === 'bool' && boolWords(value) === undefined) return `This is neither ${field.words?.join(' nor ') ?? ''}.`;
  if (choices && !choices.some((one) => one.value === value)) return 'This is none of the values that are meant for it.';
  return undefined;
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65536;

/** Compose takes an address before the port, and a range of ports, as well. */
function portProblem(value: string): string | undefined {
  const [, range = ''] = /^(?:[^:\s]+:|\[[^\]]+\]:)?([\d-]+)$/.exec(value) ?? [];
  const ends = range.split('-');
  if (ends.length <= 2 && ends.every(isPort)) return undefined;
  return 'A port is a number from 1 to 65535.';
}

function remarkOf(key: string, env: EnvFile, field: EnvFormField, around: EnvSurroundings): EnvFormField['remark'] {
  const entry = env.entry(key);
  const lines = env.lines(key);
  if (lines.length > 1) {
    const hidden = lines.slice(0, -1).join(', ');
    return { text: `${key} stands in line ${hidden} too; the last one counts, in line ${field.line}.`, mend: 'removeHidden' };
  }
  if (entry && entry.written.includes('$') && field.becomes === undefined && entry.quote !== "'" && entry.value !== entry.written) {
    const text = 'Compose takes a $ in it for a variable, so that another value arrives than is written.';
    return entry.written.includes('\\') ? { text } : { text, mend: 'quote' };
  }
  const clash = field.kind === 'port' && field.problem === undefined ? portClash(key, env, around.stack) : undefined;
  if (clash !== undefined) return { text: clash };
  const { stack } = around;
  if (!stack?.fills || stack.whole.length > 0 || PROVIDED.test(key) || stack.users.has(key)) return undefined;
  return { text: 'Neither the Compose files nor the Caddyfile use it.', mend: 'remove' };
}

/** What else is published at the same port of the machine. */
function portClash(key: string, env: EnvFile, stack: EnvStack | undefined): string | undefined {
  if (!stack?.fills) return undefined;
  const published = stack.lab.compose.services.flatMap((service) =>
    service.ports.flatMap((port) => {
      if (port.published === undefined) return [];
      const at = interpolate(port.published, (name) => env.get(name));
      return [
        {
          service: service.name,
          own: mentions(port.published).some(({ name }) => name === key),
          at: `${at}/${port.protocol}`,
          ip: port.hostIp,
        },
      ];
    }),
  );
  for (const own of published.filter((port) => port.own)) {
    const other = published.find((port) => !port.own && port.at === own.at && (port.ip ?? '') === (own.ip ?? ''));
    if (other) return `${other.service} is published at ${own.at} as well: only one of them can start.`;
  }
  return undefined;
}

function absentOf(env: EnvFile, { stack }: EnvSurroundings): readonly EnvAbsent[] {
  if (!stack?.fills) return [];
  const names = [...new Set([...stack.users.keys(), ...stack.caddy.all.keys()])];
  return names
    .filter((key) => !env.has(key) && !PROVIDED.test(key))
    .map((key) => {
      const fallback = defaultOf(stack.lab.compose.mentions.filter(({ name }) => name === key)) ?? stack.caddy.all.get(key) ?? '';
      return { key, fallback, required: needed(key, stack) && fallback === '', users: usersOf(key, stack) };
    });
}

/** Whether a list of variables is what a recipe made: all of its own stand there, and enough of them to tell. */
export function fitsRecipe(text: string, variables: readonly RecipeVariable[]): boolean {
  try {
    const env = EnvFile.parse(text);
    const own = variables.filter((variable) => variable.env);
    return own.length >= 3 && own.every(({ name }) => env.has(name));
  } catch (error) {
    if (error instanceof SkylabError) return false;
    throw error;
  }
}
