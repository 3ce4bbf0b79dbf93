import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commandWords, listWord, wholePath } from '../../../../src/core/units/escape';
import { commandUnits, pythonApp, workers } from '../../../../src/core/units/generate';
import { unitProblems } from '../../../../src/core/units/problems';
import { parseUnit } from '../../../../src/core/units/unitText';
import { parseVerify } from '../../../../src/core/units/verify';
import { hardening, parseSecurity } from '../../../../src/core/units/security';

const common = { name: 'web', description: 'Web', user: 'ada', folder: '/srv/web', environmentFile: '/srv/web/.env', hardened: true };
const value = (text: string, key: string): string | undefined => parseUnit(text).assignments.find((one) => one.key === key)?.value;

describe('a generated unit', () => {
  it('runs gunicorn so that systemd knows when it is ready, and takes its socket away with it', () => {
    const { path, text } = pythonApp({
      ...common,
      venv: '/srv/web/.venv',
      module: 'config.wsgi:application',
      workers: 3,
      bind: undefined,
      timeout: 60,
    });
    assert.equal(path, 'web.service');
    assert.equal(value(text, 'Type'), 'notify');
    assert.equal(
      value(text, 'ExecStart'),
      '/srv/web/.venv/bin/gunicorn --workers 3 --timeout 60 --bind unix:/run/web/web.sock config.wsgi:application',
    );
    assert.deepEqual([value(text, 'RuntimeDirectory'), value(text, 'NoNewPrivileges')], ['web', 'yes']);
    assert.deepEqual(unitProblems(parseUnit(text), path), []);
  });

  it('gives each worker twice the time of its longest job, and the signal that lets it finish', () => {
    const plan = { ...common, venv: '/v', target: 'manage.py', count: 2, jobSeconds: 600 };
    const huey = workers({ ...plan, kind: 'huey' });
    assert.deepEqual(
      huey.map(({ path }) => path),
      ['web-1.service', 'web-2.service'],
    );
    for (const { path, text } of huey) {
      assert.deepEqual([value(text, 'TimeoutStopSec'), value(text, 'KillSignal')], ['1200', 'SIGINT']);
      assert.equal(value(text, 'ExecStart'), '/v/bin/python manage.py run_huey');
      assert.deepEqual(unitProblems(parseUnit(text), path), []);
    }
    const [celery] = workers({ ...plan, kind: 'celery', target: 'config', count: 1 });
    assert.equal(value(celery!.text, 'ExecStart'), '/v/bin/celery --app config worker --loglevel info --hostname web@%%h');
    assert.equal(value(workers({ ...plan, kind: 'rq', target: 'default', count: 1 })[0]!.text, 'KillSignal'), 'SIGTERM');
  });

  it('runs plain words as they are, and gives to a shell what a shell has to read', () => {
    const exec = (command: string): string | undefined => value(commandUnits({ ...common, command, when: 'always' })[0]!.text, 'ExecStart');
    assert.equal(exec('/usr/bin/rsync -a /a /b%c'), '/usr/bin/rsync -a /a /b%%c');
    assert.equal(exec('cd /x && make > "$HOME/log"'), '/bin/sh -c "cd /x && make > \\"$$HOME/log\\""');
    assert.equal(exec('A=1 run'), '/bin/sh -c "A=1 run"');
  });

  it('by a timer stands beside the timer, which makes up for what it missed', () => {
    const files = commandUnits({ ...common, command: '/bin/true', when: { calendar: '*-*-* 03:00:00' } });
    assert.deepEqual(
      files.map(({ path, text }) => [path, unitProblems(parseUnit(text), path).length, /^\[Install\]/m.test(text)]),
      [
        ['web.service', 0, false],
        ['web.timer', 0, true],
      ],
    );
    assert.deepEqual([value(files[1]!.text, 'OnCalendar'), value(files[1]!.text, 'Persistent')], ['*-*-* 03:00:00', 'yes']);
  });

  it('keeps on its line whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
        (text) => {
          const unit = parseUnit(
            `[Service]\nExecStart=${commandWords('/bin/echo', [text])}\nNice=1\nReadWritePaths=${listWord(`/${text}`)}\n`,
          );
          assert.deepEqual(
            unit.assignments.map(({ key }) => key),
            ['ExecStart', 'Nice', 'ReadWritePaths'],
          );
        },
      ),
    );
    for (const path of ['/a\nb', '/a\\', 'relative', '/a ', '/a\0']) assert.throws(() => wholePath(path), path);
    assert.equal(wholePath('/100% a b'), '/100%% a b');
  });
});

describe('what systemd says of a unit', () => {
  it('is told with the line it is about, of the files that were asked about alone', () => {
    const files = [{ path: 'web.service', text: '[Service]\nExecStart=/nope/web\nFoo=1\n' }];
    const said = [
      "web.service:3: Unknown key name 'Foo' in section 'Service', ignoring.",
      'web.service: Command /nope/web is not executable: No such file or directory',
      '/lib/systemd/system/other.service:7: Something about another unit',
      'Unit web.service has a bad unit file setting.',
      '',
    ].join('\n');
    assert.deepEqual(
      parseVerify(said, files).map(({ line, severity }) => [line, severity]),
      [
        [2, 'warning'],
        [1, 'error'],
      ],
    );
    assert.deepEqual(
      parseVerify('Unit web.service not found.', files).map(({ message }) => message),
      ['Unit web.service not found.'],
    );
  });

  it('rates it, in JSON and in the columns of older versions', () => {
    const columns = [
      '→ Overall exposure level for web.service: 9.2 UNSAFE',
      '  NAME                DESCRIPTION                                            EXPOSURE',
      '✗ PrivateNetwork=     Service has access to the host’s network                    0.5',
      '✓ PrivateTmp=         Service has no access to other software’s temporary files',
      '✗ User=/DynamicUser=  Service runs as root user                                   0.4',
    ].join('\n');
    const report = parseSecurity(columns);
    assert.deepEqual(
      [report.exposure, report.rating, report.items.map(({ setting }) => setting)],
      [9.2, 'UNSAFE', ['PrivateNetwork=', 'User=/DynamicUser=']],
    );
    assert.equal(hardening(report), undefined);
    const json =
      '→ Overall exposure level for a.service: 5.0 MEDIUM\n[{"set":false,"name":"LockPersonality=","description":"x","exposure":"0.1"}]';
    assert.match(hardening(parseSecurity(json)) ?? '', /\[Service\]\n# takes: [^\n]*\nLockPersonality=yes\n$/);
  });
});
