import { stripVTControlCharacters } from 'node:util';
import { SkylabError, isCancelled, pause, sentenceOf } from '../errors';
import type { Step, StepIo } from '../operations/step';
import type { RunOptions } from '../remote/session';
import type { DeployRun } from './deployRun';
import { pointingProblem } from './domain';
import { installDocker } from './installDocker';
import { caddyService } from './lab';
import { needsDocker } from './plan';
import type { SiteAnswer } from './prove';
import { askCommand, proofText, proveSite } from './prove';
import { closeRelease, pointCurrent, pruneReleases, removeTree, seedCommand } from './releases';
import { RemoteLock } from './remoteLock';
import { ailing, compose, describe, explainDocker, lastLines, psCommand } from './stackHost';
import { enableUnit, installUnit, removeUnit, startUnit, unitJournal, unitState, verifyUnit } from './unitCommands';

const MINUTE = 60_000;
const PULL_MS = 60 * MINUTE;
const UP_MS = 15 * MINUTE;
/** How long the site may take to answer once its containers run; a certificate from Let's Encrypt takes longer. */
const PROVE_MS = MINUTE;

/** Runs something long while a line every few seconds says that it still does. */
async function withHeartbeat<T>(io: StepIo, what: string, act: (heard: NonNullable<RunOptions['onOutput']>) => Promise<T>): Promise<T> {
  const began = Date.now();
  let last = what;
  let rest = '';
  const say = () => io.report(`${last} (${Math.round((Date.now() - began) / 1000)} s)`);
  const timer = setInterval(say, 3000);
  try {
    io.report(what);
    return await act((text) => {
      const lines = stripVTControlCharacters(rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? '';
      const line = lines.map((one) => one.trim()).findLast((one) => one !== '');
      if (line === undefined) return;
      last = line.slice(0, 120);
      say();
    });
  } finally {
    clearInterval(timer);
  }
}

const connect: Step<DeployRun> = {
  name: 'connect',
  title: 'Connect and look around',
  async run(run, io) {
    const { machine, tools, deployCase } = run;
    const session = await run.session(io.signal);
    run.lock = await RemoteLock.take(session, deployCase.lab.stack, tools.ports.owner ?? 'another Skylab', io.signal);
    await run.lookAgain(io);
    io.log(
      `${machine.name}: ${run.facts.os.prettyName}, ${run.facts.dockerVersion ?? 'no Docker'}, Compose ${run.facts.composeVersion ?? 'missing'}`,
    );
  },
  async undo(run) {
    await run.lock?.release();
  },
};

const prepare: Step<DeployRun> = {
  name: 'prepare',
  title: 'Prepare the files',
  run: (run, io) => run.prepare(io),
};

const docker: Step<DeployRun> = {
  name: 'docker',
  title: 'Install Docker',
  when: (run) => needsDocker(run.facts) || (!run.facts.dockerDirect && run.facts.user !== 'root'),
  async run(run, io) {
    const missing = needsDocker(run.facts);
    const withBuild = run.deployCase.lab.compose.services.some((service) => service.build);
    const began = Date.now();
    await installDocker(await run.session(io.signal), run.facts, { signal: io.signal, report: io.report.bind(io), withBuild, missing });
    await run.lookAgain(io);
    if (needsDocker(run.facts))
      throw new SkylabError('Docker was installed, but its Compose plugin does not answer.', {
        next: 'Run docker compose version on the machine to see why.',
      });
    io.log(
      `${run.facts.dockerVersion ?? ''}, Compose ${run.facts.composeVersion ?? ''}, after ${Math.round((Date.now() - began) / 1000)} s`,
    );
    // a login that was open before does not see the group docker; the next one does
    io.report(missing ? `installed ${run.facts.dockerVersion ?? 'Docker'}` : `${run.facts.user} is in the group docker`);
  },
};

const upload: Step<DeployRun> = {
  name: 'upload',
  title: 'Upload the folder',
  when: (run) => !run.unchanged,
  async run(run, io) {
    const { lab } = run.deployCase;
    await io.created({ kind: 'remoteFolder', id: run.release, label: `${run.release} on ${run.machine.name}` });
    const session = await run.session(io.signal);
    const result = await run.tools.uploader.upload(
      session,
      { root: lab.folder.root, remoteDir: run.release, ifExists: 'refuse', overrides: run.overrides },
      {
        signal: io.signal,
        onProgress: ({ files, totalFiles, bytes, totalBytes }) =>
          io.report(`${files} of ${totalFiles} files`, totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1),
      },
    );
    for (const { path, reason } of result.skipped) io.log(`left out ${path}: ${reason}`);
    await run.remote(closeRelease(run.release, run.envPath), io);
    io.report(`${result.files} files in ${result.path}`);
  },
  async undo(run, io) {
    await run.remote(removeTree(run.release, run.facts.root), io, { timeoutMs: 5 * MINUTE });
    await io.forgotten({ kind: 'remoteFolder', id: run.release });
  },
};

const keepWork: Step<DeployRun> = {
  name: 'data',
  title: 'Keep the work',
  when: (run) => !run.unchanged && run.plan.seeds.length > 0,
  async run(run, io) {
    const { folder, release, previous, facts } = run;
    for (const seed of run.plan.seeds) {
      const sudo = seed.uid !== undefined && seed.uid !== facts.uid && facts.root;
      const place = { folder, release, ...(previous === undefined ? {} : { previous }) };
      const lines = await run.remote(seedCommand(place, seed, run.ownFiles, sudo), io, { timeoutMs: 10 * MINUTE });
      for (const line of lines.filter((one) => one.startsWith('kept ')))
        io.log(`${line.slice(5)} was changed on the machine and stays as it is there`);
      const added = lines.filter((one) => !one.startsWith('kept ')).length;
      io.report(`${added} ${added === 1 ? 'file' : 'files'} brought to ${seed.to}`);
    }
  },
};

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
      if (isCancelled(error)) throw error;
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
    run.volumesBefore = await volumes(run, io);
    await checkCaddyfile(run, io);
    let failure: unknown;
    try {
      await withHeartbeat(io, 'starting', (onOutput) => {
        const command = compose(run.place, run.release, '--progress', 'plain', 'up', '--detach', '--wait', '--remove-orphans');
        return run.remote({ ...command, what: 'start the stack' }, io, { timeoutMs: UP_MS, onOutput });
      });
    } catch (error) {
      if (isCancelled(error) || (error instanceof SkylabError && error.code === 'ConnectionLost')) throw error;
      failure = error;
    }
    // "running" is true for a moment even of what ends at once
    await pause(1500, io.signal);
    const services = await run.remote(psCommand(run.place), io);
    const ill = ailing(services);
    if (ill.length > 0)
      throw await illness(
        run,
        io,
        ill.map((one) => ({ name: one.service, text: describe(one) })),
        failure,
      );
    if (failure !== undefined && services.length === 0) throw explainDocker(failure, run.machine.name);
    io.report(`${services.length} ${services.length === 1 ? 'container is' : 'containers are'} up`);
  },
  async undo(run, io) {
    if (run.previous !== undefined) {
      io.report('putting the previous release back');
      const words = ['up', '--detach', '--wait', '--remove-orphans'];
      await run.remote({ ...compose(run.place, run.previous, ...words), what: 'put the previous release back' }, io, { timeoutMs: UP_MS });
      io.log('The previous release serves again.');
      return;
    }
    await run.remote({ ...compose(run.place, run.release, 'down', '--remove-orphans'), what: 'take the stack down' }, io, {
      timeoutMs: 5 * MINUTE,
    });
    const made = (await volumes(run, io)).filter((name) => !run.volumesBefore.includes(name));
    if (made.length > 0) await run.remote({ argv: ['docker', 'volume', 'rm', ...made], sudo: run.place.sudo }, io);
  },
};

