import { posix } from 'node:path';
import type { DeployAnswers, DeployField, DeployForm, DeployPlanView, FileChange, StackChoices } from '../../shared/deployModel';
import { composeCandidates, writeChoice } from './compose/sources';
import { applyEdits } from './edits';
import type { Edit } from './edits';
import { EnvFile } from './envFile';
import type { MachineFacts } from './facts';
import { fieldProblems, keptPassword } from './fields';
import { changesOf, shownChanges, stackFolder, viewOf } from './findings';
import type { Draft, Seed } from './review/draft';
import { textOf } from './review/draft';
import type { Lab, Protection } from './lab';
import { protectionOf, siteUrl } from './lab';
import { interpolate } from './interpolation';
import { generateUnit } from './unitFile';
import { MASK, maskInline } from './stacks/mask';
import { compareVersions } from './versions';
import { notebooksOf } from './notebooks';
import { typedFaults } from './typedFaults';
import type { Serving } from './update';
import { updateOf } from './update';

/** What a deployment is about: the folder read, the machine asked, the form made. */
export interface DeployCase {
  readonly lab: Lab;
  readonly facts: MachineFacts;
  readonly machineName: string;
  /** The address that browsers reach. */
  readonly address: string;
  readonly fields: readonly DeployField[];
  readonly drafts: readonly Draft[];
  /** The .env that serves on the machine now. */
  readonly prior?: EnvFile;
  /** The files on both sides, where a release serves already. */
  readonly serving?: Serving;
}

/** A password field and what becomes of it. */
interface PasswordAnswer {
  readonly key: string;
  /** What was typed; empty when the kept value serves on. */
  readonly typed: string;
  readonly hashed: boolean;
  /** The hash or secret that is in place already. */
  readonly kept?: string;
}

/** Everything that follows from the answers, before anything is done. */
export interface DeployPlan {
  readonly url: string;
  readonly protection?: Protection;
  readonly values: ReadonlyMap<string, string>;
  readonly passwords: readonly PasswordAnswer[];
  /** Path -> text of the uploaded copies that differ from the folder's; the .env is not among them. */
  readonly files: ReadonlyMap<string, string>;
  readonly seeds: readonly Seed[];
  readonly unit?: { readonly name: string; readonly text: string };
  readonly changes: readonly FileChange[];
}

/** `docker compose up --wait` came with 2.1.1, `ps --format json` in today's shape before 2.21: older ones are replaced. */
const MIN_COMPOSE = '2.1.1';

/** Whether Docker or its Compose plugin has to be installed. */
export function needsDocker(facts: MachineFacts): boolean {
  return facts.dockerVersion === undefined || facts.composeVersion === undefined || compareVersions(facts.composeVersion, MIN_COMPOSE) < 0;
}

function fileCount(lab: Lab): string[] {
  const { folder, compose, caddy, unit } = lab;
  const notebooks = folder.notebooks.length;
  const others = folder.units.filter((file) => file !== unit).map((file) => `${file.path} (left alone: it does not run this stack)`);
  const services = compose.services.length;
  return [
    `${compose.files.map((file) => file.path).join(' + ')}: ${services} ${services === 1 ? 'service' : 'services'}`,
    ...(compose.resting.length > 0 ? [`${compose.resting.map((service) => service.name).join(', ')}: only with a profile`] : []),
    ...(folder.env ? [`${folder.env.path}: ${lab.env.keys().length} variables`] : []),
    ...(caddy ? [caddy.file.path] : []),
    ...(unit ? [`${unit.path}: systemd unit`] : []),
    ...others,
    ...(notebooks > 0 ? [`${notebooks} ${notebooks === 1 ? 'notebook' : 'notebooks'}`] : []),
  ];
}

/** What can be chosen of the folder's Compose files; undefined for one file without profiles. */
function choicesOf(lab: Lab): StackChoices | undefined {
  const { choice, profiles, services, resting } = lab.compose;
  const files = [...new Set([...choice.files, ...composeCandidates(lab.folder.entries)])];
  if (files.length < 2 && profiles.length === 0) return undefined;
  const all = [...services, ...resting];
  return {
    chosen: choice,
    files,
    profiles: profiles.map((name) => ({ name, services: all.filter((one) => one.profiles.includes(name)).map((one) => one.name) })),
  };
}

