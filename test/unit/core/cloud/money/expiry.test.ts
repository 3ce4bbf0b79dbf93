import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { expiryBootCommands } from '../../../../../src/core/cloud/money/expiryBoot';
import { endOf, endTags, GRACE_MS, keepGivenEnd, knownEnd, readEnd } from '../../../../../src/core/cloud/money/expiry';
import { parseEndStatus } from '../../../../../src/core/cloud/money/expiryRemote';
import { moneyTags } from '../../../../../src/core/cloud/money/launchTags';
import { parseWhen } from '../../../../../src/core/cloud/money/when';
import { givenKey, type Machine } from '../../../../../src/core/cloud/model';
import { ACCOUNT, MapMemento } from '../support';

const NOW = Date.parse('2026-11-21T15:00:00Z');
const HOUR = 3_600_000;

describe('the end of a machine', () => {
  it('comes hours after the launch, at a time, or when nobody uses it', () => {
    assert.deepEqual(endOf({ hours: 8, action: 'stop' }, NOW), { due: NOW + 8 * HOUR, action: 'stop' });
    assert.deepEqual(endOf({ at: '2026-11-22T18:00:00Z', hours: 1, action: 'terminate' }, NOW), {
      due: Date.parse('2026-11-22T18:00:00Z'),
      action: 'terminate',
    });
    assert.deepEqual(endOf({ idleMinutes: 30, action: 'stop' }, NOW), { idleMinutes: 30, action: 'stop' });
    assert.equal(endOf({ action: 'stop' }, NOW), undefined);
    assert.equal(endOf(undefined, NOW), undefined);
  });

  it('is read from the tags as it was written, and a call-off reads as none', () => {
    for (const end of [
      { due: NOW + HOUR, action: 'stop' },
      { due: NOW + HOUR, idleMinutes: 30, action: 'terminate' },
      { idleMinutes: 15, action: 'stop' },
      undefined,
    ] as const)
      assert.deepEqual(readEnd({ tags: endTags(end), launchedAt: NOW }), end);
    assert.equal(readEnd({ tags: {}, launchedAt: NOW }), undefined);
    assert.equal(readEnd({ tags: { 'skylab:expires': 'soon', 'skylab:idle': 'x' }, launchedAt: NOW }), undefined);
  });

  it('is an hour after the start of a machine that was started after its end', () => {
    const tags = endTags({ due: NOW, action: 'stop' });
    assert.equal(readEnd({ tags, launchedAt: NOW + 5 * HOUR })?.due, NOW + 5 * HOUR + GRACE_MS);
    assert.equal(readEnd({ tags, launchedAt: NOW - HOUR })?.due, NOW);
  });

  it('and the price at launch go with a machine as tags', () => {
    const prices = { known: () => ({ perHour: 0.0208, asOf: '2025-03-02', source: 'table' as const }) };
    const spec = { instanceType: 't3.small', expiry: { hours: 8, action: 'stop' as const } };
    const tags = moneyTags(spec, ACCOUNT, prices, NOW);
    assert.equal(tags['skylab:price'], '0.0208 2025-03-02 t3.small');
    assert.deepEqual(readEnd({ tags, launchedAt: NOW }), { due: NOW + 8 * HOUR, action: 'stop' });
    assert.deepEqual(moneyTags({ instanceType: 't3.small', spot: {} }, ACCOUNT, prices, NOW), {});
    assert.deepEqual(moneyTags({ instanceType: 't3.small' }, ACCOUNT, undefined, NOW), {});
  });

  it('of a given machine is remembered on this computer', async () => {
    const memento = new MapMemento();
    const machine = { kind: 'given', key: givenKey('g1'), name: 'ada' } as Machine;
    await keepGivenEnd(memento, machine.key, { due: NOW, action: 'stop' });
    assert.deepEqual(knownEnd(machine, memento), { due: NOW, action: 'stop' });
    await keepGivenEnd(memento, machine.key, undefined);
    assert.equal(knownEnd(machine, memento), undefined);
  });
});

describe('the commands that arm a machine at first boot', () => {
  const commands = expiryBootCommands({ hours: 8, idleMinutes: 30, action: 'terminate' }, NOW);

  it('are accepted by sh, and carry the time as an absolute one', () => {
    execFileSync('sh', ['-n'], { input: commands.join('\n') });
    const [install = '', arm] = commands;
    const script = execFileSync('sh', { input: install.replace(/\| sh$/m, ''), encoding: 'utf8' });
    assert.match(script, /skylab-end\.timer/);
    execFileSync('sh', ['-n'], { input: script });
    assert.equal(arm, `sh /usr/local/lib/skylab/end arm due=${(NOW + 8 * HOUR) / 1000} idle=30 action=terminate`);
  });

  it('leave most of the 16 KiB of user data to others', () => assert.ok(commands.join('\n').length < 5 * 1024));

  it('are none for a machine that does not end', () => assert.deepEqual(expiryBootCommands({ action: 'stop' }, NOW), []));
});

describe('what a machine says of its end', () => {
  it('is its end, its last use and whether anything watches', () => {
    const text =
      'now=1795275764\ndue=1795304486\nidle=30\naction=terminate\nused=1795275700\ntimer=active\nwhy=somebody is logged in by SSH';
    assert.deepEqual(parseEndStatus(text), {
      end: { due: 1795304486000, idleMinutes: 30, action: 'terminate' },
      lastUse: 1795275700000,
      use: 'somebody is logged in by SSH',
      watched: true,
    });
  });

  it('is nothing on a machine that was never armed', () => assert.deepEqual(parseEndStatus(''), { end: undefined, watched: false }));
});

describe('a time as a person types it', () => {
  const local = new Date(2026, 10, 21, 15, 0).getTime();

  it('may be a span, a time of day, a date, or both', () => {
    assert.equal(parseWhen('90 min', local), local + 1.5 * HOUR);
    assert.equal(parseWhen('in 3h', local), local + 3 * HOUR);
    assert.equal(parseWhen('2 days', local), local + 48 * HOUR);
    assert.equal(parseWhen('18:30', local), new Date(2026, 10, 21, 18, 30).getTime());
    assert.equal(parseWhen('9:00', local), new Date(2026, 10, 22, 9, 0).getTime());
    assert.equal(parseWhen('2026-11-30', local), new Date(2026, 10, 30, 23, 59).getTime());
    assert.equal(parseWhen('2026-11-30 8:15', local), new Date(2026, 10, 30, 8, 15).getTime());
  });

  it('is refused when it has passed or means nothing', () => {
    for (const text of ['', '0 h', 'soon', '25:00', '12:60', '2026-11-20', '2026-13-01', '3 weeks'])
      assert.equal(parseWhen(text, local), undefined, text);
  });
});