/** Why the stack did not start, with the last lines of the services that failed in the log. */
async function illness(run: DeployRun, io: StepIo, ill: readonly { name: string; text: string }[], cause: unknown): Promise<Error> {
  const known = explainDocker(cause, run.machine.name);
  if (known !== cause && known instanceof Error) return known;
  let last = '';
  for (const { name, text } of ill) {
    const lines = await run.remote(lastLines(run.place, run.release, name, 20), io);
    io.log(`${text}. Its last lines:\n${lines}`);
    last = lines.trim().split('\n').at(-1) ?? last;
  }
  const what = ill.map(({ text }) => text).join('; ');
  const own = run.previous === undefined ? 'Nothing of it was left on the machine.' : 'The previous release serves on.';
  return new SkylabError(`${run.deployCase.lab.stack} did not start: ${what}${last === '' ? '' : ` (${last.slice(0, 300)})`}.`, {
    next: `${own} Mend that and deploy again; the log has the last lines.`,
    code: 'StackFailed',
    remedies: [{ kind: 'showLog' }],
    cause,
  });
}

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
    run.unitBefore = before;
    for (const finding of await run.remote(verifyUnit(name, text), io)) io.log(`systemd says: ${finding}`);
    if (before.text !== text) await run.remote(installUnit(name, text), io);
    await run.remote(enableUnit(name), io);
    try {
      await withHeartbeat(io, `starting ${name}`, () => run.remote(startUnit(name), io, { timeoutMs: UP_MS }));
    } catch (error) {
      if (!isCancelled(error)) io.log(await run.remote(unitJournal(name, 20), io));
      throw error;
    }
    io.report(`${name} is enabled and active`);
  },
  async undo(run, io) {
    if (!run.plan.unit || !run.unitBefore) return;
    const { name } = run.plan.unit;
    if (run.unitBefore.text === undefined) await run.remote(removeUnit(name), io, { timeoutMs: 5 * MINUTE });
    else if (run.unitBefore.text !== run.plan.unit.text) await run.remote(installUnit(name, run.unitBefore.text), io);
  },
};