/** The form of the deploy page. */
export function formOf(deployCase: DeployCase): DeployForm {
  const { lab, fields, drafts, machineName } = deployCase;
  const values = new Map(fields.map((field) => [field.key, field.value]));
  const fill = (text: string) => interpolate(text, (name) => values.get(name));
  const choices = choicesOf(lab);
  return {
    folderName: lab.folder.name,
    machineName,
    ...(choices ? { choices } : {}),
    ...(lab.folder.env ? { hasEnv: true } : {}),
    found: fileCount(lab),
    services: lab.compose.services.map((service) => ({
      name: service.name,
      image: service.image ? maskInline(fill(service.image.value)) : 'built from the folder',
      ports: service.ports.map((port) => fill(port.text)),
    })),
    fields,
    findings: drafts.map((draft) => viewOf(lab, draft)),
  };
}

/** File name of the unit that starts the stack at boot. */
export function unitNameOf(lab: Lab): string {
  return lab.unit ? posix.basename(lab.unit.path) : `skylab-${lab.stack}.service`;
}

/** What follows from the answers. Pure: nothing is asked, hashed or sent. */
export function decide(deployCase: DeployCase, answers: DeployAnswers): DeployPlan {
  const { lab, facts, fields, drafts, address, prior } = deployCase;
  const values = new Map<string, string>();
  const passwords: PasswordAnswer[] = [];
  for (const field of fields) {
    if (field.kind !== 'password') {
      values.set(field.key, (answers.values[field.key] ?? field.value).trim());
      continue;
    }
    const hashed = field.hashed === true;
    const kept = keptPassword(lab, field.key, hashed, prior);
    passwords.push({ key: field.key, typed: answers.values[field.key] ?? '', hashed, ...(kept === undefined ? {} : { kept }) });
  }
  const fixes = drafts.flatMap((draft) => (draft.fix && answers.fixes.includes(draft.id) ? [draft.fix] : []));
  const edits: Edit[] = fixes.flatMap((fix) => [...fix.edits]);
  for (const [key, kept] of fixes.flatMap((fix) => [...(fix.secrets ?? [])])) passwords.push({ key, typed: '', hashed: false, kept });
  const changes = changesOf(lab, edits);
  const valueOf = (key: string) => values.get(key);
  const protection = protectionOf(lab, valueOf);
  const unit = unitOf(deployCase, edits);
  const generated = unit && !lab.unit ? [{ path: `/etc/systemd/system/${unit.name}`, before: '', after: unit.text }] : [];
  return {
    url: siteUrl(lab, address, valueOf),
    ...(protection ? { protection } : {}),
    values,
    passwords,
    files: new Map(changes.map((change) => [change.path, change.after])),
    seeds: fixes.flatMap((fix) => (fix.seed ? [fix.seed] : [])),
    ...(unit ? { unit } : {}),
    changes: [...envChange(lab, values, passwords), ...shownChanges(lab, edits), ...generated],
  };

  function unitOf({ lab: { unit: own, stack } }: DeployCase, chosen: readonly Edit[]): { name: string; text: string } | undefined {
    if (!facts.systemd) return undefined;
    const name = unitNameOf(lab);
    if (own) return { name, text: applyEdits(own.path, textOf(lab, own.path), chosen) };
    const place = { stack, user: facts.user, group: facts.group, workingDirectory: `${stackFolder(lab, facts)}/current` };
    return { name, text: generateUnit(place) };
  }
}

