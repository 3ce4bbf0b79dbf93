import { posix } from 'node:path';
import type { DeployField, DeployFinding, FileChange } from '../../shared/deployModel';
import type { ComposeMount, ComposeService } from './compose/service';
import type { Edit } from './edits';
import type { ComposeProject } from './compose/project';
import { readProject } from './compose/project';
import { leaf } from './compose/tree';
import { applyEdits } from './edits';
import { SkylabError } from '../errors';
import type { EnvFile } from './envFile';
import type { MachineFacts } from './facts';
import type { Lab } from './lab';
import { caddySource, mainSite, textIn } from './lab';
import type { Draft } from './review/draft';
import { imageName, replaceIn, textOf } from './review/draft';
import { healthFindings, restartFindings } from './review/health';
import { outsideFindings } from './review/outside';
import { portFindings } from './review/ports';
import { rightsFindings } from './review/rights';
import { keyFindings, maskEdits, secretFindings, writtenSecrets } from './review/secrets';
import { maskInline, maskSecrets } from './stacks/mask';
import { adaptUnit } from './unitFile';

/** Folder on the machine that holds the stack, its releases and its data. */
export function stackFolder(lab: Lab, facts: MachineFacts): string {
  return `${facts.home}/skylab/${lab.stack}`;
}

const SYSTEM_PATHS = /^\/(var\/run|run|etc|proc|sys|dev|usr|lib|tmp)(\/|$)/;
/** Users of images that do not take their folders over themselves, by the image's name. jovyan is 1000 in every Jupyter image. */
const IMAGE_USERS: readonly (readonly [RegExp, number])[] = [
  [/jupyter|notebook/i, 1000],
  [/^grafana(-oss|-enterprise)?$/, 472],
  [/^(prometheus|alertmanager)$/, 65534],
  [/^(loki|tempo|mimir)$/, 10001],
  [/^(elasticsearch|opensearch|kibana|jenkins|n8n|node-red|uptime-kuma-rootless|actual-server)$/, 1000],
];

/** The numeric user that writes into the service's mounts, where it is not root. */
function uidOf(service: ComposeService): number | undefined {
  const [, said] = /^(\d+)(?::\d+)?$/.exec(leaf(service.tree, 'user')?.text ?? '') ?? [];
  if (said !== undefined) return said === '0' ? undefined : Number(said);
  if (/jupyter|notebook/i.test(service.image?.value ?? '')) return 1000;
  const name = imageName(service);
  return IMAGE_USERS.find(([pattern]) => pattern.test(name))?.[1];
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
  const uid = mount.target.startsWith('/home/jovyan') ? 1000 : users.map(uidOf).find((one) => one !== undefined);
  const edits = users.flatMap((service) =>
    service.mounts.filter((other) => other.source === source).map((other) => replaceIn(lab, other.at, source, target)),
  );
  const names = users.map((service) => service.name).join(', ');
  const foreign = uid !== undefined && uid !== facts.uid;
  return [
    {
      id: `mount:${source}`,
      severity: 'warning',
      at: mount.at,
      message: relative
        ? `${names} writes to ${source} inside the uploaded folder: ${foreign ? `it belongs to another user than ${uid}, who writes, and ` : ''}work saved there would be left behind in an old release.`
        : `${names} uses ${source}, which does not exist on this machine: Docker would make it empty and owned by root.`,
      fix: {
        label: relative
          ? `Keep the work in ~/skylab/${lab.stack}/${to}, across deployments`
          : `Use ~/skylab/${lab.stack}/${to}, filled from the folder and kept across deployments`,
        edits,
        onByDefault: relative || home,
        seed: { from: relative ? posix.normalize(source) : '.', to, ...(uid === undefined ? {} : { uid }) },
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
      at: service.image,
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
      ...(loose[0]?.image ? { at: loose[0].image } : {}),
      message: `Not pinned to a version, so that a later deployment may get another one: ${images}.`,
    });
  }
  return drafts;
}

