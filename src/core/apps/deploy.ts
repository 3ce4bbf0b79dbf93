import { createHash, randomUUID } from 'node:crypto';
import { releaseId } from '../deploy/releases';
import { SkylabError, sentenceOf } from '../errors';
import { installPackages } from '../upkeep/packages/install';
import { familyOf } from '../upkeep/system/facts';
import type { Act, Change, Plan, Task } from '../upkeep/task';
import type { UnitFile } from '../units/verify';
import { envChanges, envText, hideSecrets } from './env';
import type { AppFacts } from './facts';
import { appFacts } from './facts';
import type { App, AppFolder } from './model';
import { appRoot } from './model';
import { defaultPage } from './page';
import { dropRelease, makePlace, makeVenv, migrate, putKey, putPage, runInside, setMaintenance, takeCommit, tidy } from './release';
import { askHealth, pointTo, putSite, putUnits, restartUnits, restoreSite, serveAgain, verifyUnits } from './serve';
import { CADDYFILE, siteFile } from './site';
import { appUnits } from './units';

/** Milliseconds for one command of a build, and for migrations. */
const BUILD_MS = 45 * 60_000;
const MIGRATE_MS = 3 * 60 * 60_000;

/** What every application needs, whatever it names itself. */
function neededPackages({ packages, proxy }: App, family: 'apt' | 'dnf'): readonly string[] {
  const own = family === 'apt' ? ['git', 'curl', 'python3-venv', ...packages.apt] : ['git', 'curl', 'python3', ...packages.dnf];
  return [...new Set([...own, proxy.kind])];
}

export const siteUrl = ({ proxy }: Pick<App, 'proxy'>): string => `${proxy.https ? 'https' : 'http'}://${proxy.domain}`;

/** Short form of a commit's hash. */
const short = (commit: string): string => commit.slice(0, 8);

/**
 * Deploys an application, or updates it: a new release beside the one that serves, checked and built before anything is switched; then
 * migrations, the switch, and a gate. What fails puts the release before back.
 * @param key the deploy key, or empty
 */
export function deployApp(folder: AppFolder, key: string, now = new Date(), salt: string = randomUUID()): Task<AppFacts> {
  const { app } = folder;
  const asked = [...new Set([...neededPackages(app, 'apt'), ...neededPackages(app, 'dnf')])];
  const paths = [`/etc/caddy/skylab/${app.name}.caddy`, `/etc/nginx/sites-available/${app.name}`, `/etc/nginx/conf.d/${app.name}.conf`];
  const told: { ran: readonly string[]; before?: string; switching: boolean } = { ran: [], switching: false };
  return {
    id: 'app.deploy',
    title: `Deploy ${app.name}`,
    look: appFacts(app, asked, [...paths, CADDYFILE], key),
    plan: (facts) => planDeploy(folder, key, facts, releaseId(now, salt), told),
    explain: (error, undoError) => explain(app, told, error, undoError),
  };
}

interface Told {
  ran: readonly string[];
  /** The commit that served before. */
  before?: string;
  switching: boolean;
}

