import { posix } from 'node:path';
import type { DeployFinding, FileChange } from '../../shared/deployModel';
import type { ComposeMount, ComposeService, Placed } from './compose/service';
import type { Edit } from './edits';
import { readProject } from './compose/project';
import { applyEdits } from './edits';
import { SkylabError } from '../errors';
import type { MachineFacts } from './facts';
import type { Lab } from './lab';
import { caddyService, caddySource, mainSite, textIn } from './lab';
import { adaptUnit } from './unitFile';

/** Files of the release that a data folder begins with. */
export interface Seed {
  /** Relative to the release; `.` is the whole folder without the stack's own files. */
  readonly from: string;
  /** Relative to the stack's folder. */
  readonly to: string;
  /** The numeric user that has to own the files; absent for the login user. */
  readonly uid?: number;
}

/** A finding with the edits behind its fix. */
export interface Draft {
  readonly id: string;
  readonly severity: DeployFinding['severity'];
  readonly message: string;
  readonly fix?: { readonly label: string; readonly edits: readonly Edit[]; readonly onByDefault: boolean; readonly seed?: Seed };
}

/** Folder on the machine that holds the stack, its releases and its data. */
export function stackFolder(lab: Lab, facts: MachineFacts): string {
  return `${facts.home}/skylab/${lab.stack}`;
}

const STORES = /(^|\/)(postgres|postgis|mysql|mariadb|mongo|redis|valkey|memcached|elasticsearch|opensearch|rabbitmq|cassandra|influxdb)\b/;
const ADMINS = /(^|\/)(adminer|phpmyadmin|pgadmin4?|mongo-express|portainer(-ce)?|redis-commander|kibana)\b/;
const SYSTEM_PATHS = /^\/(var\/run|run|etc|proc|sys|dev|usr|lib|tmp)(\/|$)/;
/** uid of `jovyan` in every Jupyter image: https://jupyter-docker-stacks.readthedocs.io */
const JOVYAN = 1000;

/** A scalar with one part of it replaced; its quotes stay. */
function replaceIn(lab: Lab, at: Placed, from: string, to: string): Edit {
  const { path, start, end } = at;
  return {
    path,
    start,
    end,
    text: textOf(lab, path)
      .slice(start, end)
      .replace(from, () => to),
  };
}

function unitFindings(lab: Lab, facts: MachineFacts): Draft[] {
  if (!lab.unit || !facts.systemd) return [];
  const workingDirectory = `${stackFolder(lab, facts)}/current`;
  const edits = adaptUnit(lab.unit, { stack: lab.stack, user: facts.user, group: facts.group, workingDirectory });
  if (edits.length === 0) return [];
  const what = [...lab.unit.text.matchAll(/^\s*((?:User|WorkingDirectory)\s*=.*?)\s*$/gm)].map(([, line]) => line).join(' and ');
  return [
    {
      id: `unit:${lab.unit.path}`,
      severity: 'warning',
      message: `${lab.unit.path} ${what === '' ? 'names no folder' : `says ${what}`}; on this machine the stack belongs to ${facts.user} and runs in ${workingDirectory}.`,
      fix: { label: 'Adapt the unit to this machine', edits, onByDefault: true },
    },
  ];
}

/** Where the files of a writable bind mount live, so that they outlast releases; relative to the stack's folder. */
function dataFolder(source: string, first: string | undefined): string {
  if (source.startsWith('.')) return posix.join('data', posix.normalize(source));
  if (first === undefined || source === first) return 'data';
  if (source.startsWith(`${first}/`)) return posix.join('data', source.slice(first.length + 1));
  return `data-${posix.basename(source).replace(/[^A-Za-z0-9._-]/g, '-')}`;
}

function looksLikeFolder(lab: Lab, source: string): boolean {
  const [top = '', ...rest] = posix.normalize(source).split('/');
  if (top === '.') return true;
  if (rest.length === 0) return lab.folder.folders.includes(top) || !lab.folder.entries.includes(top);
  return lab.folder.folders.includes(top) && posix.extname(source) === '';
}

