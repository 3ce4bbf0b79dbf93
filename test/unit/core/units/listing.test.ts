import assert from 'node:assert/strict';
import { ownUnits, parseUnitList } from '../../../../src/core/units/listing';

/** What the script prints on Debian 10 (systemd 241): no JSON. */
const old = String.raw`

@@skylab version
systemd 241 (241)

@@skylab units
● broken.service loaded failed failed Something that fails
cron.service loaded active running Regular background program processing daemon
web.service loaded inactive dead web.service
ghost.service not-found inactive dead ghost.service
backup.timer loaded active waiting Every night

@@skylab files
cron.service enabled
web.service disabled
worker@.service disabled
dbus-org.bluez.service alias
web.socket masked

@@skylab timers
Sun 2026-11-22 00:00:00 UTC  5h 26min left Sat 2026-11-21 00:00:01 UTC  18h ago backup.timer backup.service
n/a                          n/a           n/a                          n/a     never.timer  never.service

@@skylab own
web.service
backup.timer
notes.txt

@@skylab skylab
web.service

@@skylab dropins
cron.service.d/override.conf
cron.service.d/50-limits.conf
service.d/all.conf
`;

describe('the list of a machine’s units', () => {
  const { version, units } = parseUnitList(old);
  const named = (name: string) => units.find((unit) => unit.name === name);

  it('is read from the columns of a systemd that knows no JSON', () => {
    assert.equal(version, 241);
    assert.deepEqual(named('cron.service'), {
      name: 'cron.service',
      description: 'Regular background program processing daemon',
      load: 'loaded',
      active: 'active',
      sub: 'running',
      boot: 'enabled',
      own: true,
      skylab: false,
      dropIns: ['override.conf', '50-limits.conf'],
    });
    assert.deepEqual([named('broken.service')?.active, named('broken.service')?.description], ['failed', 'Something that fails']);
  });

  it('tells when timers run next and ran last, also in columns', () => {
    const [next, last] = [Date.parse('2026-11-22T00:00:00Z'), Date.parse('2026-11-21T00:00:01Z')];
    assert.deepEqual(named('backup.timer')?.timer, { next, last, activates: 'backup.service' });
    assert.deepEqual(named('never.timer')?.timer, { next: undefined, last: undefined, activates: 'never.service' });
  });

  it('has files that nothing has loaded, and leaves out aliases and what is only mentioned', () => {
    assert.deepEqual([named('worker@.service')?.boot, named('web.socket')?.boot], ['disabled', 'masked']);
    assert.deepEqual([named('ghost.service'), named('dbus-org.bluez.service'), named('notes.txt')], [undefined, undefined, undefined]);
    assert.deepEqual([named('web.service')?.own, named('web.service')?.skylab], [true, true]);
  });

  it('shows what failed first, then what the person has written', () => {
    assert.deepEqual(
      ownUnits(units).map(({ name }) => name),
      ['broken.service', 'backup.timer', 'cron.service', 'web.service'],
    );
  });

  it('is empty where there is no systemd', () => {
    assert.deepEqual(parseUnitList(''), { version: undefined, units: [] });
  });
});
