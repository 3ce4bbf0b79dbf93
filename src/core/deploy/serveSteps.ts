import { SkylabError, isCancelled, sentenceOf } from '../errors';
import type { Step, StepIo } from '../operations/step';
import { isAway } from './comeBack';
import type { DeployRun } from './deployRun';
import { withHeartbeat } from './heartbeat';
import { caddyService } from './lab';
import { pointCurrent } from './releases';
import { isWatched, proveServing, restartsNow, standUp, watchUnit } from './standUp';
import { compose, explainDocker } from './stackHost';
import { enableUnit, installUnit, removeUnit, retireUnit, startUnit, unitJournal, unitState, verifyUnit } from './unitCommands';

const MINUTE = 60_000;
const PULL_MS = 60 * MINUTE;
const UP_MS = 15 * MINUTE;

const check: Step<DeployRun> = {
  name: 'check',
  title: 'Check and pull',
  when: (run) => !run.unchanged,
  async run(run, io) {
    io.report('docker compose config');
    await run.remote({ ...compose(run.place, run.release, 'config', '--quiet'), what: 'check the Compose file' }, io);
    const builds = run.deployCase.lab.compose.services.some((service) => service.build);
    try {
      await withHeartbeat(io, 'pulling the images', (onOutput) => {
        const words = ['--progress', 'plain', 'pull', ...(builds ? ['--ignore-buildable'] : [])];
        return run.remote({ ...compose(run.place, run.release, ...words), what: 'pull the images' }, io, { timeoutMs: PULL_MS, onOutput });
      });
    } catch (error) {
      if (isCancelled(error) || isAway(error)) throw error;
      const explained = explainDocker(error, run.machine.name);
      if (explained !== error || !(await imagesAreThere(run, io))) throw explained;
      io.log(`The images could not be pulled; those that the machine has are used. ${sentenceOf(error)}`);
    }
    if (builds) {
      await withHeartbeat(io, 'building the images', (onOutput) =>
        run.remote({ ...compose(run.place, run.release, 'build'), what: 'build the images' }, io, { timeoutMs: PULL_MS, onOutput }),
      );
    }
  },
};

async function imagesAreThere(run: DeployRun, io: StepIo): Promise<boolean> {
  const script = 'for image in $(docker compose -p "$1" config --images); do docker image inspect "$image" >/dev/null 2>&1 || exit 3; done';
  const argv = ['sh', '-c', script, 'images', run.place.stack];
  return run.remote({ argv, cwd: run.release, sudo: run.place.sudo, okCodes: [0, 3], parse: (_, code) => code === 0 }, io);
}

const volumes = (run: DeployRun, io: Pick<StepIo, 'signal'>): Promise<string[]> => {
  const filter = `label=com.docker.compose.project=${run.place.stack}`;
  const argv = ['docker', 'volume', 'ls', '--quiet', '--filter', filter];
  return run.remote({ argv, sudo: run.place.sudo, parse: (stdout) => stdout.split('\n').filter((name) => name !== '') }, io);
};

const start: Step<DeployRun> = {
  name: 'up',
  title: 'Start the stack',
  when: (run) => !run.unchanged,
  async run(run, io) {
    if (!run.touched) {
      run.volumesBefore = await volumes(run, io);
      run.restartsBefore = await restartsNow(run, io);
    }
    await checkCaddyfile(run, io);
    run.touched = true;
    run.startedAt = Date.now();
    const failure = await composeUp(run, io, run.release, 'starting', 'start the stack');
    const services = await standUp(run, io, { since: run.startedAt, settled: false, failure });
    io.report(`${services.length} ${services.length === 1 ? 'container is' : 'containers are'} up`);
  },
  async undo(run, io) {
    if (!run.touched) return;
    if (run.previous !== undefined) {
      await putBack(run, io, run.previous);
      return;
    }
    await run.remote({ ...compose(run.place, run.release, 'down', '--remove-orphans'), what: 'take the stack down' }, io, {
      timeoutMs: 5 * MINUTE,
    });
    const made = (await volumes(run, io)).filter((name) => !run.volumesBefore.includes(name));
    if (made.length > 0) await run.remote({ argv: ['docker', 'volume', 'rm', ...made], sudo: run.place.sudo }, io);
    run.back = {};
  },
};

/**
 * `docker compose up` without its own waiting, which the gate does better.
 * @returns why it failed: the gate finds out what that means for the services
 * @throws when the connection was lost or the person canceled
 */
async function composeUp(run: DeployRun, io: StepIo, release: string, saying: string, what: string): Promise<unknown> {
  try {
    await withHeartbeat(io, saying, (onOutput) => {
      const command = compose(run.place, release, '--progress', 'plain', 'up', '--detach', '--remove-orphans');
      return run.remote({ ...command, what }, io, { timeoutMs: UP_MS, onOutput });
    });
    return undefined;
  } catch (error) {
    if (isCancelled(error) || isAway(error)) throw error;
    return error;
  }
}

/** The previous release again, through the same gate and the same proof as a new one. */
async function putBack(run: DeployRun, io: StepIo, previous: string): Promise<void> {
  const since = Date.now();
  const failure = await composeUp(run, io, previous, 'putting the previous release back', 'put the previous release back');
  await standUp(run, io, { since, settled: false, failure });
  const { unit } = run.plan;
  if (unit && run.unitBefore?.active === 'active') await run.remote(startUnit(unit.name), io, { timeoutMs: UP_MS });
  if (run.unitRetired) await run.remote(startUnit(run.unitRetired.name), io, { timeoutMs: UP_MS });
  const site = { url: run.previousUrl, guarded: run.previousGuarded };
  const proof = site.url === '' || !run.facts.curl ? undefined : await proveServing(run, io, site);
  run.back = proof === undefined ? {} : { proof };
  io.log(`The previous release serves again${proof === undefined ? '' : `: ${proof}`}.`);
}