function mountDraft(
  lab: Lab,
  facts: MachineFacts,
  mount: ComposeMount,
  users: readonly ComposeService[],
  first: string | undefined,
): Draft[] {
  const { source } = mount;
  const relative = source.startsWith('.') && !source.startsWith('..');
  const home = /^(\/home\/|\/Users\/|\/root\/|~)/.test(source);
  const missing = source.startsWith('/') && !SYSTEM_PATHS.test(source) && !facts.paths.includes(source);
  if (relative ? mount.readOnly || !looksLikeFolder(lab, source) : !home && !missing) return [];
  if (home && facts.paths.includes(source)) return [];
  const to = dataFolder(source, first);
  const target = `${stackFolder(lab, facts)}/${to}`;
  const jupyter = users.some((service) => /jupyter|notebook/i.test(service.image?.value ?? '')) || mount.target.startsWith('/home/jovyan');
  const edits = users.flatMap((service) =>
    service.mounts.filter((other) => other.source === source).map((other) => replaceIn(lab, other.at, source, target)),
  );
  const names = users.map((service) => service.name).join(', ');
  return [
    {
      id: `mount:${source}`,
      severity: 'warning',
      message: relative
        ? `${names} writes to ${source} inside the uploaded folder: work saved there would be left behind in an old release.`
        : `${names} uses ${source}, which does not exist on this machine: Docker would make it empty and owned by root.`,
      fix: {
        label: relative
          ? `Keep the work in ~/skylab/${lab.stack}/${to}, across deployments`
          : `Use ~/skylab/${lab.stack}/${to}, filled from the folder and kept across deployments`,
        edits,
        onByDefault: relative || home,
        seed: { from: relative ? posix.normalize(source) : '.', to, ...(jupyter ? { uid: JOVYAN } : {}) },
      },
    },
  ];
}

function mountFindings(lab: Lab, facts: MachineFacts): Draft[] {
  const mounts = lab.compose.services.flatMap((service) => service.mounts);
  const absolute = mounts.map((mount) => mount.source).filter((source) => source.startsWith('/') && !SYSTEM_PATHS.test(source));
  const seen = new Set<string>();
  return mounts.flatMap((mount) => {
    if (seen.has(mount.source)) return [];
    seen.add(mount.source);
    const users = lab.compose.services.filter((service) => service.mounts.some((other) => other.source === mount.source));
    return mountDraft(lab, facts, mount, users, absolute[0]);
  });
}