function collisionFindings(lab: Lab, facts: MachineFacts, { services }: ComposeProject): Draft[] {
  const drafts: Draft[] = [];
  for (const { name, containerName } of lab.compose.services) {
    const other = containerName && facts.containers.find((box) => box.name === containerName.value && box.project !== lab.stack);
    if (!other) continue;
    drafts.push({
      id: `container:${name}`,
      severity: 'error',
      at: containerName,
      message: `The machine has a container ${other.name} already${other.project === '' ? '' : `, of the stack ${other.project}`}: ${name} cannot have that name too.`,
      fix: {
        label: `Call it ${lab.stack}-${containerName.value}`,
        edits: [replaceIn(lab, containerName, containerName.value, `${lab.stack}-${containerName.value}`)],
        onByDefault: true,
      },
    });
  }
  if (facts.current) return drafts;
  const ports = services.flatMap((service) => service.ports.map((port) => Number(port.published)));
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

/** The files with the form's values in them, and what Compose would refuse of that. */
function filledProject(lab: Lab, values: ReadonlyMap<string, string>): { project?: ComposeProject; drafts: Draft[] } {
  const said = (message: string, index: number): Draft => ({ id: `fault:${index}`, severity: 'error', message });
  try {
    const valueOf = (name: string) => values.get(name) ?? lab.env.get(name);
    const project = readProject(lab.compose.choice, textIn(lab.folder), valueOf, 'filled');
    return { project, drafts: project.faults.map(({ message }, i) => said(message, i)) };
  } catch (error) {
    if (error instanceof SkylabError) return { drafts: [said(error.message, 0)] };
    throw error;
  }
}

/** What Compose would refuse of the files with these values in them, each with file and line. */
export function composeFaults(lab: Lab, values: ReadonlyMap<string, string>): readonly string[] {
  return filledProject(lab, values).drafts.map(({ message }) => maskInline(message));
}

/** What the form begins with, and what the release that serves has in its .env. */
interface Given {
  readonly values?: ReadonlyMap<string, string>;
  readonly prior?: ReadonlyMap<string, string>;
}

/** @param prior the .env of the release that serves */
export function givenBy(fields: readonly DeployField[], prior: EnvFile | undefined): Given {
  const known = (prior?.keys() ?? []).map((key) => [key, prior?.get(key) ?? ''] as const);
  return { values: new Map(fields.map(({ key, value }) => [key, value])), prior: new Map(known) };
}

/** Everything to know or to mend before publishing, the gravest first. */
export function findingsOf(lab: Lab, facts: MachineFacts, given: Given = {}): Draft[] {
  const filled = filledProject(lab, given.values ?? new Map());
  const rank = { error: 0, warning: 1, info: 2 };
  return [
    ...filled.drafts,
    ...collisionFindings(lab, facts, filled.project ?? lab.compose),
    ...caddyFindings(lab),
    ...unitFindings(lab, facts),
    ...mountFindings(lab, facts),
    ...outsideFindings(lab),
    ...portFindings(lab),
    ...rightsFindings(lab),
    ...keyFindings(lab),
    ...secretFindings(lab, facts, given.prior ?? new Map()),
    ...healthFindings(lab),
    ...imageFindings(lab),
    ...restartFindings(lab),
  ].sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/** What the page shows of a finding. */
export function viewOf(lab: Lab, draft: Draft): DeployFinding {
  const { id, severity, at, fix } = draft;
  const message = maskInline(draft.message);
  const place = at ? { where: `${at.path}:${at.line}` } : {};
  if (!fix) return { id, severity, message, ...place };
  return {
    id,
    severity,
    message,
    ...place,
    fix: { label: fix.label, onByDefault: fix.onByDefault, changes: shownChanges(lab, fix.edits) },
  };
}

/** The files before and after some edits. What several services share through an anchor is edited once. */
export function changesOf(lab: Lab, all: readonly Edit[]): FileChange[] {
  const edits = [...new Map(all.map((edit) => [`${edit.path} ${edit.start} ${edit.end} ${edit.text}`, edit])).values()];
  return [...new Set(edits.map((edit) => edit.path))].map((path) => {
    const before = textOf(lab, path);
    return { path, before, after: applyEdits(path, before, edits) };
  });
}

/** The same for a person's eyes: passwords that stand in the files are masked. */
export function shownChanges(lab: Lab, edits: readonly Edit[]): FileChange[] {
  const masks = maskEdits(lab);
  const secrets = writtenSecrets(lab);
  const touched = new Set(edits.map((edit) => edit.path));
  return changesOf(lab, [...edits, ...masks.filter((mask) => touched.has(mask.path))]).map(({ path, before, after }) => ({
    path,
    before: maskSecrets(applyEdits(path, before, masks), secrets),
    after: maskSecrets(after, secrets),
  }));
}