/** What has no health check, or is a unit of the folder's own, may end a few seconds after it began. */
export const settle: Step<DeployRun> = {
  name: 'settle',
  title: 'Watch it run',
  when: (run) => !run.unchanged,
  async run(run, io) {
    const services = await standUp(run, io, { since: run.startedAt, settled: true });
    const checked = services.filter(({ health }) => health === 'healthy').length;
    const { unit: started } = run.plan;
    if (started && run.facts.root && isWatched(started.text)) await watchUnit(run, io, started, run.unitStartedAt);
    io.report(checked === 0 ? 'nothing has ended' : `nothing has ended; ${checked} healthy`);
  },
};

/** Lets Caddy itself judge the Caddyfile while the previous release still serves. */
async function checkCaddyfile(run: DeployRun, io: StepIo): Promise<void> {
  const service = caddyService(run.deployCase.lab);
  const target = service?.mounts.find((mount) => /(^|\/)Caddyfile$/.test(mount.source))?.target;
  if (!service || target === undefined) return;
  io.report('checking the Caddyfile');
  const words = ['run', '--rm', '--no-deps', '-T', service.name, 'caddy', 'validate', '--adapter', 'caddyfile', '--config', target];
  const command = {
    ...compose(run.place, run.release, ...words),
    okCodes: [0, 1],
    parse: (_: string, code: number) => code,
    what: 'check the Caddyfile',
  };
  let said = '';
  const code = await run.remote(command, io, { timeoutMs: 5 * MINUTE, onOutput: (text) => (said += text) });
  const reason = /^(?:Error|run): (.*)$/m.exec(said)?.[1] ?? /adapting config[^\n]*/.exec(said)?.[0];
  if (code === 0 || reason === undefined) return;
  throw new SkylabError(`Caddy refuses ${run.deployCase.lab.caddy?.file.path ?? 'the Caddyfile'}: ${reason}.`, {
    next: 'Mend that and deploy again; what served before serves on.',
    code: 'CaddyfileRefused',
  });
}

const flip: Step<DeployRun> = {
  name: 'current',
  title: 'Make it the current release',
  when: (run) => !run.unchanged,
  async run(run, io) {
    await run.remote(pointCurrent(run.folder, run.release), io);
  },
  async undo(run, io) {
    await run.remote(pointCurrent(run.folder, run.previous), io);
  },
};

const unit: Step<DeployRun> = {
  name: 'unit',
  title: 'Start at boot',
  when: (run) => !run.unchanged && run.plan.unit !== undefined && run.facts.root,
  async run(run, io) {
    const planned = run.plan.unit;
    if (!planned) return;
    const { name, text } = planned;
    const before = await run.remote(unitState(name), io);
    if (before.path !== '' && !before.path.startsWith('/etc/systemd/system/')) {
      throw new SkylabError(`${name} is the name of a unit that belongs to the system (${before.path}).`, {
        next: 'Give the folder’s unit another name.',
      });
    }
    // the second time round, after a lost connection, it is the new one
    run.unitBefore ??= before;
    for (const finding of await run.remote(verifyUnit(name, text), io)) io.log(`systemd says: ${finding}`);
    if (before.text !== text) await run.remote(installUnit(name, text), io);
    if (before.text !== text || before.enabled !== 'enabled') await run.remote(enableUnit(name), io);
    run.unitStartedAt = Date.now();
    try {
      await withHeartbeat(io, `starting ${name}`, () => run.remote(startUnit(name), io, { timeoutMs: UP_MS }));
    } catch (error) {
      if (!isCancelled(error) && !isAway(error)) io.log(run.safe(await run.remote(unitJournal(name, 20), io)));
      throw error;
    }
    await retire(run, io, name);
    io.report(`${name} is enabled and active`);
  },
  async undo(run, io) {
    if (run.unitRetired) {
      await run.remote(installUnit(run.unitRetired.name, run.unitRetired.text), io);
      await run.remote(enableUnit(run.unitRetired.name), io);
    }
    if (!run.plan.unit || !run.unitBefore) return;
    const { name } = run.plan.unit;
    if (run.unitBefore.text === undefined) await run.remote(removeUnit(name), io, { timeoutMs: 5 * MINUTE });
    else if (run.unitBefore.text !== run.plan.unit.text) await run.remote(installUnit(name, run.unitBefore.text), io);
  },
};

/** Two units of one stack would both start it at boot: the one that an earlier release had under another name goes. */
async function retire(run: DeployRun, io: StepIo, name: string): Promise<void> {
  const old = run.previousUnit;
  if (old === undefined || old === name) return;
  const { text } = await run.remote(unitState(old), io);
  if (text === undefined) return;
  run.unitRetired = { name: old, text };
  await run.remote(retireUnit(old), io);
  io.log(`${old} is removed: ${name} starts the stack now.`);
}

/** From a release on the machine to services that run and start at boot. */
export const serveSteps: readonly Step<DeployRun>[] = [check, start, flip, unit];
