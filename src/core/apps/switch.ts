import { familyOf } from '../upkeep/system/facts';
import type { Act, Change, Plan } from '../upkeep/task';
import { SkylabError, sentenceOf } from '../errors';
import type { UnitFile } from '../units/verify';
import type { AppFacts } from './facts';
import type { App } from './model';
import { appRoot } from './model';
import { setMaintenance, tidy } from './release';
import { askHealth, fetchCertificate, pointTo, putSite, putUnits, restartUnits, restoreSite, serveAgain } from './serve';
import type { SiteFile } from './site';
import { CADDYFILE, siteFile } from './site';
import { appUnits } from './units';

/** What is found out on the way, for the words in which a failure is told. */
export interface Told {
  /** Migrations that have run. */
  ran: readonly string[];
  /** The commit that served before. */
  before?: string;
  switching: boolean;
  /** The database was made with this deployment, and goes with it. */
  newDatabase?: boolean;
}

/** A release that is to serve, and what goes with it. */
interface Serving {
  readonly app: App;
  readonly facts: AppFacts;
  readonly id: string;
  readonly units: readonly UnitFile[];
  readonly site: SiteFile;
  readonly told: Told;
}

export const siteUrl = ({ proxy }: Pick<App, 'proxy'>): string => `${proxy.https ? 'https' : 'http'}://${proxy.domain}`;

/** Short form of a commit's hash. */
export const short = (commit: string): string => commit.slice(0, 8);

/** Under which only one may act on an application. */
export const lockOf = ({ name }: App): string => `app-${name}`;

/** Where the web server's files about it may be. */
export const sitePaths = ({ name }: App): readonly string[] => [
  `/etc/caddy/skylab/${name}.caddy`,
  `/etc/nginx/sites-available/${name}`,
  `/etc/nginx/conf.d/${name}.conf`,
  CADDYFILE,
];

/** The files that go with an application on this machine. */
export function partsOf(app: App, facts: AppFacts): { readonly units: readonly UnitFile[]; readonly site: SiteFile } {
  const debian = familyOf(facts.os) === 'apt';
  return { units: appUnits(app), site: siteFile(app, { ipv6: facts.ipv6, certificate: facts.certificate, debian }) };
}

/** The texts that would change. */
export function textsOf(facts: AppFacts, units: readonly UnitFile[], site: SiteFile): NonNullable<Plan['files']> {
  const gone = [...facts.units].filter(([path]) => !units.some((unit) => unit.path === path));
  return [
    ...units.map(({ path, text }) => ({ path, before: facts.units.get(path) ?? '', after: text })),
    ...gone.map(([path, text]) => ({ path, before: text, after: '' })),
    { path: site.path, before: facts.files.get(site.path) ?? '', after: site.text },
  ].filter(({ before, after }) => before !== after);
}

/** Whether everything besides the release is as it should be. */
export function standsAs(app: App, facts: AppFacts, units: readonly UnitFile[], site: SiteFile): boolean {
  return (
    !wantsCertificate(app, facts) &&
    textsOf(facts, units, site).length === 0 &&
    units.every(({ path }) => facts.running.includes(path)) &&
    facts.proxyRuns
  );
}

/** Puts a release in place, and asks whether it is well; each with its way back. */
export function serveActs({ app, facts, id, units, site, told }: Serving): readonly Act[] {
  const { current } = facts;
  const names = units.map(({ path }) => path);
  const services = names.filter((name) => !name.endsWith('.socket'));
  const changedSite = facts.files.get(site.path) !== site.text;
  const starts = `starts ${services.join(', ')}${current ? ' anew; requests wait meanwhile' : ''}`;
  const changes: Change[] = [
    {
      line:
        current === undefined
          ? `serves the release at ${siteUrl(app)}`
          : current.id === id
            ? `serves ${short(current.commit)} as it should`
            : `serves the release in place of ${short(current.commit)}`,
      command: noteSwitch(app, id, told),
      // The way back runs in reverse: this is its end, when everything else is as it was.
      undo: serveAgain(app, names, [...facts.units.keys()]),
      timeoutMs: 180_000,
    },
    ...(current?.id === id ? [] : [{ line: 'points current to it', command: pointTo(app, id), undo: pointTo(app, current?.id) }]),
    ...unitChanges(app, facts, units),
    { line: starts, command: restartUnits(app, names), timeoutMs: 180_000, logs: true },
    ...(changedSite || !facts.proxyRuns ? [siteChange(app, facts, site)] : []),
    ...(wantsCertificate(app, facts) ? certificateChanges(app, facts) : []),
  ];
  return [{ name: 'switch', title: 'Put the release in place', changes }, gateAct(app, services)];
}