function imageFindings(lab: Lab): Draft[] {
  const drafts: Draft[] = [];
  for (const service of lab.compose.services) {
    const [, registry = '', rest = ''] =
      /^((?:docker\.io\/|index\.docker\.io\/)?)(jupyter\/[a-z-]+.*)$/.exec(service.image?.value ?? '') ?? [];
    if (!service.image || rest === '') continue;
    drafts.push({
      id: `image:${service.name}`,
      severity: 'warning',
      message: `${service.name} uses ${service.image.value}: these images get no updates on Docker Hub since October 2023.`,
      fix: {
        label: `Use quay.io/${rest}, where Jupyter publishes now`,
        edits: [replaceIn(lab, service.image, `${registry}${rest}`, `quay.io/${rest}`)],
        onByDefault: true,
      },
    });
  }
  const loose = lab.compose.services.filter(
    (service) => service.image && /^[^:@]*(:latest)?$/.test(service.image.value.replace(/^[^/]*:\d+\//, '')),
  );
  if (loose.length > 0) {
    const images = [...new Set(loose.map((service) => service.image?.value ?? ''))].join(', ');
    drafts.push({
      id: 'unpinned',
      severity: 'info',
      message: `Not pinned to a version, so that a later deployment may get another one: ${images}.`,
    });
  }
  return drafts;
}

/** A published port that anyone could reach past the password, or a store that has none of its own. */
function portFindings(lab: Lab): Draft[] {
  const front = caddyService(lab);
  const guarded = mainSite(lab)?.account !== undefined;
  return lab.compose.services.flatMap((service) => {
    const image = service.image?.value ?? '';
    const kind = STORES.test(image) ? 'a data store' : ADMINS.test(image) ? 'an administration page' : undefined;
    if (service === front || (kind === undefined && !guarded)) return [];
    const open = service.ports.filter((port) => port.hostIp === undefined || port.hostIp === '0.0.0.0' || port.hostIp === '[::]');
    if (open.length === 0) return [];
    const edits = open.flatMap((port) => {
      if (!port.at) return [];
      const bare = port.text.replace(/^(0\.0\.0\.0|\[::\]):/, '');
      const closed = port.published === undefined ? `127.0.0.1::${bare}` : `127.0.0.1:${bare}`;
      const raw = textOf(lab, port.at.path).slice(port.at.start, port.at.end);
      const text = /^["']/.test(raw) ? raw.replace(port.text, () => closed) : `"${closed}"`;
      return [{ path: port.at.path, start: port.at.start, end: port.at.end, text }];
    });
    const why = kind === undefined ? 'past the password that Caddy asks for' : `and it is ${kind}`;
    return [
      {
        id: `port:${service.name}`,
        severity: 'warning' as const,
        message: `${service.name} is published on all addresses (${open.map((port) => port.text).join(', ')}) ${why}. Docker’s ports pass by ufw.`,
        ...(edits.length === open.length ? { fix: { label: 'Publish it on 127.0.0.1 only', edits, onByDefault: true } } : {}),
      },
    ];
  });
}

function secretFindings(lab: Lab): Draft[] {
  return lab.compose.services.flatMap((service) => {
    const names = service.environment
      .filter(({ name, value }) => /PASSWORD|SECRET|TOKEN/i.test(name) && value !== undefined && value !== '' && !value.includes('$'))
      .map(({ name }) => name);
    if (names.length === 0) return [];
    const message = `${service.name} has ${names.join(', ')} written into ${lab.compose.file.path}: put \${${names[0] ?? ''}} there and the value into .env.`;
    return [{ id: `secret:${service.name}`, severity: 'warning' as const, message }];
  });
}

function collisionFindings(lab: Lab, facts: MachineFacts): Draft[] {
  const drafts: Draft[] = [];
  for (const { name, containerName } of lab.compose.services) {
    const other = containerName && facts.containers.find((box) => box.name === containerName.value && box.project !== lab.stack);
    if (!other) continue;
    drafts.push({
      id: `container:${name}`,
      severity: 'error',
      message: `The machine has a container ${other.name} already${other.project === '' ? '' : `, of the stack ${other.project}`}: ${name} cannot have that name too.`,
      fix: {
        label: `Call it ${lab.stack}-${containerName.value}`,
        edits: [replaceIn(lab, containerName, containerName.value, `${lab.stack}-${containerName.value}`)],
        onByDefault: true,
      },
    });
  }
  if (facts.current) return drafts;
  const ports = lab.compose.services.flatMap((service) => service.ports.map((port) => Number(port.published)));
  const taken = [...new Set(ports)].filter((port) => facts.listening.includes(port));
  if (taken.length > 0) {
    const message = `Something on the machine listens on port ${taken.join(' and ')} already: stop it first, or the stack cannot start.`;
    drafts.push({ id: 'ports-taken', severity: 'error', message });
  }
  return drafts;
}

/** Whether a service asks people to sign in itself, with an account elsewhere. */
function signsIn(lab: Lab): boolean {
  return lab.compose.services.some((service) => service.environment.some(({ name }) => /^(OAUTH|OIDC)_/.test(name)));
}

function caddyFindings(lab: Lab): Draft[] {
  const absent = (lab.caddy?.variables ?? []).filter(
    (variable) => variable.fallback === undefined && caddySource(lab, variable.name).kind === 'absent',
  );
  const drafts: Draft[] = [];
  if (absent.length > 0) {
    const names = absent.map((variable) => variable.name).join(', ');
    const message = `The Caddyfile uses ${names}, but no service passes it on to Caddy: add it to Caddy’s environment in ${lab.compose.file.path}.`;
    drafts.push({ id: 'caddy-variables', severity: 'error', message });
  }
  if (lab.caddy && mainSite(lab)?.account === undefined && !signsIn(lab)) {
    const message = 'The Caddyfile asks for no password: whoever finds the site can use it, and run code if it is a notebook.';
    drafts.push({ id: 'unprotected', severity: 'warning', message });
  }
  return drafts;
}

/** What Compose would refuse once the values are in. */
function faultFindings(lab: Lab, values: ReadonlyMap<string, string>): Draft[] {
  const said = (message: string, index: number): Draft => ({ id: `fault:${index}`, severity: 'error', message });
  try {
    const valueOf = (name: string) => values.get(name) ?? lab.env.get(name);
    return readProject(lab.compose.choice, textIn(lab.folder), valueOf, 'filled').faults.map(({ message }, i) => said(message, i));
  } catch (error) {
    if (error instanceof SkylabError) return [said(error.message, 0)];
    throw error;
  }
}

/**
 * Everything to know or to mend before publishing, the gravest first.
 * @param values what the form begins with
 */
export function findingsOf(lab: Lab, facts: MachineFacts, values: ReadonlyMap<string, string> = new Map()): Draft[] {
  const rank = { error: 0, warning: 1, info: 2 };
  return [
    ...faultFindings(lab, values),
    ...collisionFindings(lab, facts),
    ...caddyFindings(lab),
    ...unitFindings(lab, facts),
    ...mountFindings(lab, facts),
    ...portFindings(lab),
    ...secretFindings(lab),
    ...imageFindings(lab),
  ].sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/** The texts of the folder that a fix may change. */
export function textOf(lab: Lab, path: string): string {
  return [...lab.compose.files, lab.unit, lab.caddy?.file].find((file) => file?.path === path)?.text ?? '';
}

/** What the page shows of a finding. */
export function viewOf(lab: Lab, draft: Draft): DeployFinding {
  const { id, severity, message, fix } = draft;
  if (!fix) return { id, severity, message };
  return { id, severity, message, fix: { label: fix.label, onByDefault: fix.onByDefault, changes: changesOf(lab, fix.edits) } };
}

/** The files before and after some edits. */
export function changesOf(lab: Lab, edits: readonly Edit[]): FileChange[] {
  return [...new Set(edits.map((edit) => edit.path))].map((path) => {
    const before = textOf(lab, path);
    return { path, before, after: applyEdits(path, before, edits) };
  });
}
