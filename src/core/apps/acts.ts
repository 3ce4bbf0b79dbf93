import type { Change, Plan, Task } from '../upkeep/task';
import { databaseName, dropDatabase } from './database';
import { hideSecrets } from './env';
import type { AppFacts } from './facts';
import { appState } from './facts';
import type { ListedApp, ListedRelease } from './list';
import type { App } from './model';
import { appRoot } from './model';
import { setMaintenance } from './release';
import { removeFiles, removeSite, putUnits } from './serve';
import type { Told } from './switch';
import { explain, lockOf, partsOf, serveActs, short, sitePaths, standsAs, textsOf } from './switch';

/** Serves one of the releases that are kept, with the settings and units that it had. The database stays as it is. */
export function rollBackApp({ app, release }: ListedRelease): Task<AppFacts> {
  const told: Told = { ran: [], switching: false };
  const plan = (facts: AppFacts): Plan => {
    const { units, site } = partsOf(app, facts);
    const { current, migrations } = facts;
    if (current) told.before = current.commit;
    if (current?.id === release.id && standsAs(app, facts, units, site)) return { acts: [] };
    const stay = migrations.length === 0 ? [] : [`Migrations that came later stay applied: ${migrations.join(', ')}.`];
    return {
      acts: serveActs({ app, facts, id: release.id, units, site, told }),
      notes: [`The release is ${short(release.commit)} “${release.subject}”, with the .env that it had.`, ...stay],
      files: textsOf(facts, units, site),
      lock: lockOf(app),
      safe: (text) => hideSecrets(text, facts.env),
    };
  };
  return {
    id: 'app.rollBack',
    title: `Roll ${app.name} back to ${short(release.commit)}`,
    look: appState(app, release.id, sitePaths(app)),
    plan,
    explain: (error, undoError) => explain(told, error, undoError),
  };
}

/** Puts up the maintenance page, or takes it away. */
export function switchMaintenance({ serving: { app } }: ListedApp, on: boolean): Task<AppFacts> {
  const line = on ? `answers 503 with the maintenance page of ${app.name}, whatever is asked for` : `lets ${app.name} answer again`;
  return {
    id: 'app.maintenance',
    title: on ? `Maintenance page of ${app.name} on` : `Maintenance page of ${app.name} off`,
    look: appState(app, '', sitePaths(app)),
    plan: ({ maintenance }) =>
      maintenance === on
        ? { acts: [] }
        : {
            acts: [{ name: 'maintenance', title: 'Maintenance page', changes: [{ line, command: setMaintenance(app, on) }] }],
            lock: lockOf(app),
          },
  };
}

/** Takes an application off its machine. @param all with what people have put there: uploads, databases in files, dumps, and its user */
export function removeApp({ serving: { app } }: ListedApp, all: boolean): Task<AppFacts> {
  const root = appRoot(app.name);
  return {
    id: 'app.remove',
    title: `Remove ${app.name}`,
    look: appState(app, '', sitePaths(app)),
    plan(facts) {
      const units = [...facts.units.keys()];
      const { site } = partsOf(app, facts);
      const what = all ? `removes ${root} with everything in it, and the user ${app.name}` : `removes its releases; ${root}/shared stays`;
      return {
        acts: [
          {
            name: 'remove',
            title: 'Remove it',
            changes: [
              ...(facts.files.has(site.path) ? [{ line: `removes ${site.path}`, command: removeSite(app, site.path) }] : []),
              ...(units.length > 0
                ? [{ line: `stops and removes ${units.join(', ')}`, command: putUnits(app, [], units), timeoutMs: 180_000 }]
                : []),
              ...databaseChanges(app, facts, all),
              { line: what, command: removeFiles(app, all), timeoutMs: 180_000 },
            ],
          },
        ],
        lock: lockOf(app),
      };
    },
  };
}

/** Before its files: among them is the password. */
function databaseChanges(app: App, { database }: AppFacts, all: boolean): readonly Change[] {
  if (app.database === undefined || database?.docker !== true) return [];
  if (database.container?.own !== true && !(all && database.volume)) return [];
  const data = all ? `and the volume ${databaseName(app)} with its data` : `the volume ${databaseName(app)} with its data stays`;
  return [
    { line: `removes the container ${databaseName(app)}${all ? ' ' : '; '}${data}`, command: dropDatabase(app, all), timeoutMs: 120_000 },
  ];
}