const account = (run: DeployRun) =>
  run.plan.protection && { user: run.plan.protection.user, ...(run.password ? { password: run.password } : {}) };

const prove: Step<DeployRun> = {
  name: 'prove',
  title: 'Prove the site on the machine',
  when: (run) => run.plan.url !== '' && run.facts.curl,
  async run(run, io) {
    const { url } = run.plan;
    const ask = (credentials: Parameters<typeof askCommand>[1]): Promise<SiteAnswer> => run.remote(askCommand(url, credentials), io);
    try {
      const proof = await proveSite(ask, account(run), { waitMs: PROVE_MS, url, signal: io.signal, report: io.report.bind(io) });
      io.report(proofText(proof));
      io.log(`On the machine: ${proofText(proof)}`);
    } catch (error) {
      if (!isCancelled(error)) await logEverything(run, io);
      throw error;
    }
  },
};

async function logEverything(run: DeployRun, io: StepIo): Promise<void> {
  for (const { name } of run.deployCase.lab.compose.services) {
    io.log(`The last lines of ${name}:\n${await run.remote(lastLines(run.place, run.release, name, 15), io).catch(sentenceOf)}`);
  }
}

const remember: Step<DeployRun> = {
  name: 'remember',
  title: 'Tidy up',
  async run(run, io) {
    const { lab } = run.deployCase;
    await run.remote(pruneReleases(run.folder, run.facts.root), io, { timeoutMs: 5 * MINUTE });
    await run.tools.remember({
      machineKey: run.machine.key,
      name: lab.stack,
      url: run.plan.url,
      unit: run.plan.unit?.name ?? '',
      root: lab.folder.root,
      deployedAt: Date.now(),
    });
    if (!run.unchanged) await io.forgotten({ kind: 'remoteFolder', id: run.release });
    await run.lock?.release();
    io.report(run.unchanged ? 'nothing to do: the same files serve already' : `release ${run.id} serves`);
  },
  async undo(run) {
    await run.tools.remember(run.tools.recalled);
  },
};

/** The stack is proved by now: a closed port between here and there is no reason to take it back. */
const reach: Step<DeployRun> = {
  name: 'reach',
  title: 'Open the site from here',
  when: (run) => run.plan.url !== '',
  onFailure: 'keep',
  async run(run, io) {
    const { url } = run.plan;
    const { address } = run.deployCase;
    const { probe } = run.tools.ports;
    let certificate = '';
    let refusal: SkylabError | undefined;
    const ask = async (credentials: Parameters<typeof askCommand>[1]): Promise<SiteAnswer> => {
      try {
        const answer = await probe.probe(url, address, credentials, io.signal);
        if (answer.certificate === 'untrusted')
          certificate = `; the certificate is signed by ${answer.issuer ?? 'nobody known'}, so the browser asks once`;
        return answer;
      } catch (error) {
        if (error instanceof SkylabError) refusal = error;
        throw error;
      }
    };
    const { hostname } = new URL(url);
    const resolved = new Map([[hostname, await probe.resolve(hostname)]]);
    const astray = pointingProblem(hostname, { alias: '', address, resolved });
    try {
      const proof = await proveSite(ask, account(run), {
        waitMs: run.facts.curl ? 20_000 : PROVE_MS,
        url,
        signal: io.signal,
        report: io.report.bind(io),
      });
      io.report(`${proofText(proof)}${certificate}`);
      io.log(`From this computer: ${proofText(proof)}${certificate}`);
    } catch (error) {
      if (isCancelled(error) || (error instanceof SkylabError && error.code === 'SiteOpen')) throw error;
      const reason = refusal ?? error;
      throw new SkylabError(
        `The site works on the machine, but not from here: ${reason instanceof Error ? reason.message : String(reason)}`,
        {
          next: refusal?.next ?? astray ?? 'The stack stays as it is; try to open it in a browser.',
          code: 'SiteUnreachable',
          cause: error,
        },
      );
    }
    if (astray !== undefined) io.log(astray);
  },
};

/** The steps of a deployment, in order. */
export const deploySteps: readonly Step<DeployRun>[] = [
  connect,
  prepare,
  docker,
  upload,
  keepWork,
  check,
  start,
  flip,
  unit,
  prove,
  remember,
  reach,
];
