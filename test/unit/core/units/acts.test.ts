import assert from 'node:assert/strict';
import { parseAct, unitJournal } from '../../../../src/core/units/acts';
import { unitNameProblem } from '../../../../src/core/units/names';
import { failed } from '../../../../src/core/units/units';

describe('an act on a unit', () => {
  it('that fails is told by what the service wrote, not by what systemd says of every failure', () => {
    const result = parseAct(
      [
        'code=1 ActiveState=failed SubState=failed ',
        'Job for web.service failed because the control process exited with error code.',
        '@@journal',
        'Starting web.service - Web...',
        'Error: cannot bind 0.0.0.0:80.',
        'web.service: Main process exited, code=exited, status=1/FAILURE',
        'web.service: Failed with result "exit-code".',
        'Failed to start web.service - Web.',
        '',
      ].join('\n'),
    );
    assert.equal(failed('start', 'web.service', 'ada', result).message, 'web.service did not start on ada: Error: cannot bind 0.0.0.0:80.');
    const silent = { ...result, journal: result.journal.filter((line) => !line.startsWith('Error')) };
    assert.match(
      failed('restart', 'web.service', 'ada', silent).message,
      /^web.service did not start again on ada: .*status=1\/FAILURE\.$/,
    );
    const denied = { ...result, journal: [], said: 'Failed to start x.service: Access denied' };
    assert.match(failed('start', 'x.service', 'ada', denied).message, /on ada: Failed to start x\.service: Access denied\.$/);
  });

  it('reads the part of the journal that was asked for', () => {
    const { argv } = unitJournal('web.service', { lines: 0, since: '-1h', priority: 4, thisBoot: true, follow: false });
    assert.deepEqual(argv.slice(5), ['--unit=web.service', '--since=-1h', '--priority=4', '--boot', '--lines=all']);
    assert.ok(unitJournal(undefined, { lines: 10, follow: true }).argv.includes('--follow'));
  });
});

describe('the name of a unit', () => {
  it('is one that systemd takes', () => {
    for (const name of ['web.service', 'worker@.service', 'worker@1.service', 'home-ada-a\\x20b.mount', 'a:b_c.timer'])
      assert.equal(unitNameProblem(name), undefined, name);
    for (const name of ['web', 'web.conf', 'my web.service', '../web.service', 'wéb.service', '.service', `${'x'.repeat(250)}.service`])
      assert.notEqual(unitNameProblem(name), undefined, name);
  });
});
