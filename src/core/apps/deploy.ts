import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { releaseId } from '../deploy/releases';
import { SkylabError } from '../errors';
import { installPackages } from '../upkeep/packages/install';
import { familyOf } from '../upkeep/system/facts';
import type { Act, Change, Plan, Task } from '../upkeep/task';
import type { UnitFile } from '../units/verify';
import { databaseAct, refuseDatabase } from './database';
import { envChanges, envText, hideSecrets } from './env';
import type { AppFacts } from './facts';
import { appFacts } from './facts';
import { hostKeyNotes, hostKeyToWrite, refuseHostKey } from './gitHost';
import type { App, AppFolder } from './model';
import { appRoot } from './model';
import { defaultPage } from './page';
import {
  afterMigrations,
  dropRelease,
  makePlace,
  makeVenv,
  migrate,
  noteOf,
  putHostKey,
  putKey,
  putPage,
  runInside,
  setMaintenance,
  takeCommit,
} from './release';
import { verifyUnits } from './serve';
import type { Told } from './switch';
import { explain, lockOf, partsOf, serveActs, short, sitePaths, siteUrl, standsAs, textsOf } from './switch';

/** Milliseconds for one command of a build, and for migrations. */
const BUILD_MS = 45 * 60_000;
const MIGRATE_MS = 3 * 60 * 60_000;

/** What every application needs, whatever it names itself. */
function neededPackages({ packages, proxy }: App, family: 'apt' | 'dnf'): readonly string[] {
  const own = family === 'apt' ? ['git', 'curl', 'python3-venv', ...packages.apt] : ['git', 'curl', 'python3', ...packages.dnf];
  return [...new Set([...own, proxy.kind, ...(proxy.kind === 'nginx' && proxy.https ? ['certbot'] : [])])];
}

/**
 * Deploys an application, or updates it: a new release beside the one that serves, checked and built before anything is switched; then
 * migrations, the switch, and a gate. What fails puts the release before back.
 * @param key the deploy key, or empty
 */
export function deployApp(folder: AppFolder, key: string, now = new Date(), salt: string = randomUUID()): Task<AppFacts> {
  const { app } = folder;
  const asked = [...new Set([...neededPackages(app, 'apt'), ...neededPackages(app, 'dnf')])];
  const told: Told = { ran: [], switching: false };
  const password = randomBytes(24).toString('hex');
  return {
    id: 'app.deploy',
    title: `Deploy ${app.name}`,
    look: appFacts(app, { packages: asked, files: sitePaths(app), key }),
    plan: (facts) => planDeploy(folder, facts, { key, password, id: releaseId(now, salt), told }),
    explain: (error, undoError) => explain(told, error, undoError),
  };
}

interface Deploying {
  readonly key: string;
  /** Of a database that is made. */
  readonly password: string;
  readonly id: string;
  readonly told: Told;
}

function planDeploy(folder: AppFolder, facts: AppFacts, { key, password, id, told }: Deploying): Plan {
  const { app, env } = folder;
  refuse(app, facts);
  const family = familyOf(facts.os);
  const missing = neededPackages(app, family === 'apt' ? 'apt' : 'dnf').filter((name) => !facts.installed.includes(name));
  const { units, site } = partsOf(app, facts);
  const page = folder.maintenancePage ?? defaultPage(app.name);
  const inputs = inputsOf(folder, page);
  const { current, target } = facts;
  if (current) told.before = current.commit;
  if (app.database) told.newDatabase = facts.database?.volume !== true;
  const database = databaseAct(app, facts, password);
  const passwords = new Map([
    ['PASSWORD', password],
    ['DATABASE_PASSWORD', facts.database?.password ?? ''],
  ]);
  const common = {
    files: textsOf(facts, units, site),
    lock: lockOf(app),
    safe: (text: string): string => hideSecrets(text, env, facts.env, passwords),
  };
  if (current !== undefined && target?.commit === current.commit && current.inputs === inputs) {
    // The release is right; what it needs to serve may not be.
    const acts = standsAs(app, facts, units, site) ? [] : serveActs({ app, facts, id: current.id, units, site, told });
    return { acts: database === undefined ? acts : [database, ...acts], ...common };
  }
  const acts: Act[] = [
    ...(missing.length > 0 ? [{ name: 'packages', title: 'Install packages', changes: installPackages(family, missing) }] : []),
    placeAct(app, facts, key, page),
    ...(database === undefined ? [] : [database]),
    releaseAct(folder, facts, id, inputs),
    buildAct(app, id, units),
    ...(app.migrations ? [migrateAct(app, facts, id, told)] : []),
    ...serveActs({ app, facts, id, units, site, told }),
  ];
  return { acts, notes: [...hostKeyNotes(app, facts.hostKey), ...notesOf(facts)], ...common };
}