/** Does nothing by itself: its way back is what counts. */
function noteSwitch(app: App, id: string, told: Told): Change['command'] {
  return {
    argv: ['test', '-d', `${appRoot(app.name)}/releases/${id}/app`],
    what: 'find the release',
    parse: () => {
      told.switching = true;
    },
  };
}

function unitChanges(app: App, facts: AppFacts, units: readonly UnitFile[]): readonly Change[] {
  const changed = units.filter(({ path, text }) => facts.units.get(path) !== text);
  const gone = [...facts.units.keys()].filter((name) => !units.some(({ path }) => path === name));
  if (changed.length === 0 && gone.length === 0) return [];
  const before = [...facts.units].map(([path, text]) => ({ path, text }));
  const added = changed.filter(({ path }) => !facts.units.has(path)).map(({ path }) => path);
  const parts = [
    ...(changed.length > 0 ? [`writes ${changed.map(({ path }) => path).join(', ')}`] : []),
    ...(gone.length > 0 ? [`removes ${gone.join(', ')}`] : []),
  ];
  return [{ line: parts.join('; '), command: putUnits(app, changed, gone), undo: putUnits(app, before, added), timeoutMs: 180_000 }];
}

function siteChange(app: App, facts: AppFacts, site: SiteFile): Change {
  const { kind } = app.proxy;
  const whole = kind === 'caddy' && facts.caddyUntouched;
  const sample = whole ? ` and, in place of its sample, ${CADDYFILE}` : '';
  return {
    line: `${facts.files.has(site.path) ? 'changes' : 'writes'} ${site.path}${sample}, and has ${kind} check and load it`,
    command: putSite(app, site, { whole }),
    undo: restoreSite(app, site.path),
  };
}

/** nginx needs certbot for what Caddy does by itself. */
const wantsCertificate = ({ proxy }: App, { certificate }: AppFacts): boolean => proxy.kind === 'nginx' && proxy.https && !certificate;

function certificateChanges(app: App, facts: AppFacts): readonly Change[] {
  const { site } = partsOf(app, { ...facts, certificate: true });
  return [
    {
      line: `has certbot fetch a certificate for ${app.proxy.domain}, and renew it by its timer`,
      command: fetchCertificate(app),
      timeoutMs: 300_000,
      logs: true,
    },
    { line: `changes ${site.path} so that it has TLS`, command: putSite(app, site, { again: true }) },
  ];
}

function gateAct(app: App, units: readonly string[]): Act {
  const { path, status, seconds } = app.health;
  const patience = { timeoutMs: (seconds + 60) * 1000, logs: true };
  return {
    name: 'gate',
    title: 'Ask whether it is well',
    changes: [
      { line: `asks ${path} until it answers ${status}`, command: askHealth(app, { units, direct: true }), ...patience },
      { line: 'takes the maintenance page away', command: setMaintenance(app, false) },
      { line: `asks ${siteUrl(app)}${path} as the world does`, command: askHealth(app, { units, direct: false }), ...patience },
      { line: `keeps the newest ${app.keep} releases`, command: tidy(app) },
    ],
  };
}

/** Words a failure: why, what serves now, and which migrations stay. */
export function explain(told: Told, error: unknown, undoError: unknown): Error {
  const failed = error ?? undoError;
  const message = failed instanceof Error ? failed.message : sentenceOf(failed);
  const code = failed instanceof SkylabError ? failed.code : undefined;
  if (code === 'ChangedMeanwhile' || code === 'Locked') return failed as SkylabError;
  const ran =
    told.ran.length === 0 || (told.newDatabase === true && undoError === undefined)
      ? ''
      : ` Migrations that have run stay applied: ${told.ran.join(', ')}.`;
  return new SkylabError(/[.!?”]$/.test(message) ? message : `${message}.`, {
    next: `${stateText(told, undoError)}${ran}`,
    ...(code === undefined ? {} : { code }),
    remedies: [{ kind: 'showLog' }],
    cause: failed,
  });
}

function stateText({ before, switching }: Told, undoError: unknown): string {
  if (undoError !== undefined) {
    const what =
      before === undefined ? 'Not all of it could be taken away again' : `The release before (${short(before)}) could not be put back`;
    return `${what}: ${sentenceOf(undoError)}`;
  }
  if (before === undefined) return 'Nothing of it serves.';
  return switching ? `The release before (${short(before)}) serves again.` : `The release before (${short(before)}) serves on, untouched.`;
}
