import type { EnvKind } from '../../shared/envModel';
import type { EnvStatement } from './envSyntax';

/** What the comments of a file say about one variable. */
export interface EnvComment {
  /** The heading above it, where a new section begins with it. */
  readonly section?: { readonly title: string; readonly help: string };
  readonly help: string;
  readonly type?: EnvKind;
  readonly choices: readonly string[];
  readonly bytes?: number;
  readonly required: boolean;
}

const KINDS: Readonly<Record<string, EnvKind>> = {
  text: 'text',
  string: 'text',
  domain: 'domain',
  host: 'domain',
  fqdn: 'domain',
  user: 'user',
  password: 'password',
  secret: 'secret',
  port: 'port',
  bool: 'bool',
  boolean: 'bool',
  path: 'path',
  list: 'list',
  enum: 'choice',
  choice: 'choice',
};
/** A line of a comment that rules off or names a part: `-----`, `=== Database ===`, `## Mail ##`. */
const RULE = /^[-=*#~_ ]{3,}$/;
const TITLE = /^(?:[-=*#~]{3,}|[-=*#~]{2,}\s|#+\s)\s*(\S.*?)\s*[-=*#~]*$/;
/** An assignment that was commented out is no help. */
const ASSIGNMENT = /^\s*(?:export\s+)?[A-Za-z_]\w*=/;
/** `@type=port`, `@type port`, `@type=enum(a, b)`, `@choices a, b`, `@bytes 32`, `@required`, `@sensitive`; after https://varlock.dev/env-spec. */
const ANNOTATION = /@(\w+)(?:\s*[= :]\s*(\w+\([^)]*\)|[^@]+?))?\s*(?=@|$)/g;
const ONE_OF = /^(?:one of|choices|options|allowed values)\s*:\s*([\w.\-/ ,|]+?)\.?$/i;

const words = (text: string): string[] =>
  text
    .split(/[,|]/)
    .map((word) => word.trim().replace(/^["']|["']$/g, ''))
    .filter((word) => word !== '');

/** The comments before each statement, in the statements' order. */
export function readComments(text: string, statements: readonly EnvStatement[]): readonly EnvComment[] {
  let from = text.startsWith('\ufeff') ? 1 : 0;
  return statements.map(({ keyStart, end }, index) => {
    const lines = text.slice(from, keyStart).split(/\r?\n/);
    from = end;
    // what stands on the statement's own line before it (`export`), and the rest of the line before, are no comments of its own
    lines.pop();
    if (statements[index - 1]?.value) lines.shift();
    return commentOf(blocksOf(lines));
  });
}

/** Comment lines without `#`, in blocks between empty lines; the last one is empty where an empty line ends it. */
function blocksOf(lines: readonly string[]): string[][] {
  const blocks: string[][] = [[]];
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed.startsWith('#')) blocks.at(-1)?.push(trimmed.replace(/^# ?/, ''));
    else if (trimmed === '' && blocks.at(-1)?.length !== 0) blocks.push([]);
  }
  return blocks;
}

function commentOf(blocks: readonly string[][]): EnvComment {
  const own = blocks.at(-1) ?? [];
  let section: EnvComment['section'];
  for (const block of blocks.slice(0, -1)) {
    const { title, rest } = headed(block);
    const plain = rest.filter((line) => !ASSIGNMENT.test(line));
    if (title !== undefined) section = { title, help: joined(plain) };
    else if (plain.length > 0) section = plainSection(plain, section);
  }
  const { title, rest } = headed(own);
  if (title !== undefined) section = { title, help: '' };
  return { ...(section ? { section } : {}), ...ownComment(rest) };
}

/** A block of its own without rules: a short first line is the heading. */
function plainSection(lines: readonly string[], before: EnvComment['section']): EnvComment['section'] {
  const [first = '', ...rest] = lines;
  if (first.length <= 60 && !/[.:,;]$/.test(first.trim())) return { title: first.trim(), help: joined(rest) };
  if (lines.length === 1 && first.length <= 60 && first.endsWith(':')) return { title: first.slice(0, -1), help: '' };
  return { title: before?.title ?? '', help: joined([before?.help ?? '', ...lines]) };
}

/** The last heading within a block, and the lines after it. */
function headed(block: readonly string[]): { readonly title?: string; readonly rest: readonly string[] } {
  for (let i = block.length - 1; i >= 0; i--) {
    const line = block[i] ?? '';
    const title = RULE.test(line) ? undefined : TITLE.exec(line)?.[1];
    if (title !== undefined && /\p{L}/u.test(title)) return { title: title.replace(/:$/, ''), rest: block.slice(i + 1) };
    if (RULE.test(line) && RULE.test(block[i - 2] ?? '') && block[i - 1]?.trim()) {
      return { title: (block[i - 1] ?? '').trim().replace(/:$/, ''), rest: block.slice(i + 1) };
    }
  }
  return { rest: block.filter((line) => !RULE.test(line)) };
}

function ownComment(lines: readonly string[]): Omit<EnvComment, 'section'> {
  let type: EnvKind | undefined;
  let bytes: number | undefined;
  let required = false;
  let choices: readonly string[] = [];
  const help: string[] = [];
  for (const line of lines) {
    if (ASSIGNMENT.test(line)) continue;
    if (!line.trim().startsWith('@')) {
      const listed = ONE_OF.exec(line.trim())?.[1];
      if (listed !== undefined) choices = words(listed);
      help.push(line);
      continue;
    }
    for (const [, name = '', value = ''] of line.matchAll(ANNOTATION)) {
      const [, word = '', inside = ''] = /^(\w*)(?:\(([^)]*)\))?/.exec(value.trim()) ?? [];
      if (name === 'type') type = KINDS[word.toLowerCase()] ?? type;
      if (name === 'type' && word.toLowerCase() === 'enum') choices = words(inside);
      if (name === 'choices') choices = words(value);
      if (name === 'bytes' && /^\d{1,4}$/.test(word)) bytes = Number(word);
      if (name === 'sensitive') type ??= 'secret';
      if (name === 'required') required = true;
    }
  }
  return { help: joined(help), choices, required, ...(type ? { type } : {}), ...(bytes === undefined ? {} : { bytes }) };
}

const joined = (lines: readonly string[]): string => lines.join('\n').trim();