function refuse(app: App, facts: AppFacts): void {
  if (!facts.systemd) throw new SkylabError('Applications need systemd, which this machine does not run.', { code: 'NoSystemd' });
  if (facts.foreign) {
    throw new SkylabError(`${appRoot(app.name)} is there already, and Skylab has not made it.`, {
      code: 'FolderTaken',
      next: 'Give the application another name, or move that folder away.',
    });
  }
  if (facts.taken) {
    throw new SkylabError(`The machine has a unit ${app.name} already, and Skylab has not made it for this.`, {
      code: 'NameTaken',
      next: 'Give the application another name.',
    });
  }
  refuseDatabase(app, facts);
  refuseHostKey(app, facts.hostKey);
  if (facts.gitSaid !== '') {
    throw new SkylabError(`The machine cannot fetch ${app.source.git}: ${facts.gitSaid}`, {
      code: 'GitFailed',
      next: 'A private repository needs a deploy key: name its file at source.deployKey.',
    });
  }
}

/** A hash over everything that makes a release, except the commit. */
function inputsOf({ app, env }: AppFolder, page: string): string {
  return createHash('sha256')
    .update(JSON.stringify([noteOf(app), [...env], page]))
    .digest('hex')
    .slice(0, 32);
}

function placeAct(app: App, facts: AppFacts, key: string, page: string): Act {
  const changes: Change[] = [];
  const root = appRoot(app.name);
  changes.push({
    line: facts.user ? `keeps its files in ${root}` : `makes the user ${app.name} and the folder ${root}`,
    command: makePlace(app),
  });
  if (key !== '' && facts.key !== createHash('sha256').update(key).digest('hex'))
    changes.push({ line: 'gives that user the deploy key', command: putKey(app, key) });
  const hostKey = hostKeyToWrite(app, facts.hostKey);
  if (hostKey) changes.push({ line: hostKey.line, command: putHostKey(app, hostKey.text) });
  changes.push({ line: 'writes its maintenance page', command: putPage(app, page) });
  return { name: 'place', title: 'Make its place', changes };
}

function releaseAct({ app, env }: AppFolder, facts: AppFacts, id: string, inputs: string): Act {
  const { target } = facts;
  const what = target === undefined ? app.source.ref : `${short(target.commit)}${target.subject === '' ? '' : ` “${target.subject}”`}`;
  const before = new Map(facts.env);
  if (app.database) before.delete('DATABASE_URL');
  const differing = envChanges(before, env);
  const variables = differing.length === 0 ? '' : `, with .env (${differing.join(', ')})`;
  const release = { id, ref: target?.commit ?? app.source.ref, env: envText(env), inputs, url: siteUrl(app) };
  return {
    name: 'release',
    title: 'Take the commit',
    changes: [
      {
        line: `takes ${what} of ${app.source.git}${variables}`,
        command: takeCommit(app, release),
        undo: dropRelease(app, id),
        timeoutMs: BUILD_MS,
        logs: true,
      },
    ],
  };
}

function buildAct(app: App, id: string, units: readonly UnitFile[]): Act {
  const run = (line: string): Change => ({ line: `runs “${line}”`, command: runInside(app, id, line), timeoutMs: BUILD_MS, logs: true });
  return {
    name: 'build',
    title: 'Build and check the release',
    changes: [
      { line: 'makes its virtual environment', command: makeVenv(app, id), timeoutMs: BUILD_MS },
      ...app.build.map(run),
      ...(app.check === undefined ? [] : [run(app.check)]),
      { line: 'lets systemd check its units', command: verifyUnits(app, id, units) },
    ],
  };
}

function migrateAct(app: App, { migrations, current }: AppFacts, id: string, told: Told): Act {
  const which = migrations.length > 0 ? `, with ${migrations.join(', ')}` : '';
  const line = `runs the migrations that are pending${current === undefined ? '' : which}`;
  const page = app.maintenance === 'never' ? '' : '; while they run, the maintenance page is shown';
  const command = migrate(app, id, (ran) => (told.ran = ran));
  const off = setMaintenance(app, false);
  const always: Change[] =
    app.maintenance === 'always' && current !== undefined
      ? [{ line: 'puts up the maintenance page', command: setMaintenance(app, true), undo: off }]
      : [];
  return {
    name: 'migrate',
    title: 'Migrate the database',
    changes: [
      ...always,
      { line: line + page, command, undo: afterMigrations(app, id, (ran) => (told.ran = ran)), timeoutMs: MIGRATE_MS, logs: true },
    ],
  };
}

function notesOf(facts: AppFacts): readonly string[] {
  const { commits, dropped, current, maintenance } = facts;
  const count = commits.length === 1 ? '1 commit' : `${commits.length} commits`;
  return [
    ...(current && commits.length > 0 ? [`${count} since ${short(current.commit)}:`, ...commits] : []),
    ...(dropped > 0 ? [`${dropped} commits that serve now are not in it.`] : []),
    ...(maintenance ? ['The maintenance page is up now; it is taken away at the end.'] : []),
  ];
}
