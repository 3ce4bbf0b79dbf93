import { isCancelled, SkylabError } from '../errors';
import type { Step, StepIo } from '../operations/step';
import type { RemoteSession } from '../remote/session';
import { aliasFor } from '../ssh/alias';
import { fingerprintOf, parseConsoleHostKeys } from '../ssh/hostKeys';
import { HostTrust } from '../ssh/hostTrust';
import type { SshTarget } from '../ssh/model';
import { capabilitiesOf } from './capabilities';
import { awaitCloudInit, cloudInitFailure, ConsoleFollower, failingLines, type FirstBootOutcome } from './firstBoot';
import { isPlain } from './launching/firstBootPlan';
import { setUpOverSsh } from './launching/setUpOverSsh';
import { addressOf, type Launched, type LaunchRun } from './launchRun';
import { removeAccess } from './removal';
import { dialUntilIn } from './sshWait';
import { duration, forEachOf, waitFor } from './waiting';

/** Compares nothing yet, and connects to nothing: takes the host keys from the console, which only the machine itself can print to. */
export const trustStep: Step<LaunchRun> = {
  name: 'hostKey',
  title: 'Get the host key from the console',
  onFailure: 'keep',
  async run(launch, io) {
    const ours = (await launch.ports.hostEntries.list()).map((entry) => entry.alias as string);
    const taken = new Set([...launch.personsNames, ...ours]);
    for (const machine of launch.launched) {
      const target = targetOf(launch, machine, taken);
      taken.add(target.alias);
      machine.target = target;
    }
    await forEachOf(launch.launched, (machine) => keeping(launch, machine, () => trust(launch, machine, io)));
  },
  async undo(launch) {
    for (const { instance } of launch.launched) await launch.ports.knownHosts.forget(instance.id);
  },
};

function targetOf(launch: LaunchRun, { name, instance }: Launched, taken: ReadonlySet<string>): SshTarget {
  const hostName = addressOf(instance);
  if (hostName === undefined)
    throw new SkylabError(`${name} runs without an address.`, { next: 'It was kept: give it an elastic address, or terminate it.' });
  return {
    alias: aliasFor(name, taken),
    hostName,
    port: 22,
    user: launch.image?.loginUser ?? 'ec2-user',
    hostKeyAlias: instance.id,
    ...(launch.identityFile === undefined ? {} : { identityFile: launch.identityFile }),
  };
}

/**
 * Polls the console until it shows the host keys, which cloud-init prints at the very end of its work: until then the console tells what
 * the machine is doing. A console that stays as it is for too long cannot vouch, and the person is asked.
 */
async function trust(launch: LaunchRun, machine: Launched, io: StepIo): Promise<void> {
  const cloud = await launch.cloud();
  const { target } = machine;
  if (target === undefined) throw new Error('The target is set before.');
  const { consoleTimeoutMs, bootTimeoutMs, firstBootTimeoutMs, pollMs } = launch.settings;
  const patienceMs = capabilitiesOf(launch.account).console ? consoleTimeoutMs : 0;
  const follower = new ConsoleFollower();
  let shown: string | undefined;
  let changedAt = Date.now();
  io.report('waiting for the console');
  const look = async () => {
    const printed = await cloud.consoleOutput(machine.instance.id, io.signal);
    const keys = parseConsoleHostKeys(printed ?? '');
    if (printed !== undefined && printed !== shown) {
      shown = printed;
      changedAt = Date.now();
      showProgress(launch, machine, follower.read(printed), io);
    }
    if (keys.outcome === 'keys') {
      await launch.ports.knownHosts.trust(target.hostKeyAlias, keys.keys);
      for (const key of keys.keys) io.log(`${machine.name}: the console shows ${key.type} ${fingerprintOf(key)}`);
      return true;
    }
    const silent = Date.now() - changedAt;
    if (silent < patienceMs) return undefined;
    if (silent >= bootTimeoutMs) throw neverBooted(launch, machine);
    return askPerson(launch, machine.name, target, printed, io);
  };
  await waitFor(look, {
    signal: io.signal,
    // The first minute decides: "ready" comes no sooner than the keys are seen. After it, EC2's request limits matter more.
    everyMs: (looks) => (looks < 240 ? Math.min(250, pollMs) : 3_000) * launch.launched.length,
    timeoutMs: firstBootTimeoutMs,
    onTimeout: () => neverBooted(launch, machine),
  });
  // Booting was over when the console said so; from here on it is only the login.
  launch.bootDeadline = Date.now() + bootTimeoutMs;
}