/** The .env with the answers in it. @param secrets key -> value of every password that is known by now */
export function envText(lab: Lab, values: ReadonlyMap<string, string>, secrets: ReadonlyMap<string, string>): string {
  const env = EnvFile.parse(lab.folder.env?.text ?? '');
  for (const [key, value] of [...values, ...secrets]) {
    if (!env.has(key) && value === '') continue;
    if (env.get(key) !== value) env.set(key, value);
  }
  writeChoice(env, lab.folder.entries, lab.compose.choice);
  // commands typed by hand and the unit then mean the same Compose project as Skylab
  if (env.get('COMPOSE_PROJECT_NAME') !== lab.stack) env.set('COMPOSE_PROJECT_NAME', lab.stack);
  return env.toString();
}

function envChange(lab: Lab, values: ReadonlyMap<string, string>, passwords: readonly PasswordAnswer[]): FileChange[] {
  const masked = new Map(passwords.filter(({ typed, kept }) => typed !== '' || kept !== undefined).map(({ key }) => [key, MASK]));
  const path = lab.folder.env?.path ?? '.env';
  const before = EnvFile.parse(lab.folder.env?.text ?? '');
  for (const { key } of passwords) if ((before.entry(key)?.written ?? '') !== '') before.set(key, MASK);
  return [{ path, before: before.toString(), after: envText(lab, values, masked) }].filter((change) => change.before !== change.after);
}

/** The steps as the person reads them before saying yes. */
function stepsOf(deployCase: DeployCase, plan: DeployPlan): { title: string; detail: string }[] {
  const { lab, facts, machineName } = deployCase;
  const hashed = plan.passwords.filter((password) => password.hashed && password.typed !== '').length;
  const folder = `~/skylab/${lab.stack}`;
  const images = [...new Set(lab.compose.services.flatMap((service) => (service.image ? [service.image.value] : [])))].length;
  const docker = facts.dockerVersion === undefined ? 'Docker and its Compose plugin' : 'the Compose plugin';
  return [
    {
      title: 'Prepare the files',
      detail: hashed > 0 ? 'The password is hashed on this computer; only the hash is sent.' : 'Your own files stay as they are.',
    },
    ...(needsDocker(facts)
      ? [{ title: 'Install Docker', detail: `${docker} on ${facts.os.prettyName}; ${facts.user} joins the group docker.` }]
      : []),
    { title: 'Upload the folder', detail: `To ${folder}/releases on ${machineName}; the last five releases are kept.` },
    ...plan.seeds.map((seed) => ({
      title: 'Keep the work',
      detail: `${folder}/${seed.to} gets the folder’s files that are not there yet; what was changed on the machine stays.`,
    })),
    { title: 'Check and pull', detail: `docker compose config, then ${images} ${images === 1 ? 'image' : 'images'}.` },
    {
      title: 'Start the stack',
      detail: facts.current
        ? 'Changed services are made anew, which takes them away for a moment; volumes stay.'
        : 'docker compose up --wait on the machine.',
    },
    ...(plan.unit ? [{ title: 'Start at boot', detail: `${plan.unit.name} is checked, installed and enabled.` }] : []),
    { title: 'Prove the site', detail: proofDetail(plan) },
  ];
}

function proofDetail(plan: DeployPlan): string {
  if (plan.url === '') return 'Nothing is published: the services have to run.';
  if (!plan.protection) return `${plan.url} has to answer. It asks for no password.`;
  const password = plan.passwords.find(({ key }) => key === plan.protection?.passwordKey);
  const open = password && password.typed !== '' ? ' and 200 with it' : '; the kept password cannot be tried from here';
  return `${plan.url} has to answer 401 without the password, 401 with a wrong one${open}.`;
}

/** The plan as the page shows it, secrets masked. */
export function planDeploy(deployCase: DeployCase, answers: DeployAnswers): DeployPlanView {
  const plan = decide(deployCase, answers);
  const update = updateOf(deployCase, plan);
  return {
    url: plan.url,
    ...(update ? { update } : {}),
    notebooks: notebooksOf(deployCase.lab, plan.url),
    steps: stepsOf(deployCase, plan),
    changes: plan.changes,
    problems: {
      ...typedFaults(deployCase.lab, deployCase.fields, plan.values),
      ...fieldProblems(deployCase.lab, deployCase.fields, answers, deployCase.address),
    },
  };
}
