import assert from 'node:assert/strict';
import type { GateLimits, Watched } from '../../../../src/core/deploy/gate';
import { GATE_LIMITS, diagnosis, judge, parseWatched, plain } from '../../../../src/core/deploy/gate';

const one = (more: Partial<Watched> = {}): Watched => ({
  service: 'app',
  container: 'lab-app-1',
  image: 'app:1',
  state: 'running',
  health: '',
  exitCode: 0,
  restarts: 0,
  upMs: 60_000,
  checkSaid: '',
  restarted: true,
  ...more,
});
const verdict = (
  now: readonly Watched[],
  gate: { elapsedMs?: number; settled?: boolean; before?: [string, number][] } = {},
  limits: GateLimits = GATE_LIMITS,
) => {
  const found = judge(now, { before: new Map(gate.before), elapsedMs: gate.elapsedMs ?? 1000, settled: gate.settled ?? false }, limits);
  return found.kind === 'wait' ? found.what : found.kind === 'ill' ? `ill: ${found.ill.map(({ service }) => service).join()}` : 'well';
};

describe('a release at its gate', () => {
  it('is well where everything runs, and where what only prepares has ended with 0', () => {
    const init = one({ service: 'init', state: 'exited', upMs: 0, restarted: false });
    assert.equal(verdict([one(), init]), 'well');
    assert.equal(verdict([one({ health: 'healthy' }), init], { settled: true }), 'well');
    assert.equal(verdict([]), 'well');
  });

  it('waits for a health check, up to the limit', () => {
    const starting = one({ health: 'starting', upMs: 3000 });
    assert.equal(verdict([one(), starting]), 'app becomes healthy');
    assert.equal(verdict([starting], { elapsedMs: GATE_LIMITS.healthMs }), 'ill: app');
    assert.equal(verdict([one({ health: 'unhealthy' })]), 'ill: app');
  });

  it('fails at once where a service ended for good with an error', () => {
    assert.equal(verdict([one({ state: 'exited', exitCode: 3, restarted: false, upMs: 0 })]), 'ill: app');
    assert.equal(verdict([one({ state: 'dead', upMs: 0 })]), 'ill: app');
  });

  it('watches a service without a health check for a few seconds, once the rest is proved', () => {
    const young = one({ upMs: 2000 });
    assert.equal(verdict([young]), 'well');
    assert.equal(verdict([young], { settled: true }), 'app is watched: it has no health check');
    assert.equal(verdict([one({ upMs: GATE_LIMITS.settleMs })], { settled: true }), 'well');
  });

  it('has patience with a service that ends while another comes up, and none with one that ends again and again', () => {
    const ends = (restarts: number) => one({ state: 'restarting', exitCode: 1, restarts, upMs: 0 });
    const db = one({ service: 'db', container: 'lab-db-1', upMs: 4000 });
    assert.equal(verdict([ends(2), db], { elapsedMs: 3000 }), 'app starts again');
    assert.equal(verdict([ends(6), db], { elapsedMs: 5000 }), 'app starts again');
    assert.equal(verdict([ends(6), db], { elapsedMs: GATE_LIMITS.patienceMs }), 'ill: app');
    assert.equal(verdict([ends(4)], { elapsedMs: 3000 }), 'ill: app', 'nothing else comes up that it could wait for');
    const back = one({ restarts: 5, upMs: 1000 });
    assert.equal(verdict([back, db], { elapsedMs: 6000 }), 'app is watched: it has no health check');
    assert.equal(verdict([one({ restarts: 5, upMs: 7000 }), db], { elapsedMs: 12_000 }), 'well', 'it found what it waited for');
  });

  it('counts only what happened since the release was started', () => {
    assert.equal(verdict([one({ restarts: 9, upMs: 1000 })], { before: [['lab-app-1', 9]] }), 'well');
  });

  it('is told with the last words of the health check, on one line', () => {
    const sick = one({ health: 'unhealthy', checkSaid: plain('curl: (7)\n\u001b[31mno\u001b[0m answer\u0007\n') });
    assert.equal(diagnosis(sick, 9000), 'app is unhealthy: its health check says “curl: (7) no answer”');
    assert.equal(diagnosis(one({ health: 'starting' }), 300_400), 'app did not become healthy within 300 s');
    assert.equal(diagnosis(one({ state: 'exited', exitCode: 3 }), 1), 'app ended with code 3');
    assert.equal(diagnosis(one({ state: 'restarting', exitCode: 1, restarts: 4 }), 1), 'app starts and ends again and again, with code 1');
    assert.equal(diagnosis(one({ health: 'starting', restarts: 4 }), 18_000), 'app starts and ends again and again');
    assert.equal(plain(`${'x'.repeat(400)}end`).length, 301);
  });

  it('is read from what docker inspect prints', () => {
    const state = {
      Status: 'running',
      ExitCode: 0,
      StartedAt: '2026-11-21T09:30:00.5Z',
      Health: { Status: 'starting', Log: [{ Output: 'a' }, { Output: 'no\tresponse\n' }] },
    };
    const now = Date.parse('2026-11-21T09:30:03Z');
    const lines = [
      String(now),
      `\tdb\t/lab-db-1\tpostgres:16\t2\talways\t${JSON.stringify(state)}`,
      `True\tcaddy\t/lab-caddy-run-1\tcaddy:2\t0\tno\t${JSON.stringify({ Status: 'exited', ExitCode: 1 })}`,
      `False\tinit\t/lab-init-1\tinit\t0\tno\t${JSON.stringify({ Status: 'exited', ExitCode: 0, StartedAt: '2026-11-21T09:30:00Z', Health: { Status: 'none' } })}`,
      '',
    ];
    assert.deepEqual(parseWatched(lines.join('\n')), [
      {
        service: 'db',
        container: 'lab-db-1',
        image: 'postgres:16',
        state: 'running',
        health: 'starting',
        exitCode: 0,
        restarts: 2,
        upMs: 2500,
        checkSaid: 'no response',
        restarted: true,
      },
      {
        service: 'init',
        container: 'lab-init-1',
        image: 'init',
        state: 'exited',
        health: '',
        exitCode: 0,
        restarts: 0,
        upMs: 0,
        checkSaid: '',
        restarted: false,
      },
    ]);
  });
});
