import assert from 'node:assert/strict';
import type { Stack, Survey } from '../../../src/core/deploy/stacks/survey';
import { SkylabError } from '../../../src/core/errors';
import type { Operation } from '../../../src/core/operations/operations';
import { answersTo, ended } from './bed';
import type { Bed } from './bed';

/** A page and something that works behind it: the stack lab. */
export const COMPOSE = `# a page and something that works behind it
services:
  page:
    image: caddy:latest
    init: true
    stop_grace_period: 1s
    ports: ['8080:80']
    command: sh -c 'caddy respond --listen :80 "$$GREETING"'
    environment:
      GREETING: \${GREETING}
      API_TOKEN: \${API_TOKEN}
    healthcheck: {test: [CMD, caddy, version], interval: 1s, retries: 2}
  worker:
    image: caddy:latest
    init: true
    stop_grace_period: 1s
    command: sh -c 'echo at work; sleep infinity' # for good
    volumes: [kept:/kept]
volumes:
  kept: {}
`;
export const ENV = "# what visitors read\nGREETING=hello\nAPI_TOKEN='s3cr3t-t0ken'\n";

/** What tests do with the stack lab on a machine, and what they ask of it. @param on the machine, and the folder that is deployed */
export function stackTools(on: () => { readonly bed: Bed; readonly folder: string }) {
  const remote = async (command: string) => {
    const { code, stdout, stderr } = await on().bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };
  const deploy = async () => {
    const session = await on().bed.deployer().open(on().folder, on().bed.machine);
    const result = await ended(session.run(answersTo(session, {})));
    assert.equal(result.outcome, 'done', String(result.error));
  };
  const survey = (): Promise<Survey> => on().bed.stacks().survey(on().bed.machine);
  const lab = async (): Promise<Stack> => {
    const stack = (await survey()).stacks.find(({ name }) => name === 'lab');
    assert.ok(stack, 'the stack is there');
    return stack;
  };
  const served = ({ releases }: Stack) => releases.find(({ current }) => current)?.id;
  /** The release that serves, and the oldest. */
  const ends = async () => {
    const { releases } = await lab();
    const [now, first] = [releases.find(({ current }) => current), releases.at(-1)];
    assert.ok(now && first && now !== first);
    return [now, first] as const;
  };
  const page = () => remote('curl -s -m 5 http://localhost:8080/ || true');
  const went = async (operation: Operation) => {
    const result = await ended(operation);
    assert.equal(result.outcome, 'done', `${String(result.error)} ${operation.log.join('\n')}`);
    return result;
  };
  const failed = async (operation: Operation) => {
    const { outcome, error } = await ended(operation);
    assert.equal(outcome, 'failed');
    assert.ok(error instanceof SkylabError, String(error));
    return error;
  };

  return { remote, deploy, survey, lab, page, served, ends, went, failed };
}
