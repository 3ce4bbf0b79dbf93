import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, stringify, type Node, type Scalar } from 'yaml';
import { companionName, type LaunchSpec } from '../../../shared/launchSpec';
import type { LaunchMore } from '../../../shared/launchMore';
import { schemaProblems, type Schema, type SpecPath, type SpecProblem } from './schema';

/** How files of launches are called. */
export const SPEC_FILE = /\.skylab\.ya?ml$/i;

/** The image of a spec file: an id, or the newest whose name fits among Skylab's and the person's own. */
type FileImage = string | { readonly name: string; readonly architecture?: string };

type FileGroup =
  | { readonly new: string; readonly open?: readonly string[]; readonly rules?: readonly unknown[]; readonly more?: readonly string[] }
  | { readonly existing: string; readonly rules?: readonly unknown[]; readonly more?: readonly string[] };

/** What a spec file holds, after the schema has seen it. Accounts, key pairs and groups go by name: ids differ from person to person. */
export interface FileSpec extends Omit<LaunchMore, 'spot'> {
  readonly account?: string;
  readonly name: string;
  readonly image: FileImage;
  readonly instanceType: string;
  readonly count?: number;
  readonly diskGiB?: number;
  readonly keyPair?: { readonly new: string } | { readonly existing: string } | { readonly import: string; readonly name?: string };
  readonly securityGroup?: FileGroup;
  readonly userData?: string;
  readonly spot?: boolean | NonNullable<LaunchMore['spot']>;
}