/** @returns undefined while the machine cannot be reached, so that there is nothing to ask about yet */
async function askPerson(
  launch: LaunchRun,
  name: string,
  target: SshTarget,
  printed: string | undefined,
  io: StepIo,
): Promise<true | undefined> {
  const hasConsole = capabilitiesOf(launch.account).console;
  io.report(hasConsole ? 'the console shows no host key; trying SSH' : 'trying SSH');
  try {
    await new HostTrust(launch.ports).settle(name, target, hasConsole ? () => Promise.resolve(printed) : undefined, io.signal);
    return true;
  } catch (error) {
    if (error instanceof SkylabError && (error.code === 'Unreachable' || error.code === 'ConnectionLost')) return undefined;
    throw error;
  }
}

/** Feeds a piece of the set-up's log and shows what it says. */
function showProgress(launch: LaunchRun, machine: Launched, text: string, io: StepIo): void {
  const prefix = launch.launched.length > 1 ? `${machine.name}: ` : '';
  const { lines, progress } = machine.boot.feed(text);
  for (const line of lines) if (line.trim() !== '') io.log(`${prefix}${line}`);
  if (progress !== undefined) io.report(`${prefix}running first-boot set-up: ${progress.detail}`, progress.fraction);
}

/** Writes the entries, so that `ssh NAME` works in any terminal. */
export const sshStep: Step<LaunchRun> = {
  name: 'sshEntry',
  title: 'Write the ssh entry',
  onFailure: 'keep',
  async run(launch, io) {
    for (const { target } of launch.launched) {
      const entry = need(target);
      await io.created({ kind: 'hostEntry', id: entry.alias, label: `ssh entry ${entry.alias}` });
      await launch.ports.hostEntries.upsert(entry);
      io.log(`ssh ${entry.alias} reaches ${entry.user}@${entry.hostName}`);
    }
  },
  async undo(launch, io) {
    for (const { instance, target } of launch.launched) {
      await removeAccess(launch.ports, instance.id);
      if (target !== undefined) await io.forgotten({ kind: 'hostEntry', id: target.alias });
    }
  },
};

export const waitForSshStep: Step<LaunchRun> = {
  name: 'ssh',
  title: 'Wait for SSH',
  onFailure: 'keep',
  async run(launch, io) {
    io.report('waiting for SSH');
    try {
      await forEachOf(launch.launched, (machine) =>
        keeping(launch, machine, async () => {
          machine.session = await login(launch, machine, io.signal);
        }),
      );
    } catch (error) {
      launch.closeSessions();
      throw error;
    }
  },
  undo(launch) {
    launch.closeSessions();
    return Promise.resolve();
  },
};

export function login(launch: LaunchRun, machine: Launched, signal: AbortSignal): Promise<RemoteSession> {
  return dialUntilIn(machine.name, need(machine.target), launch.ports, {
    signal,
    timeoutMs: launch.bootDeadline - Date.now(),
    onTimeout: () => neverBooted(launch, machine),
  });
}

export const firstBootStep: Step<LaunchRun> = {
  name: 'firstBoot',
  title: 'First-boot set-up',
  onFailure: 'keep',
  async run(launch, io) {
    io.report('running first-boot set-up');
    try {
      await forEachOf(launch.launched, (machine) => keeping(launch, machine, () => firstBoot(launch, machine, io)));
    } finally {
      launch.closeSessions();
    }
  },
};

