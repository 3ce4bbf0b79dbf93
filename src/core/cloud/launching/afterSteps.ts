import type { LaunchSpec } from '../../../shared/launchSpec';
import { SkylabError } from '../../errors';
import type { Step, StepIo } from '../../operations/step';
import type { RemoteSession } from '../../remote/session';
import { keeping, login } from '../launchAccess';
import type { Launched, LaunchRun } from '../launchRun';
import { forEachOf } from '../waiting';
import { hostNameOf } from './firstBootPlan';
import { EVERY_CODE, Lines } from './setUpOverSsh';
import { hostNameCommands } from './setUpScript';

/** What is done by SSH once the machine's own set-up is over. A machine on which it fails is kept, to be repaired. */
export function afterSteps(spec: LaunchSpec): readonly Step<LaunchRun>[] {
  const host = spec.count > 1 ? hostNameOf(spec) : undefined;
  return [
    ...(host === undefined ? [] : [hostNamesStep(host)]),
    ...(spec.copies === undefined ? [] : [copyStep(spec.copies)]),
    ...(spec.runAfter === undefined ? [] : [runAfterStep(spec.runAfter)]),
  ];
}

/** Machines of one launch have the same user data, so their names come later: `lab-1.example.org` and on. */
function hostNamesStep(host: string): Step<LaunchRun> {
  const [short = host, ...domain] = host.split('.');
  return onEach('hostNames', 'Give the machines their host names', async (session, machine, launch, io) => {
    const name = [`${short}-${launch.launched.indexOf(machine) + 1}`, ...domain].join('.');
    const script = ['set -e', ...hostNameCommands(name)].join('\n');
    await session.run({ argv: ['sh', '-s'], stdin: script, sudo: true, what: 'set the host name' }, { signal: io.signal });
    io.log(`${machine.name} is called ${name}`);
  });
}

function copyStep(copies: NonNullable<LaunchSpec['copies']>): Step<LaunchRun> {
  return onEach('copy', 'Copy files to the machine', async (session, machine, launch, io) => {
    for (const { from, to } of copies) {
      const show = (done: number) => io.report(`${machine.name}: ${from}`, done);
      const path = await launch.ports.sender.send(session, from, to, { signal: io.signal, onProgress: show });
      io.log(`${machine.name}: ${from} is at ${path}`);
    }
  });
}

function runAfterStep(command: string): Step<LaunchRun> {
  return onEach('runAfter', 'Run the command', async (session, machine, launch, io) => {
    const prefix = launch.launched.length > 1 ? `${machine.name}: ` : '';
    const said = new Lines((line) => io.log(`${prefix}${line}`));
    const code = await session.run(
      { argv: ['sh', '-lc', command], okCodes: EVERY_CODE, parse: (_, exit) => exit, what: 'run the command after set-up' },
      { signal: io.signal, timeoutMs: launch.settings.firstBootTimeoutMs, onOutput: (text) => said.feed(text) },
    );
    said.end();
    if (code === 0) return;
    const last = said.last();
    throw new SkylabError(`The command after set-up failed on ${machine.name} with code ${code}${last === '' ? '.' : `: ${last}`}`, {
      next: 'The log has all that it said; the machine itself is ready.',
      code: 'RunAfterFailed',
      remedies: [{ kind: 'showLog' }],
    });
  });
}

/** A step that does the same on each machine, side by side, each over a login of its own. */
function onEach(
  name: string,
  title: string,
  act: (session: RemoteSession, machine: Launched, launch: LaunchRun, io: StepIo) => Promise<void>,
): Step<LaunchRun> {
  return {
    name,
    title,
    onFailure: 'keep',
    run: async (launch, io) => {
      launch.bootDeadline = Date.now() + launch.settings.bootTimeoutMs;
      await forEachOf(launch.launched, (machine) =>
        keeping(launch, machine, async () => {
          const session = await login(launch, machine, io.signal);
          try {
            await act(session, machine, launch, io);
          } finally {
            session.close();
          }
        }),
      );
    },
  };
}