function planDeploy(folder: AppFolder, key: string, facts: AppFacts, id: string, told: Told): Plan {
  const { app, env } = folder;
  refuse(app, facts);
  const family = familyOf(facts.os);
  const missing = neededPackages(app, family === 'apt' ? 'apt' : 'dnf').filter((name) => !facts.installed.includes(name));
  const units = appUnits(app);
  const site = siteFile(app, { ipv6: facts.ipv6, certificate: facts.certificate, debian: family === 'apt' });
  const page = folder.maintenancePage ?? defaultPage(app.name);
  const inputs = inputsOf(folder, page);
  const unitsChange = unitChange(facts, units);
  const siteChanges = facts.files.get(site.path) !== site.text;
  const names = units.map(({ path }) => path);
  const stopped = names.filter((name) => !facts.running.includes(name));
  const { current, target } = facts;
  if (current) told.before = current.commit;
  const same = current !== undefined && target?.commit === current.commit && current.inputs === inputs;
  if (same && unitsChange === undefined && !siteChanges && stopped.length === 0 && facts.proxyRuns) return { acts: [] };
  const safe = (text: string): string => hideSecrets(text, env, facts.env);
  const acts: Act[] = [];
  if (missing.length > 0) acts.push({ name: 'packages', title: 'Install packages', changes: installPackages(family, missing) });
  acts.push(placeAct(app, facts, key, page));
  acts.push(releaseAct(folder, facts, id, inputs));
  acts.push(buildAct(app, id, units));
  if (app.migrations) acts.push(migrateAct(app, facts, id, told));
  acts.push({
    name: 'switch',
    title: 'Put the release in place',
    changes: [
      {
        line: current ? `serves the new release in place of ${short(current.commit)}` : `serves the release at ${siteUrl(app)}`,
        command: noteSwitch(app, id, told),
        undo: serveAgain(app, names, [...facts.units.keys()]),
      },
      { line: 'points current to it', command: pointTo(app, id), undo: pointTo(app, current?.id) },
      ...(unitsChange === undefined ? [] : [unitsChange(app)]),
      {
        line: `starts ${names.filter((name) => !name.endsWith('.socket')).join(', ')}${current ? ' anew; requests wait meanwhile' : ''}`,
        command: restartUnits(app, names),
        timeoutMs: 180_000,
        tells: true,
      },
      ...(siteChanges || !facts.proxyRuns ? [siteChange(app, facts, site.path, site.text)] : []),
    ],
  });
  acts.push(gateAct(app, names, note(app)));
  const files = [
    ...units.map(({ path, text }) => ({ path, before: facts.units.get(path) ?? '', after: text })),
    ...[...facts.units].filter(([path]) => !names.includes(path)).map(([path, text]) => ({ path, before: text, after: '' })),
    { path: site.path, before: facts.files.get(site.path) ?? '', after: site.text },
  ].filter(({ before, after }) => before !== after);
  return { acts, notes: notesOf(facts), files, lock: `app-${app.name}`, safe };
}

function refuse(app: App, facts: AppFacts): void {
  if (!facts.systemd) throw new SkylabError('Applications need systemd, which this machine does not run.', { code: 'NoSystemd' });
  if (facts.foreign) {
    throw new SkylabError(`${appRoot(app.name)} is there already, and Skylab has not made it.`, {
      code: 'FolderTaken',
      next: 'Give the application another name, or move that folder away.',
    });
  }
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
    .update(JSON.stringify([app, [...env], page]))
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
  changes.push({ line: 'writes its maintenance page', command: putPage(app, page) });
  return { name: 'place', title: 'Make its place', changes };
}

function releaseAct({ app, env }: AppFolder, facts: AppFacts, id: string, inputs: string): Act {
  const { target } = facts;
  const what = target === undefined ? app.source.ref : `${short(target.commit)}${target.subject === '' ? '' : ` “${target.subject}”`}`;
  const differing = envChanges(facts.env, env);
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
        tells: true,
      },
    ],
  };
}

function buildAct(app: App, id: string, units: readonly UnitFile[]): Act {
  const run = (line: string): Change => ({ line: `runs “${line}”`, command: runInside(app, id, line), timeoutMs: BUILD_MS, tells: true });
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
    changes: [...always, { line: line + page, command, undo: off, timeoutMs: MIGRATE_MS, tells: true }],
  };
}

/** Does nothing by itself: its way back is what runs after all others of the switch. */
function noteSwitch(app: App, id: string, told: Told): Change['command'] {
  return {
    argv: ['test', '-d', `${appRoot(app.name)}/releases/${id}/app`],
    what: 'find the release',
    parse: () => {
      told.switching = true;
    },
  };
}

