import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'ssh2';
import { parseConsoleHostKeys } from '../../src/core/ssh/hostKeys';
import { World } from '../integration/cloud/world';
import { startPracticeCloud, type PracticeCloud } from '../practice-cloud/cloud';
import { median, result, type BenchResult } from './harness';

const BUDGET_MS = 1000;
const ROUNDS = 3;
const LOOK_MS = 50;
const PATIENCE_MS = 120_000;

/** Milliseconds since the epoch. */
interface Round {
  /** An independent client was first let in by sshd with the key. */
  readonly accepted: number;
  /** The console first showed the host keys, without which Skylab connects to nothing. */
  readonly console: number;
  /** The machine itself had finished its first-boot set-up. */
  readonly setUp: number;
  /** Skylab's launch was done. */
  readonly ready: number;
}

/** From the moment at which sshd accepts the key, as seen by a client of its own, to a launch of Skylab's that is done. */
export default async function bench(): Promise<BenchResult> {
  const cloud = await startPracticeCloud();
  try {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await oneLaunch(cloud));
    const of = (pick: (round: Round) => number): number => Math.round(median(rounds.map(pick)));
    return result({
      bench: 'ready',
      unit: 'ms',
      ours: of(({ ready, accepted }) => ready - accepted),
      peer: BUDGET_MS,
      peerName: 'budget',
      limit: 1,
      consoleAfterAcceptedMs: of((round) => round.console - round.accepted),
      setUpAfterAcceptedMs: of(({ setUp, accepted }) => setUp - accepted),
      afterConsoleMs: of((round) => round.ready - round.console),
      afterSetUpMs: of(({ ready, setUp }) => ready - setUp),
    });
  } finally {
    await cloud.stop();
  }
}

async function oneLaunch(cloud: PracticeCloud): Promise<Round> {
  const world = await World.open(cloud);
  // As the extension itself launches: with the defaults.
  world.settings = { owner: 'ada', version: '0.1.0' };
  try {
    const before = new Set((await cloud.machines()).map(({ id }) => id));
    const spec = await world.spec();
    const operation = world.launcher.launch(spec);
    const done = operation.outcome.then((outcome) => {
      if (outcome.kind !== 'done') throw new Error(`The launch ended as ${outcome.kind}.\n${operation.log.join('\n')}`);
      return Date.now();
    });
    const watched = watch(cloud, world, before);
    watched.catch(() => undefined);
    const [ready, seen] = await Promise.all([done, watched]);
    const [machine] = world.machines.of(world.account.id);
    if (machine === undefined) throw new Error('The launched machine is not listed.');
    await world.lifecycle.terminate(machine, { keyPair: true, securityGroup: true }).outcome;
    return { ...seen, ready };
  } finally {
    await world.close();
  }
}

/** Looks at the new machine from outside of Skylab. */
async function watch(cloud: PracticeCloud, world: World, before: ReadonlySet<string>): Promise<Omit<Round, 'ready'>> {
  const machine = await until(async () =>
    (await cloud.machines()).find(({ id, publicAddress }) => !before.has(id) && publicAddress !== null),
  );
  const keyFile = join(world.home, '.ssh', 'skylab', 'keys', 'skylab-ada');
  const privateKey = await until(() => readFile(keyFile, 'utf8').catch(() => undefined));
  const provider = await world.providers.for(world.account);
  const printed = until(async () => {
    const outcome = parseConsoleHostKeys((await provider.consoleOutput(machine.id)) ?? '').outcome;
    return outcome === 'keys' ? Date.now() : undefined;
  }, 2 * LOOK_MS);
  const login = { host: machine.publicAddress ?? '', username: 'admin', privateKey };
  const client = await until(() => letIn(login));
  const accepted = Date.now();
  try {
    const setUp = finished(client);
    return { accepted, console: await printed, setUp: await setUp };
  } finally {
    client.end();
  }
}

async function until<T>(look: () => Promise<T | undefined>, everyMs = LOOK_MS): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await pause(everyMs);
  }
  throw new Error('The machine was not seen to come up in time.');
}

/** A client that is logged in; undefined where the machine does not let in yet. */
function letIn(login: { host: string; username: string; privateKey: string }): Promise<Client | undefined> {
  return new Promise((resolve) => {
    const client = new Client();
    client.once('ready', () => resolve(client));
    client.on('error', () => resolve(undefined)).once('close', () => resolve(undefined));
    client.connect({ ...login, readyTimeout: 2000 });
  });
}

/** When cloud-init's result file is there, by the machine's own eyes, on this computer's clock. */
function finished(client: Client): Promise<number> {
  return new Promise((resolve, reject) => {
    client.exec('until [ -e /run/cloud-init/result.json ]; do sleep 0.05; done', (error, channel) => {
      if (error) reject(error);
      else {
        channel.once('exit', () => resolve(Date.now()));
        channel.resume();
      }
    });
  });
}
