import { isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { schemaProblems, schemasAt, type Schema } from '../cloud/specs/schema';
import { answerProblem } from '../recipes/answers';
import { EnvFile } from '../deploy/envFile';
import { SkylabError } from '../errors';
import type { App, AppFolder, AppWorker } from './model';
import { APP_FILE } from './model';

type Given<T> = { readonly [K in keyof T]?: T[K] };

/** The file after the schema has seen it. */
interface FileApp {
  readonly name: string;
  readonly source: Given<App['source']> & { readonly git: string };
  readonly packages?: Given<App['packages']>;
  readonly python?: string;
  readonly build?: readonly string[];
  readonly check?: string;
  readonly migrations?: App['migrations'];
  readonly database?: { readonly kind: 'none' | 'container'; readonly version?: string };
  readonly web: Given<App['web']> & { readonly gunicorn: string };
  readonly workers?: readonly (Given<AppWorker> & { readonly name: string; readonly command: string })[];
  readonly proxy: Given<App['proxy']> & { readonly kind: App['proxy']['kind']; readonly domain: string };
  readonly static?: App['static'];
  readonly media?: App['media'];
  readonly shared?: readonly string[];
  readonly health?: Given<App['health']>;
  readonly maintenance?: App['maintenance'];
  readonly keep?: number;
}

interface FolderTexts {
  readonly app: string;
  /** Empty where there is none. */
  readonly env: string;
  readonly maintenancePage?: string;
}

/**
 * Reads an application's folder. `${NAME}` in the file is the value that .env gives, so that a folder made from a recipe is filled in there.
 * @param where the file as the person knows it, named in errors
 * @throws SkylabError (code `BadApp`) with line and column of the first problem
 */
export function readApp(texts: FolderTexts, schema: Schema, where: string = APP_FILE): AppFolder {
  const env = EnvFile.parse(texts.env);
  const lines = new LineCounter();
  const document = parseDocument(texts.app, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${where}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw bad(`${at(broken.pos[0])}: ${broken.message}.`);
  visit(document, (_, node, above) => {
    if (!isScalar(node) || typeof node.value !== 'string') return;
    const whole = /^\$\{\w+\}$/.test(node.value);
    const value = node.value.replaceAll(/\$\{(\w+)\}/g, (_match, name: string) => {
      const found = env.get(name);
      if (found === undefined) throw bad(`${at(node.range?.[0] ?? 0)}: .env has no ${name}.`);
      return found;
    });
    node.value = whole ? plain(value, schemasAt(schema, pathOf([...above, node]))) : value;
  });
  const [problem] = schemaProblems(document, schema);
  if (problem) throw bad(`${at(problem.start)}: ${problem.message}`);
  const app = appOf(document.toJS({ maxAliasCount: 100 }) as FileApp);
  const senseless = nonsense(app);
  if (senseless !== undefined) throw bad(`${where}: ${senseless}`);
  const variables = new Map(env.keys().map((key) => [key, env.get(key) ?? '']));
  if (app.database !== undefined) {
    if (variables.get('DATABASE_URL')) throw bad(`${where}: the database is a container, and .env names another at DATABASE_URL.`);
    variables.delete('DATABASE_URL');
  }
  return {
    app,
    env: variables,
    ...(texts.maintenancePage === undefined ? {} : { maintenancePage: texts.maintenancePage }),
  };
}

function bad(message: string): SkylabError {
  return new SkylabError(message, { code: 'BadApp', next: 'Correct it and try again; nothing was done.' });
}

/** The place of the last of these nodes, each of which holds the next. */
function pathOf(nodes: readonly unknown[]): readonly (string | number)[] {
  return nodes.flatMap((node, index): (string | number)[] => {
    if (isPair(node)) return [String(isScalar(node.key) ? node.key.value : node.key)];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}

/** A value of .env as the kind that is wanted where it stands. */
function plain(value: string, wanted: readonly Schema[]): string | number | boolean {
  const kinds = wanted.map(({ type }) => type);
  if (kinds.includes('integer') && /^\d{1,9}$/.test(value)) return Number(value);
  return kinds.includes('boolean') && /^(true|false)$/.test(value) ? value === 'true' : value;
}

function appOf(file: FileApp): App {
  const { source, packages, web, proxy, health, check, migrations, database, media } = file;
  return {
    name: file.name,
    source: { ref: 'main', folder: '.', ...source },
    packages: { apt: [], dnf: [], ...packages },
    python: file.python ?? 'python3',
    build: file.build ?? [],
    ...(check === undefined ? {} : { check }),
    ...(migrations === undefined ? {} : { migrations }),
    ...(database?.kind === 'container' ? { database: { version: database.version ?? '17' } } : {}),
    web: { workers: 2, timeout: 60, ...web },
    workers: (file.workers ?? []).map((worker) => ({ count: 1, jobSeconds: 60, signal: 'SIGTERM' as const, ...worker })),
    proxy: { https: true, upload: 40, ...proxy },
    ...(file.static === undefined ? {} : { static: file.static }),
    ...(media === undefined ? {} : { media }),
    shared: [...new Set([...(file.shared ?? []), ...(media === undefined ? [] : [media.folder])])],
    health: { path: '/', status: 200, seconds: 60, ...health },
    maintenance: file.maintenance ?? 'migrations',
    keep: file.keep ?? 5,
  };
}

/** Names that Skylab gives to units of its own. */
const TAKEN: ReadonlySet<string> = new Set(['html', 'nginx', 'caddy', 'docker', 'ssh', 'sshd']);

/** What the schema cannot say. */
function nonsense({ name, source, workers, proxy, shared, static: files, media }: App): string | undefined {
  if (TAKEN.has(name)) return `the name ${name} belongs to something else on the machine.`;
  if (!/^(https?:\/\/|ssh:\/\/|git:\/\/|file:\/\/|[\w.-]+@[\w.-]+:)\S+$/.test(source.git))
    return `${source.git} is no address of a git repository.`;
  if (/^https?:\/\/[^/]*@/.test(source.git)) return 'the address of the repository holds a password: use a deploy key instead.';
  if (source.ref.startsWith('-')) return `${source.ref} is no branch, tag or commit.`;
  const variable = {
    name: '',
    label: 'the name of the site',
    type: 'domain' as const,
    required: true,
    choices: [],
    others: false,
    ask: true,
    env: true,
    when: {},
  };
  const domain = answerProblem(variable, proxy.domain);
  if (domain !== undefined) return `${proxy.domain}: ${domain}`;
  const twice = workers.find((worker, index) => workers.findIndex((other) => other.name === worker.name) !== index);
  if (twice) return `the worker ${twice.name} stands twice.`;
  const folders = [source.folder, ...shared, ...[files, media].flatMap((one) => (one ? [one.folder] : []))];
  const out = folders.find((folder) => folder.startsWith('/') || folder.split('/').includes('..'));
  if (out !== undefined) return `the folder ${out} leads out of the project.`;
  return undefined;
}
