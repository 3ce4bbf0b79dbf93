import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DiskLabFolderReader } from '../../../../src/adapters/files/labFolder';
import type { ComposeProject } from '../../../../src/core/deploy/compose/project';
import { readProject } from '../../../../src/core/deploy/compose/project';
import type { Whereabouts } from '../../../../src/core/deploy/domain';
import { namesToResolve } from '../../../../src/core/deploy/domain';
import { EnvFile } from '../../../../src/core/deploy/envFile';
import type { MachineFacts } from '../../../../src/core/deploy/facts';
import { buildFields } from '../../../../src/core/deploy/fields';
import { findingsOf, givenBy } from '../../../../src/core/deploy/findings';
import { readLab } from '../../../../src/core/deploy/lab';
import type { DeployCase } from '../../../../src/core/deploy/plan';
import type { LabFolder } from '../../../../src/core/deploy/ports';
import type { DeployAnswers } from '../../../../src/shared/deployModel';

const repo = resolve(__dirname, '../../../..');
export const sampleLab = join(repo, 'test/fixtures/sample-lab');

/** The material of a real course, where it is at hand. */
export const courseLab = process.env['SKYLAB_COURSE_LAB'] ?? join(repo, '../shared/inputs/cicf-week08');
export const hasCourseLab = existsSync(join(courseLab, 'compose.yml'));

/** A bare Debian machine, as a cloud hands it out. */
export const debian: MachineFacts = {
  user: 'admin',
  uid: 1000,
  group: 'admin',
  home: '/home/admin',
  os: { id: 'debian', idLike: [], versionId: '13', codename: 'trixie', prettyName: 'Debian GNU/Linux 13 (trixie)' },
  architecture: 'x86_64',
  root: true,
  systemd: true,
  curl: true,
  dockerDirect: false,
  containers: [],
  listening: [22],
  paths: [],
};

/** A folder that exists only in the test. */
export function folderOf(files: Record<string, string>, folders: readonly string[] = [], name = 'lab'): LabFolder {
  const file = (path: string) => (files[path] === undefined ? undefined : { path, text: files[path] });
  const compose = file('compose.yml');
  const env = file('.env');
  const caddyfile = file('Caddyfile');
  const units = Object.entries(files).flatMap(([path, text]) => (path.endsWith('.service') ? [{ path, text }] : []));
  return {
    root: `/home/me/${name}`,
    name,
    ...(compose ? { compose } : {}),
    texts: new Map(Object.entries(files)),
    ...(env ? { env } : {}),
    ...(caddyfile ? { caddyfile } : {}),
    units,
    entries: [...new Set([...Object.keys(files).map((path) => path.split('/')[0] ?? path), ...folders])],
    notebooks: Object.keys(files).filter((name) => name.endsWith('.ipynb')),
    folders,
  };
}

/** One Compose file, read as written. */
export function composeOf(text: string, path = 'compose.yml'): ComposeProject {
  return readProject(
    { files: [path], profiles: [] },
    (asked) => (asked === path ? text : undefined),
    () => undefined,
    'written',
  );
}

export interface CaseOptions {
  readonly facts?: Partial<MachineFacts>;
  readonly alias?: string;
  readonly address?: string;
  readonly resolved?: Record<string, readonly string[]>;
  readonly prior?: string;
}

export function caseOf(folder: LabFolder, options: CaseOptions = {}): DeployCase {
  const { alias = 'ada', address = '127.10.0.5', resolved = {} } = options;
  const lab = readLab(folder);
  const facts = { ...debian, ...options.facts };
  const names = namesToResolve(lab.env.get('DOMAIN') ?? '', 'DOMAIN', alias, undefined);
  const where: Whereabouts = { alias, address, resolved: new Map(names.map((name) => [name, resolved[name] ?? []])) };
  const prior = options.prior === undefined ? undefined : EnvFile.parse(options.prior);
  const fields = buildFields(lab, where, prior);
  return {
    lab,
    facts,
    machineName: alias,
    address,
    fields,
    drafts: findingsOf(lab, facts, givenBy(fields, prior)),
    ...(prior ? { prior } : {}),
  };
}

export async function caseOfDisk(root: string, options: CaseOptions = {}): Promise<DeployCase> {
  return caseOf(await new DiskLabFolderReader().read(root), options);
}

/** The answers of someone who changes nothing but what is given. */
export function answersFor(deployCase: DeployCase, values: Record<string, string> = {}): DeployAnswers {
  const defaults = Object.fromEntries(deployCase.fields.map((field) => [field.key, field.value]));
  const fixes = deployCase.drafts.filter((draft) => draft.fix?.onByDefault).map((draft) => draft.id);
  return { values: { ...defaults, ...values }, fixes };
}