/** A spec file as it was read: what it asks for, or why not; and where in the text each part stands. */
export interface ReadSpec {
  readonly spec: FileSpec | undefined;
  readonly problems: readonly SpecProblem[];
  /** Where a part stands; the nearest part above it where it is left out. */
  place(path: SpecPath): { readonly start: number; readonly end: number };
  /** Lines and columns from 1. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Reads a spec file. Never throws: what is wrong is among the problems. */
export function readSpec(text: string, schema: Schema): ReadSpec {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = [...document.errors, ...document.warnings].map(({ message, pos: [start, end], name }): SpecProblem => ({
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`,
    start,
    end,
    severity: name === 'YAMLWarning' ? 'warning' : 'error',
  }));
  const problems = document.errors.length > 0 ? broken : [...broken, ...schemaProblems(document, schema)];
  const isSound = !problems.some(({ severity }) => severity === 'error');
  return {
    // The schema has seen that it is one.
    spec: isSound ? (document.toJS({ maxAliasCount: 100 }) as FileSpec) : undefined,
    problems,
    place: (path) => placeOf(document, path),
    position: (offset) => {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    },
  };
}

function placeOf(document: Document.Parsed, path: SpecPath): { start: number; end: number } {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const [start, end] =
      node !== undefined && typeof node === 'object' && node !== null && 'range' in node ? ((node as Node).range ?? []) : [];
    if (start !== undefined && end !== undefined) return { start, end };
  }
  const first = isMap(document.contents) ? document.contents.items[0] : undefined;
  const key = isPair(first) && isScalar(first.key) ? first.key.range : undefined;
  return { start: key?.[0] ?? 0, end: key?.[1] ?? 0 };
}

/** What the file's text needs to know besides the spec. */
export interface SpecNames {
  readonly account: string;
  /** Names of groups by id. */
  readonly groups: ReadonlyMap<string, string>;
  /** What the image is, said behind its id. */
  readonly image?: string;
  /** The person's home folder: what lies in it is written with `~`. */
  readonly homeDir: string;
}

/** The spec as a file has it: names for ids, `~` for the home folder, and nothing that only this computer knows. */
export function toFileSpec(spec: LaunchSpec, names: SpecNames): FileSpec {
  const { imageId, keyPair, securityGroup, name, instanceType, count, minCount, diskGiB, userData, preset, ...rest } = spec;
  const more = without(rest, 'accountId');
  const groupName = (id: string) => names.groups.get(id) ?? id;
  const further = securityGroup.more === undefined || securityGroup.more.length === 0 ? {} : { more: securityGroup.more.map(groupName) };
  const rules = securityGroup.rules === undefined || securityGroup.rules.length === 0 ? {} : { rules: securityGroup.rules };
  return defined({
    account: names.account,
    name,
    image: imageId,
    instanceType,
    ...(count === 1 ? {} : { count }),
    ...(minCount === undefined ? {} : { minCount }),
    diskGiB,
    keyPair:
      keyPair.kind === 'new'
        ? { new: keyPair.name }
        : keyPair.kind === 'existing'
          ? { existing: keyPair.name }
          : { import: tilde(keyPair.publicKeyFile, names.homeDir), name: keyPair.name },
    securityGroup:
      securityGroup.kind === 'existing'
        ? { existing: groupName(securityGroup.id), ...rules, ...further }
        : { new: securityGroup.name, open: OPEN.filter((port) => securityGroup[port]), ...rules, ...further },
    ...more,
    ...(more.copies === undefined ? {} : { copies: more.copies.map((copy) => ({ ...copy, from: tilde(copy.from, names.homeDir) })) }),
    ...(preset === undefined ? {} : { preset: without(preset, 'primary') }),
    ...(userData === '' ? {} : { userData }),
  });
}

const OPEN = ['ssh', 'http', 'https'] as const;

/** What the file says, with accounts, images and groups still by name. @param homeDir that `~` stands for */
export function fromFileSpec(
  file: FileSpec,
  known: {
    readonly accountId: string;
    readonly imageId: string;
    readonly minDiskGiB?: number;
    readonly groupId: (name: string) => string;
    readonly homeDir: string;
  },
): LaunchSpec {
  const { keyPair, securityGroup, spot, name, instanceType, count, diskGiB, userData, ...rest } = file;
  const more = without(rest, 'account', 'image');
  const own = companionName(name);
  return {
    ...more,
    ...(more.copies === undefined ? {} : { copies: more.copies.map((copy) => ({ ...copy, from: untilde(copy.from, known.homeDir) })) }),
    ...(spot === undefined || spot === false ? {} : { spot: spot === true ? {} : spot }),
    accountId: known.accountId,
    name,
    imageId: known.imageId,
    instanceType,
    count: count ?? 1,
    diskGiB: diskGiB ?? Math.max(USUAL_DISK_GIB, known.minDiskGiB ?? 0),
    userData: userData ?? '',
    keyPair: keyPairOf(keyPair ?? { new: own }, own, known.homeDir),
    securityGroup: groupOf(securityGroup ?? { new: own, open: ['ssh'] }, known.groupId),
  };
}

/** GiB, as the form has it. */
const USUAL_DISK_GIB = 20;

function keyPairOf(file: NonNullable<FileSpec['keyPair']>, own: string, homeDir: string): LaunchSpec['keyPair'] {
  if ('new' in file) return { kind: 'new', name: file.new };
  if ('existing' in file) return { kind: 'existing', name: file.existing };
  return { kind: 'import', name: file.name ?? own, publicKeyFile: untilde(file.import, homeDir) };
}

function groupOf(file: FileGroup, idOf: (name: string) => string): LaunchSpec['securityGroup'] {
  const rules = file.rules === undefined ? {} : { rules: (file.rules as readonly RuleInFile[]).map(ruleOf) };
  const more = file.more === undefined ? {} : { more: file.more.map(idOf) };
  if ('existing' in file) return { kind: 'existing', id: idOf(file.existing), ...rules, ...more };
  const open = file.open ?? ['ssh'];
  return {
    kind: 'new',
    name: file.new,
    ssh: open.includes('ssh'),
    http: open.includes('http'),
    https: open.includes('https'),
    ...rules,
    ...more,
  };
}

type Rule = NonNullable<LaunchSpec['securityGroup']['rules']>[number];
/** A port is a number to YAML unless it is a range. */
type RuleInFile = Omit<Rule, 'ports'> & { readonly ports?: string | number };

const ruleOf = (rule: RuleInFile): Rule => ({ ...rule, ports: String(rule.ports ?? '') });

const tilde = (path: string, homeDir: string): string => (path.startsWith(`${homeDir}/`) ? `~${path.slice(homeDir.length)}` : path);
const untilde = (path: string, homeDir: string): string => path.replace(/^~(?=\/)/, homeDir);

function without<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.some((one) => one === key))) as Omit<T, K>;
}

/** Without keys whose value is undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

const HEAD =
  ' A launch of Skylab: open the file and click Launch above the first line.\n Whoever gets it can run it with an account of their own; it holds no keys.';

/** A new spec file. */
export function writeSpec(spec: LaunchSpec, names: SpecNames): string {
  const document = new Document(toFileSpec(spec, names));
  document.commentBefore = HEAD;
  if (names.image !== undefined) comment(document, 'image', ` ${names.image}`);
  return document.toString({ lineWidth: 0 });
}

/** The text with the spec's values: comments, order and spelling of what stays the same are kept. */
export function updateSpec(text: string, spec: LaunchSpec, names: SpecNames): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return writeSpec(spec, names);
  const wanted = toFileSpec(spec, names);
  const imageChanged = document.get('image') !== wanted.image;
  const splices: Splice[] = [];
  // Where only single values and new keys at the end are wanted, nothing else of the text is touched.
  if (!imageChanged && collect(document.contents, wanted, splices, text, true)) {
    const edited = spliced(text, splices);
    // What is plain in a block may need quotes between brackets.
    if (isDeepStrictEqual(parseDocument(edited).toJS(), JSON.parse(JSON.stringify(wanted)))) return edited;
  }
  merge(document, [], wanted);
  if (imageChanged) comment(document, 'image', names.image === undefined ? undefined : ` ${names.image}`);
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] /.test(text) });
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @returns false where values and new keys alone are not enough */
function collect(node: unknown, value: unknown, splices: Splice[], text: string, isRoot = false): boolean {
  if (isMap<Scalar>(node) && isPlain(value)) {
    const there = new Map(node.items.map(({ key, value: below }) => [String(key.value), below]));
    if ([...there.keys()].some((key) => !(key in value))) return false;
    const news = Object.entries(value).filter(([key]) => !there.has(key));
    if (news.length > 0 && !isRoot) return false;
    if (news.length > 0) {
      const lineEnd = text === '' || text.endsWith('\n') ? '' : '\n';
      splices.push({ start: text.length, end: text.length, text: lineEnd + stringify(Object.fromEntries(news), { lineWidth: 0 }) });
    }
    return [...there].every(([key, below]) => collect(below, value[key], splices, text));
  }
  if (isSeq(node) && Array.isArray(value))
    return node.items.length === value.length && value.every((one, i) => collect(node.items[i], one, splices, text));
  if (!isScalar(node) || isPlain(value) || Array.isArray(value)) return false;
  if (node.value === value) return true;
  const [start, end] = node.range ?? [];
  const written = stringify(value, { lineWidth: 0 }).trimEnd();
  if (start === undefined || end === undefined || written.includes('\n') || text.slice(start, end).includes('\n')) return false;
  splices.push({ start, end, text: written });
  return true;
}

function spliced(text: string, splices: readonly Splice[]): string {
  const fromEnd = [...splices].sort((a, b) => b.start - a.start);
  return fromEnd.reduce((all, { start, end, text: piece }) => all.slice(0, start) + piece + all.slice(end), text);
}

function comment(document: Document, key: string, text: string | undefined): void {
  const node: unknown = document.get(key, true);
  if (isScalar(node)) node.comment = text ?? null;
}

/** Puts the value at the path, touching only what differs. */
function merge(document: Document, path: SpecPath, value: unknown): void {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isPlain(value) && isMap<Scalar>(node)) {
    for (const { key } of [...node.items]) if (!(String(key.value) in value)) document.deleteIn([...path, String(key.value)]);
    for (const [key, below] of Object.entries(value)) merge(document, [...path, key], below);
    return;
  }
  if (Array.isArray(value) && isSeq(node) && value.length === node.items.length) {
    value.forEach((below, i) => merge(document, [...path, i], below));
    return;
  }
  if (isScalar(node) && !isPlain(value) && !Array.isArray(value)) {
    if (node.value !== value) node.value = value;
    return;
  }
  document.setIn(path, document.createNode(value));
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
