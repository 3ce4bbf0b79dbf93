import { SkylabError } from '../errors';
import type { Step } from '../operations/step';
import { persistent } from './comeBack';
import type { DeployRun } from './deployRun';
import { installDocker } from './installDocker';
import { needsDocker } from './plan';
import { prove, reach } from './proveSteps';
import { closeRelease, pruneReleases, removeRelease, seedCommand } from './releases';
import { serveSteps, settle } from './serveSteps';

const MINUTE = 60_000;

const connect: Step<DeployRun> = {
  name: 'connect',
  title: 'Connect and look around',
  async run(run, io) {
    const { machine } = run;
    await run.takeLock(io);
    io.log(
      `${machine.name}: ${run.facts.os.prettyName}, ${run.facts.dockerVersion ?? 'no Docker'}, Compose ${run.facts.composeVersion ?? 'missing'}`,
    );
  },
  async undo(run, io) {
    try {
      if (run.touched && run.back === undefined && !run.away) {
        await run.lookAgain(io);
        run.last = run.facts;
      }
    } finally {
      await run.lock?.release();
    }
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
  when: (run) => needsDocker(run.facts) || (!run.facts.dockerDirect && run.facts.dockerGroup !== true && run.facts.user !== 'root'),
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
    try {
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
      io.report(`${result.files} files in ${result.path}`);
    } catch (error) {
      // nobody else makes a release of this name: it had arrived whole before the connection was lost
      if (!(error instanceof SkylabError && error.code === 'RemoteFolderExists')) throw error;
      io.report(`it is in ${run.release} already`);
    }
    await run.remote(closeRelease(run.release, run.envPath), io);
  },
  async undo(run, io) {
    // as long as nothing was put back, containers may still use its files
    if (run.touched && run.back === undefined) return;
    await run.remote(removeRelease(run.release, run.facts.root), io, { timeoutMs: 5 * MINUTE });
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

const remember: Step<DeployRun> = {
  name: 'remember',
  title: 'Tidy up',
  async run(run, io) {
    const { lab } = run.deployCase;
    if (!run.unchanged) await run.remote(pruneReleases(run.folder, run.facts.root), io, { timeoutMs: 5 * MINUTE });
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
    run.lock = undefined;
    io.report(run.unchanged ? 'nothing to do: the same files serve already' : `release ${run.id} serves`);
  },
  async undo(run) {
    await run.tools.remember(run.tools.recalled);
  },
};

/** The steps of a deployment, in order. */
export const deploySteps: readonly Step<DeployRun>[] = [
  connect,
  prepare,
  docker,
  upload,
  keepWork,
  ...serveSteps,
  prove,
  settle,
  remember,
  reach,
].map(persistent);
