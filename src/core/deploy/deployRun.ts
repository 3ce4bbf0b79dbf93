import { createHash, randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type { DeployAnswers } from '../../shared/deployModel';
import type { Machine } from '../cloud/model';
import { SkylabError } from '../errors';
import type { StepIo } from '../operations/step';
import type { RemoteCommand } from '../remote/command';
import type { RemoteSession, RunOptions } from '../remote/session';
import { Secret } from '../secret';
import type { MachineAccess } from '../ssh/access';
import type { Uploader } from '../transfer/upload';
import type { DeployPorts, Deployment } from './deployer';
import { EnvFile } from './envFile';
import type { MachineFacts } from './facts';
import { factsCommand } from './facts';
import type { GateLimits } from './gate';
import { GATE_LIMITS } from './gate';
import { stackFolder } from './findings';
import { hashIn } from './lab';
import type { DeployCase, DeployPlan } from './plan';
import { decide, envText } from './plan';
import { RECORD_FILE, recordText, releaseId } from './releases';
import { RemoteLock } from './remoteLock';
import type { StackPlace } from './stackHost';
import { ailing } from './stackHost';
import type { NamedUnit, UnitState } from './unitCommands';
import { isSecret } from './update';

export interface RunTools {
  readonly access: MachineAccess;
  readonly uploader: Uploader;
  readonly ports: DeployPorts;
  readonly remember: (deployment: Deployment | undefined) => Promise<void>;
  readonly recalled: Deployment | undefined;
}

/** The state of one deployment: what its steps share. */
export class DeployRun {
  readonly plan: DeployPlan;
  readonly id = releaseId(new Date(), randomUUID());
  facts: MachineFacts;
  lock: RemoteLock | undefined;
  /** The password that was typed for the site, to prove it with; undefined when a kept one serves on. */
  password?: Secret;
  overrides: ReadonlyMap<string, Buffer> = new Map();
  digest = '';
  /** The same files serve already: only the proof is left to do. */
  unchanged = false;
  /** Absolute path of the release that served before. */
  previous?: string;
  /** Its address; empty where none was published. */
  previousUrl = '';
  /** It asked for a password. */
  previousGuarded = false;
  /** The unit that started it at boot. */
  previousUnit?: string;
  /** Its unit, where this release has one of another name or none. */
  unitRetired?: NamedUnit;
  unitBefore?: UnitState;
  volumesBefore: readonly string[] = [];
  /** How often Docker had started each container anew before this release. */
  restartsBefore: ReadonlyMap<string, number> = new Map();
  /** Containers were made or changed: from here on there is something to put back. */
  touched = false;
  /** When the services were started: milliseconds since the epoch. */
  startedAt = 0;
  /** When the unit was started. */
  unitStartedAt = 0;
  /** The way back went well. */
  back?: { readonly proof?: string };
  /** The machine does not answer any more: no use in trying. */
  away = false;
  /** What was seen there after a way back that failed. */
  last?: MachineFacts;
  #looked = false;

  constructor(
    readonly deployCase: DeployCase,
    answers: DeployAnswers,
    readonly machine: Machine,
    readonly tools: RunTools,
  ) {
    this.plan = decide(deployCase, answers);
    this.facts = deployCase.facts;
  }

  get folder(): string {
    return stackFolder(this.deployCase.lab, this.facts);
  }

  /** The new release, or the one that serves when nothing changed. */
  get release(): string {
    return this.unchanged && this.previous !== undefined ? this.previous : `${this.folder}/releases/${this.id}`;
  }

  get place(): StackPlace {
    return { stack: this.deployCase.lab.stack, folder: this.folder, sudo: !this.facts.dockerDirect && this.facts.user !== 'root' };
  }

  get limits(): GateLimits {
    return { ...GATE_LIMITS, ...this.tools.ports.limits };
  }

  /** A text of the machine's without the secrets of this deployment. */
  safe(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '••••••••');
    return shown;
  }

  session(signal?: AbortSignal): Promise<RemoteSession> {
    return this.tools.access.session(this.machine, signal);
  }

  async remote<T>(command: RemoteCommand<T>, io: Pick<StepIo, 'signal'>, options: Omit<RunOptions, 'signal'> = {}): Promise<T> {
    const session = await this.session(io.signal);
    return session.run(command, { signal: io.signal, ...options });
  }

  /** Takes the lock, or takes it again after a lost connection, and looks around in the same round trip. */
  async takeLock(io: Pick<StepIo, 'signal'>): Promise<void> {
    const { stack } = this.deployCase.lab;
    const owner = this.tools.ports.owner ?? 'another Skylab';
    const session = await this.session(io.signal);
    const taken = await RemoteLock.takeAndLook(session, stack, owner, this.#look, { signal: io.signal, token: this.id });
    this.lock = taken.lock;
    this.#saw(taken.looked);
  }

  /** Asks the machine anew: Docker may have come. */
  async lookAgain(io: Pick<StepIo, 'signal'>): Promise<void> {
    this.#saw(await this.remote(this.#look, io));
  }

  get #look(): RemoteCommand<MachineFacts> {
    const unit = this.plan.unit?.name;
    return factsCommand(this.deployCase.lab.stack, [...this.deployCase.facts.paths], unit === undefined ? {} : { unit });
  }

  #saw(facts: MachineFacts): void {
    this.facts = facts;
    // what served before is what served at the first look; later ones may find the new release
    if (this.#looked) return;
    this.#looked = true;
    if (!facts.current) return;
    this.previous = `${this.folder}/releases/${facts.current.id}`;
    this.previousUrl = facts.current.record?.url ?? '';
    this.previousGuarded = facts.current.record?.guarded === true;
    if (facts.current.record?.unit !== undefined) this.previousUnit = facts.current.record.unit;
  }

  /** Makes the .env, the changed copies and the digest; finds out whether there is anything to do. */
  async prepare(io: StepIo): Promise<void> {
    const { lab } = this.deployCase;
    await this.#refuseChangedFolder();
    const secrets = new Map<string, string>();
    const prior = this.facts.current?.env === undefined ? undefined : EnvFile.parse(this.facts.current.env);
    for (const answer of this.plan.passwords) {
      const value =
        answer.typed === '' ? answer.kept : answer.hashed ? await this.#hash(answer.key, answer.typed, prior, io) : answer.typed;
      if (value !== undefined) secrets.set(answer.key, value);
      if (answer.typed !== '' && answer.key === this.plan.protection?.passwordKey) this.password = new Secret(answer.typed);
    }
    const overrides = new Map<string, Buffer>();
    for (const [path, text] of this.plan.files) overrides.set(path, Buffer.from(text));
    overrides.set(this.envPath, Buffer.from(envText(lab, this.plan.values, secrets)));
    io.report('comparing with what is there');
    const files = await this.tools.ports.reader.digest(lab.folder.root, overrides, io.signal);
    const { unit, seeds, url } = this.plan;
    this.digest = createHash('sha256')
      .update(JSON.stringify([files, unit, seeds, url]))
      .digest('hex');
    const { owner } = this.tools.ports;
    const made = { id: this.id, stack: lab.stack, digest: this.digest, url };
    const record = {
      ...made,
      ...(unit ? { unit: unit.name, unitText: unit.text } : {}),
      ...(this.plan.protection ? { guarded: true } : {}),
      ...(owner === undefined ? {} : { by: owner }),
    };
    overrides.set(RECORD_FILE, Buffer.from(recordText(record)));
    this.overrides = overrides;
    this.#noteSecrets(secrets, prior);
    this.unchanged = this.facts.current?.record?.digest === this.digest && this.#serves();
    io.report(
      this.unchanged ? 'nothing has changed since the last deployment' : this.facts.current ? 'there are changes' : 'first deployment',
    );
  }

  get envPath(): string {
    return this.deployCase.lab.folder.env?.path ?? '.env';
  }

  /** The stack's own files, which have no place among a person's work. */
  get ownFiles(): readonly string[] {
    const { lab } = this.deployCase;
    const known = [...lab.compose.files, lab.caddy?.file, ...lab.folder.units].flatMap((file) =>
      file ? [posix.normalize(file.path)] : [],
    );
    const overrides = lab.folder.entries.filter((entry) => /^(docker-)?compose(\..*)?\.ya?ml$/.test(entry));
    return [...new Set([this.envPath, ...known, ...overrides])];
  }

  /** The page's texts are what would be uploaded: a file edited since then must not be lost. */
  async #refuseChangedFolder(): Promise<void> {
    const { folder } = this.deployCase.lab;
    const now = await this.tools.ports.reader.read(folder.root);
    const textOf = (of: typeof folder) =>
      [of.compose, ...[...of.texts].map(([path, text]) => ({ path, text })), of.env, of.caddyfile, ...of.units].map((file) => [
        file?.path,
        file?.text,
      ]);
    if (JSON.stringify(textOf(now)) === JSON.stringify(textOf(folder))) return;
    throw new SkylabError(`The files in ${folder.name} have changed since this page was opened.`, {
      next: 'Open the deploy page again, so that it shows them as they are.',
      code: 'FolderChanged',
    });
  }

  /** A hash is salted, so the same password keeps the hash that serves: otherwise every deployment would be a change. */
  async #hash(key: string, typed: string, prior: EnvFile | undefined, io: StepIo): Promise<string> {
    const { hasher } = this.tools.ports;
    const password = new Secret(typed);
    const old = prior ? hashIn(prior, key) : undefined;
    io.report('hashing the password on this computer');
    if (old !== undefined && (await hasher.verify(password, old))) return old;
    return hasher.hash(password, io.signal);
  }

  #serves(): boolean {
    const services = this.facts.services ?? [];
    const running = new Set(services.filter(({ state }) => state === 'running').map(({ service }) => service));
    if (running.size === 0 || ailing(services).length > 0) return false;
    const { unit } = this.plan;
    if (!unit || !this.facts.root) return true;
    const state = this.facts.unit;
    return state?.active === 'active' && state.enabled === 'enabled' && state.text === unit.text;
  }

  #secrets: readonly string[] = [];

  /** What services may print that nobody else is to read, now or before this release. */
  #noteSecrets(secrets: ReadonlyMap<string, string>, prior: EnvFile | undefined): void {
    const passwords = new Set(this.plan.passwords.map(({ key }) => key));
    const before = (prior?.keys() ?? []).flatMap((key) => {
      const value = prior?.get(key);
      return value !== undefined && (passwords.has(key) || isSecret(key, value)) ? [value] : [];
    });
    const now = [...this.plan.values].flatMap(([key, value]) => (isSecret(key, value) ? [value] : []));
    const typed = this.plan.passwords.map((password) => password.typed);
    // a shorter one would turn up in every other word
    this.#secrets = [...secrets.values(), ...before, ...now, ...typed].filter((value) => value.length >= 6);
  }
}