async function firstBoot(launch: LaunchRun, machine: Launched, io: StepIo): Promise<void> {
  const end = Date.now() + launch.settings.firstBootTimeoutMs;
  if (!capabilitiesOf(launch.account).userData) return setUpFromHere(launch, machine, io, end);
  for (;;) {
    const session = need(machine.session);
    try {
      const outcome = await followFirstBoot(session, launch, machine, io, end - Date.now());
      if (outcome.kind === 'failed') throw await setUpFailed(session, machine, io.signal);
      if (outcome.kind === 'warnings') io.log(`${machine.name}: first-boot set-up finished with warnings; see cloud-init status --long`);
      if (outcome.kind === 'noCloudInit') await setUpFromHere(launch, machine, io, end);
      return;
    } catch (error) {
      // A set-up may restart the machine.
      if (!(error instanceof SkylabError && error.code === 'ConnectionLost')) throw error;
      io.report(`waiting for SSH after ${machine.name} restarted`);
      launch.bootDeadline = end;
      machine.session = await login(launch, machine, io.signal);
    }
  }
}

/** What user data would have done, by SSH: the cloud or the image knows no cloud-init. @param end milliseconds since the epoch */
async function setUpFromHere(launch: LaunchRun, machine: Launched, io: StepIo, end: number): Promise<void> {
  const { plan, image } = launch;
  if (plan === undefined || (isPlain(plan) && plan.userData === '')) {
    io.log(`${machine.name} has no cloud-init: nothing to wait for`);
    return;
  }
  io.log(`${machine.name} runs no user data: it is set up over SSH`);
  const { setUpScript } = await import('./launching/setUpScript');
  await setUpOverSsh(need(machine.session), machine.name, setUpScript(plan, image?.loginUser ?? 'root'), {
    signal: io.signal,
    timeoutMs: end - Date.now(),
    onLine: (line) => showProgress(launch, machine, `${line}\n`, io),
  });
}

async function followFirstBoot(
  session: RemoteSession,
  launch: LaunchRun,
  machine: Launched,
  io: StepIo,
  leftMs: number,
): Promise<FirstBootOutcome> {
  try {
    return await session.run(awaitCloudInit(machine.boot.tail.length === 0 ? 'start' : 'now'), {
      signal: io.signal,
      timeoutMs: Math.max(1, leftMs),
      onOutput: (text, stream) => {
        if (stream === 'stdout') showProgress(launch, machine, text, io);
      },
    });
  } catch (error) {
    if (error instanceof SkylabError && error.code === 'RemoteCommandTimeout')
      throw new SkylabError(`First-boot set-up of ${machine.name} was not done within ${duration(launch.settings.firstBootTimeoutMs)}.`, {
        next: 'Connect and look: cloud-init status --long',
        code: 'FirstBootTimeout',
        cause: error,
      });
    throw error;
  }
}

async function setUpFailed(session: RemoteSession, { name, boot }: Launched, signal: AbortSignal): Promise<SkylabError> {
  let lines: readonly string[];
  try {
    lines = await session.run(cloudInitFailure(), { signal, timeoutMs: 15_000 });
  } catch (error) {
    if (isCancelled(error)) throw error;
    // What was followed so far has to do.
    lines = failingLines(boot.tail);
  }
  return new SkylabError(`First-boot set-up of ${name} failed: ${lines.join(' / ')}`, {
    next: 'All of it is in /var/log/cloud-init-output.log on the machine.',
    code: 'FirstBootFailed',
    remedies: [{ kind: 'showLog' }],
  });
}

function neverBooted(launch: LaunchRun, { name }: Launched): SkylabError {
  return new SkylabError(`${name} runs, but nobody could log in by SSH within ${duration(launch.settings.bootTimeoutMs)}.`, {
    next: 'The image may not have booted, or the group or network may not let SSH through.',
    code: 'NeverBooted',
  });
}

/** Adds to a failure what became of the machine: it was kept, costs money, and can be removed. */
export async function keeping(launch: LaunchRun, { name }: Launched, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (isCancelled(error)) throw error;
    const kept = `${name} was kept and costs money while it runs: connect to it later, or terminate it in the tree.`;
    const failure = error instanceof SkylabError ? error : new SkylabError(`${launch.label}: ${String(error)}`, { cause: error });
    throw new SkylabError(failure.message, {
      next: failure.next === undefined ? kept : `${failure.next} ${kept}`,
      cause: failure.cause ?? failure,
      remedies: failure.remedies,
      ...(failure.code === undefined ? {} : { code: failure.code }),
    });
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('An earlier step sets this.');
  return value;
}