function unitChange(facts: AppFacts, units: readonly UnitFile[]): ((app: App) => Change) | undefined {
  const changed = units.filter(({ path, text }) => facts.units.get(path) !== text);
  const gone = [...facts.units.keys()].filter((name) => !units.some(({ path }) => path === name));
  if (changed.length === 0 && gone.length === 0) return undefined;
  const before = [...facts.units].map(([path, text]) => ({ path, text }));
  const added = changed.filter(({ path }) => !facts.units.has(path)).map(({ path }) => path);
  const parts = [
    ...(changed.length > 0 ? [`writes ${changed.map(({ path }) => path).join(', ')}`] : []),
    ...(gone.length > 0 ? [`removes ${gone.join(', ')}`] : []),
  ];
  return (app) => ({
    line: parts.join('; '),
    command: putUnits(app, changed, gone),
    undo: putUnits(app, before, added),
    timeoutMs: 180_000,
  });
}

function siteChange(app: App, facts: AppFacts, path: string, text: string): Change {
  const command = putSite(app, { path, text }, app.proxy.kind === 'caddy' && facts.caddyUntouched);
  const whole = app.proxy.kind === 'caddy' && facts.caddyUntouched ? ` and, in place of its sample, ${CADDYFILE}` : '';
  const line = `${facts.files.has(path) ? 'changes' : 'writes'} ${path}${whole}, and has ${app.proxy.kind} check and load it`;
  return { line, command, undo: restoreSite(app, path) };
}

function gateAct(app: App, names: readonly string[], text: string): Act {
  const timeoutMs = (app.health.seconds + 60) * 1000;
  const units = names.filter((name) => !name.endsWith('.socket'));
  return {
    name: 'gate',
    title: 'Ask whether it is well',
    changes: [
      {
        line: `asks ${app.health.path} until it answers ${app.health.status}`,
        command: askHealth(app, { units, direct: true }),
        timeoutMs,
        tells: true,
      },
      { line: 'takes the maintenance page away', command: setMaintenance(app, false) },
      {
        line: `asks ${siteUrl(app)}${app.health.path} as the world does`,
        command: askHealth(app, { units, direct: false }),
        timeoutMs,
        tells: true,
      },
      { line: `keeps the newest ${app.keep} releases`, command: tidy(app, text) },
    ],
  };
}

/** What the machine keeps, for acts without the folder. */
const note = (app: App): string => {
  const { git, ref, folder } = app.source;
  return `${JSON.stringify({ ...app, source: { git, ref, folder } })}\n`;
};

function notesOf(facts: AppFacts): readonly string[] {
  const { commits, dropped, current, maintenance } = facts;
  const count = commits.length === 1 ? '1 commit' : `${commits.length} commits`;
  return [
    ...(current && commits.length > 0 ? [`${count} since ${short(current.commit)}:`, ...commits] : []),
    ...(dropped > 0 ? [`${dropped} commits that serve now are not in it.`] : []),
    ...(maintenance ? ['The maintenance page is up now; it is taken away at the end.'] : []),
  ];
}

function explain(app: App, told: Told, error: unknown, undoError: unknown): Error {
  const failed = error ?? undoError;
  const message = failed instanceof Error ? failed.message : sentenceOf(failed);
  const code = failed instanceof SkylabError ? failed.code : undefined;
  const before = told.before === undefined ? undefined : short(told.before);
  const state =
    undoError !== undefined
      ? `${before === undefined ? 'Not all of it could be taken away again' : `The release before (${before}) could not be put back`}: ${sentenceOf(undoError)}`
      : before === undefined
        ? 'Nothing of it serves.'
        : told.switching
          ? `The release before (${before}) serves again.`
          : `The release before (${before}) serves on, untouched.`;
  const ran =
    told.ran.length === 0
      ? ''
      : ` ${told.ran.length === 1 ? 'This migration has' : 'These migrations have'} run and ${told.ran.length === 1 ? 'stays' : 'stay'} applied: ${told.ran.join(', ')}.`;
  return new SkylabError(/[.!?”]$/.test(message) ? message : `${message}.`, {
    next: `${state}${ran}`,
    ...(code === undefined ? {} : { code }),
    remedies: [{ kind: 'showLog' }],
    cause: failed,
  });
}
