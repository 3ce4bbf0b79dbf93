import { SkylabError, isCancelled, sentenceOf } from '../errors';
import type { Step, StepIo } from '../operations/step';
import { isAway } from './comeBack';
import type { DeployRun } from './deployRun';
import { pointingProblem } from './domain';
import { judge, watchCommand } from './gate';
import { illness } from './illness';
import type { SiteAnswer } from './prove';
import { askCommand, proofText, proveSite } from './prove';
import { lastLines } from './stackHost';

/** How long the site may take to answer once its containers run, its certificate and its notebook server included. */
const PROVE_MS = 60_000;

const account = (run: DeployRun) =>
  run.plan.protection && { user: run.plan.protection.user, ...(run.password ? { password: run.password } : {}) };

/** Asks from the machine: what fails here is taken back. */
export const prove: Step<DeployRun> = {
  name: 'prove',
  title: 'Prove the site on the machine',
  when: (run) => run.plan.url !== '' && run.facts.curl,
  async run(run, io) {
    const { url } = run.plan;
    const ask = async (credentials: Parameters<typeof askCommand>[1]): Promise<SiteAnswer> => {
      const answer = await run.remote(askCommand(url, credentials), io);
      if (answer.status !== 0 && answer.status < 500) return answer;
      // a service that ended only after the start was seen makes the waiting useless
      const elapsedMs = Date.now() - run.startedAt;
      const gate = { before: run.restartsBefore, elapsedMs, settled: false };
      const verdict = judge(await run.remote(watchCommand(run.place), io), gate, run.limits);
      if (verdict.kind === 'ill') throw await illness(run, io, verdict.ill, elapsedMs);
      return answer;
    };
    try {
      const proof = await proveSite(ask, account(run), {
        waitMs: PROVE_MS,
        url,
        signal: io.signal,
        report: io.report.bind(io),
        brief: run.unchanged,
      });
      io.report(proofText(proof));
      io.log(`On the machine: ${proofText(proof)}`);
    } catch (error) {
      if (!isCancelled(error) && !isAway(error)) await logEverything(run, io);
      throw error;
    }
  },
};

async function logEverything(run: DeployRun, io: StepIo): Promise<void> {
  for (const { name } of run.deployCase.lab.compose.services) {
    io.log(`The last lines of ${name}:\n${run.safe(await run.remote(lastLines(run.place, run.release, name, 15), io).catch(sentenceOf))}`);
  }
}

/** The stack is proved by now: a closed port between here and there is no reason to take it back. */
export const reach: Step<DeployRun> = {
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
        brief: run.unchanged,
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
