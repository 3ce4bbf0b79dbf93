import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { envFileVariables } from '../../../src/core/deploy/compose/check';
import type { TextOf } from '../../../src/core/deploy/compose/load';
import type { ComposeProject } from '../../../src/core/deploy/compose/project';
import { readProject } from '../../../src/core/deploy/compose/project';
import type { ComposeChoice } from '../../../src/core/deploy/compose/sources';
import { composeCandidates, defaultChoice } from '../../../src/core/deploy/compose/sources';
import { DiskLabFolderReader } from '../../../src/adapters/files/labFolder';
import type { Whereabouts } from '../../../src/core/deploy/domain';
import { EnvFile } from '../../../src/core/deploy/envFile';
import { buildFields } from '../../../src/core/deploy/fields';
import { findingsOf, givenBy } from '../../../src/core/deploy/findings';
import { readLab } from '../../../src/core/deploy/lab';
import type { DeployCase } from '../../../src/core/deploy/plan';
import { decide, envText, formOf, planDeploy } from '../../../src/core/deploy/plan';
import { SkylabError } from '../../../src/core/errors';
import type { DeployFinding } from '../../../src/shared/deployModel';
import { debian } from '../../unit/core/deploy/support';
import { REFUSED, STACKS } from './composeStacks';

/** One stack of a collection: a folder and the files of it that Compose is to read. */
export interface Stack {
  readonly name: string;
  readonly folder: string;
  readonly choice: ComposeChoice;
}

/** What a plan needs to know of a service, in one comparable shape. */
interface Seen {
  readonly image: string;
  readonly build: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly environment: readonly string[];
}
export type SeenServices = Readonly<Record<string, Seen>>;

/** The folder's texts, nothing outside it. */
function diskTexts(folder: string): TextOf {
  return (file) => {
    const full = path.join(folder, file);
    if (path.isAbsolute(file) || path.relative(folder, full).startsWith('..')) return undefined;
    return existsSync(full) && statSync(full).isFile() ? readFileSync(full, 'utf8') : undefined;
  };
}

/** Every folder below the root with a Compose file, and every file by itself of a folder that holds many stacks in files of other names. */
export function findStacks(root: string): Stack[] {
  const stacks: Stack[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    const name = path.relative(root, folder);
    const alone = /^(stacks|compose)$/.test(path.basename(folder)) ? names.filter((file) => /\.ya?ml$/.test(file)) : [];
    if (composeCandidates(names).length > 0) stacks.push({ name, folder, choice: choiceOf(folder, names) });
    else for (const file of alone) stacks.push({ name: path.join(name, file), folder, choice: { files: [file], profiles: [] } });
    for (const entry of entries) if (entry.isDirectory() && !entry.name.startsWith('.git')) walk(path.join(folder, entry.name));
  };
  walk(root);
  return stacks.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The stacks of each collection in a folder that has one folder for each. */
export function collectionsIn(root: string): ReadonlyMap<string, readonly Stack[]> {
  const names = readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const stacksOf = (name: string) => findStacks(path.join(root, name)).map((stack) => ({ ...stack, name: path.join(name, stack.name) }));
  return new Map(names.sort().map((name) => [name, stacksOf(name)]));
}

/** Writes the project's own stacks, those that both refuse among them, and its recipes as collections. */
export function writeOwnStacks(root: string): void {
  const refused = Object.entries(REFUSED).map(([name, [files]]) => [`no ${name}`, files] as const);
  for (const [name, files] of [...Object.entries(STACKS), ...refused]) {
    for (const [file, text] of Object.entries(files)) {
      const full = path.join(root, 'own', name.replace(/\W+/g, '-'), file);
      mkdirSync(path.dirname(full), { recursive: true });
      writeFileSync(full, text);
    }
  }
  const project = path.resolve(__dirname, '../../..');
  cpSync(path.join(project, 'recipes'), path.join(root, 'recipes'), { recursive: true });
  cpSync(path.join(project, 'test/fixtures/sample-lab'), path.join(root, 'recipes', 'sample-lab'), { recursive: true });
}

function choiceOf(folder: string, entries: readonly string[]): ComposeChoice {
  const text = diskTexts(folder)('.env');
  try {
    const choice = defaultChoice({ entries, ...(text === undefined ? {} : { env: { path: '.env', text } }) });
    if (choice.files.length > 0) return choice;
  } catch (error) {
    if (!(error instanceof SkylabError)) throw error;
  }
  return { files: composeCandidates(entries).slice(0, 1), profiles: [] };
}

/** The variables that Compose sees in the folder when nothing else is set. */
function lookupIn(folder: string): (name: string) => string | undefined {
  const outer: Record<string, string | undefined> = { PATH: process.env['PATH'], HOME: folder, COMPOSE_PROJECT_NAME: 'stack' };
  const env = EnvFile.parse(diskTexts(folder)('.env') ?? '');
  return (name) => outer[name] ?? env.get(name);
}

/** Reads the stack as Skylab does, refusing what Compose refuses. */
function readStack(stack: Stack, mode: 'written' | 'strict' = 'strict'): ComposeProject {
  return readProject(stack.choice, diskTexts(stack.folder), lookupIn(stack.folder), mode);
}

/** What Skylab makes of it, or why not. */
export function seenByUs(stack: Stack): { services: SeenServices } | { refused: string } {
  try {
    const project = readStack(stack);
    const [fault] = project.faults;
    if (fault) return { refused: fault.message };
    const lookup = lookupIn(stack.folder);
    const texts = diskTexts(stack.folder);
    const resolve = (source: string | undefined) => (source?.startsWith('/') === true ? source : relative(source));
    const relative = (source: string | undefined) =>
      source === undefined || source === '' ? '' : path.resolve(stack.folder, source.replace(/^~(?=$|\/)/, stack.folder));
    const services = project.services.map((service) => {
      const files = service.envFileUses.flatMap((use) => {
        const text = texts(use.path);
        return text === undefined ? [] : [...envFileVariables(use, text, lookup).keys()];
      });
      const seen: Seen = {
        image: service.image?.value ?? '',
        build: service.build
          ? /^[a-z+]+:|^git@|^github/.test(service.build.context)
            ? service.build.context
            : resolve(service.build.context)
          : '',
        ports: service.ports.map((port) => [port.hostIp ?? '', port.published ?? '', port.target, port.protocol].join('|')).sort(),
        volumes: service.volumes
          .map(({ type, source, target, readOnly }) =>
            [type, type === 'bind' ? resolve(source) : (source ?? ''), target, readOnly].join('|'),
          )
          .sort(),
        environment: [...new Set([...service.environment.map(({ name }) => name), ...files])].sort(),
      };
      return [service.name, seen] as const;
    });
    return { services: Object.fromEntries(services) };
  } catch (error) {
    if (error instanceof SkylabError) return { refused: error.message };
    throw error;
  }
}

interface Config {
  readonly services?: Readonly<
    Record<
      string,
      {
        readonly image?: string;
        readonly build?: { readonly context?: string };
        readonly ports?: readonly { host_ip?: string; published?: string; target?: number; protocol?: string }[];
        readonly volumes?: readonly { type?: string; source?: string; target?: string; read_only?: boolean }[];
        readonly environment?: Readonly<Record<string, string | null>>;
      }
    >
  >;
}

/** What `docker compose config` makes of it, or why not. @param program Docker Compose 2 */
export async function seenByCompose(program: string, stack: Stack): Promise<{ services: SeenServices } | { refused: string }> {
  const { files, profiles } = stack.choice;
  const words = [...files.flatMap((file) => ['-f', file]), ...profiles.flatMap((profile) => ['--profile', profile])];
  const args = ['-p', 'stack', ...words, 'config', '--format', 'json'];
  const ran = await run(program, args, stack.folder);
  if (ran.code !== 0) return { refused: ran.stderr.trim().split('\n').at(-1) ?? '' };
  const config = JSON.parse(ran.stdout) as Config;
  const services = Object.entries(config.services ?? {}).map(([name, service]) => {
    const seen: Seen = {
      image: service.image ?? '',
      build: service.build?.context ?? '',
      ports: (service.ports ?? []).map((port) => [port.host_ip ?? '', port.published ?? '', port.target, port.protocol].join('|')).sort(),
      volumes: (service.volumes ?? [])
        .map(({ type, source, target, read_only: readOnly }) => [type, source ?? '', target, readOnly ?? false].join('|'))
        .sort(),
      environment: Object.keys(service.environment ?? {}).sort(),
    };
    return [name, seen] as const;
  });
  return { services: Object.fromEntries(services) };
}

function run(program: string, args: readonly string[], cwd: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { PATH: process.env['PATH'], HOME: cwd }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** What the deploy page would say of the stack on a bare machine; undefined where the page cannot open. */
export async function reviewStack(stack: Stack): Promise<readonly DeployFinding[] | undefined> {
  const deployCase = await caseOfStack(stack);
  if (!deployCase) return undefined;
  const { findings } = formOf(deployCase);
  planDeploy(deployCase, { values: {}, fixes: findings.filter(({ fix }) => fix !== undefined).map(({ id }) => id) });
  return findings;
}

/** Puts every fix that is offered into the stack's own files, .env included. @returns the ids of the findings that were mended */
export async function mendStack(stack: Stack): Promise<string[]> {
  const deployCase = await caseOfStack(stack);
  if (!deployCase) return [];
  const fixes = deployCase.drafts.filter(({ fix }) => fix !== undefined).map(({ id }) => id);
  const plan = decide(deployCase, { values: {}, fixes });
  const secrets = plan.passwords.flatMap(({ key, kept }) => (kept === undefined ? [] : [[key, kept] as const]));
  for (const [file, text] of plan.files) writeFileSync(path.join(stack.folder, file), text);
  writeFileSync(path.join(stack.folder, '.env'), envText(deployCase.lab, plan.values, new Map(secrets)));
  return fixes;
}

async function caseOfStack(stack: Stack): Promise<DeployCase | undefined> {
  try {
    const lab = readLab(await new DiskLabFolderReader().read(stack.folder), 'stack', stack.choice);
    const where: Whereabouts = { alias: 'ada', address: '127.10.0.5', resolved: new Map() };
    const fields = buildFields(lab, where, undefined);
    const drafts = findingsOf(lab, debian, givenBy(fields, undefined));
    return { lab, facts: debian, machineName: 'ada', address: where.address, fields, drafts };
  } catch (error) {
    if (error instanceof SkylabError) return undefined;
    throw error;
  }
}
