import assert from 'node:assert/strict';
import { directivesOf, sectionNames, sectionsFor } from '../../../../src/core/units/directives';
import { unitProblems } from '../../../../src/core/units/problems';
import { parseUnit, sectionAt } from '../../../../src/core/units/unitText';
import { valueProblem } from '../../../../src/core/units/values';

const problemsIn = (text: string, path = 'web.service'): string[] =>
  unitProblems(parseUnit(text), path).map(({ line, severity, message }) => `${line + 1} ${severity}: ${message}`);
const service = (...lines: string[]): string => ['[Service]', 'ExecStart=/bin/true', ...lines, ''].join('\n');

describe('a unit file', () => {
  it('is read as systemd does: continued lines, comments between them, and what it leaves out', () => {
    const unit = parseUnit(
      '# c\n[Unit]\nDescription = A \\\n; not this\n  b\r\n[Service]\n  ExecStart=/bin/sh -c "x=1"\nnonsense\n=value\n',
    );
    assert.deepEqual(
      unit.assignments.map(({ section, key, value, line, endLine }) => [section, key, value, line, endLine]),
      [
        ['Unit', 'Description', 'A    b', 2, 4],
        ['Service', 'ExecStart', '/bin/sh -c "x=1"', 6, 6],
      ],
    );
    assert.deepEqual(unit.strange, [7, 8]);
    const [, exec] = unit.assignments;
    assert.deepEqual([exec?.keyStart, exec?.keyEnd, exec?.valueStart], [2, 11, 12]);
    assert.deepEqual([sectionAt(unit, 0), sectionAt(unit, 3), sectionAt(unit, 9)], ['', 'Unit', 'Service']);
  });

  it('that is right has no findings', () => {
    const text = [
      '[Unit]',
      'Description=Web',
      'X-Skylab-Stack=web',
      'After=network-online.target docker.service',
      '[Service]',
      'Type=notify',
      'User=www-data',
      'Environment="A=b c" D=e',
      'EnvironmentFile=-/srv/web/.env',
      'ExecStartPre=-/bin/mkdir -p /run/%n',
      'ExecStart=@/usr/bin/web web --port 80 $ARGS',
      'Restart=on-failure',
      'TimeoutStopSec=1min 30s',
      'MemoryMax=50%',
      'CPUQuota=150%',
      'KillSignal=SIGRTMIN+3',
      'PrivateTmp=true',
      'UMask=0027',
      '[Install]',
      'WantedBy=multi-user.target',
      '[X-Mine]',
      'anything=goes',
    ].join('\n');
    assert.deepEqual(problemsIn(text), []);
  });

  it('is told what systemd would leave out: unknown sections and settings, settings in the wrong place, values of the wrong kind', () => {
    assert.deepEqual(problemsIn('[Servce]\nExecStart=/bin/true\n[Service]\nExecStart=/bin/true\n'), [
      '1 warning: systemd knows no section [Servce] and leaves it out.',
    ]);
    assert.deepEqual(problemsIn(service('Wantedby=x.target', 'WantedBy=multi-user.target', 'Foo=1')), [
      '3 warning: systemd knows no Wantedby in [Service] and leaves it out.',
      '4 warning: WantedBy belongs into [Install]: systemd leaves it out here.',
      '5 warning: systemd knows no Foo in [Service] and leaves it out.',
    ]);
    assert.deepEqual(problemsIn(service('Restrat=always')), [
      '3 warning: systemd knows no Restrat in [Service] and leaves it out. Is Restart meant?',
    ]);
    assert.deepEqual(problemsIn(service('Restart=allways', 'PrivateTmp=maybe', 'RestartSec=soon', 'User=ada')), [
      '3 warning: Restart is one of no, on-failure, always, on-abnormal, on-abort, on-watchdog, on-success.',
      '4 warning: PrivateTmp is one of yes, no, disconnected.',
      '5 warning: RestartSec is a time such as 30, 5min or 1h 20s.',
    ]);
    assert.deepEqual(problemsIn('Description=above\n[Timer]\nOnCalendar=daily\nExecStart=/x\n', 'x.timer'), [
      '1 warning: This stands above the first section: systemd leaves it out.',
      '4 warning: ExecStart belongs into [Service]: systemd leaves it out here.',
    ]);
    assert.deepEqual(problemsIn('[Timer]\nOnCalendar=daily\n[Service]\nExecStart=/x\n', 'x.timer'), [
      '3 warning: A .timer has no section [Service]: systemd leaves it out.',
    ]);
  });

  it('is told what systemd would refuse: no command, two of them, a restart of what runs once', () => {
    assert.match(problemsIn('[Unit]\nDescription=x\n').join(), /needs a section \[Service\]/);
    assert.match(problemsIn('[Service]\nUser=ada\n').join(), /1 error: A service needs ExecStart=/);
    assert.match(problemsIn(service('ExecStart=/bin/false')).join(), /3 error: Only Type=oneshot/);
    assert.deepEqual(problemsIn(service('ExecStart=', 'ExecStart=/bin/false')), [], 'an empty one takes back the first');
    assert.deepEqual(problemsIn(service('Type=oneshot', 'ExecStart=/bin/false')), []);
    assert.match(problemsIn(service('Type=oneshot', 'Restart=always')).join(), /4 error: A oneshot service cannot have Restart=always/);
    assert.match(problemsIn(service('Type=oneshot', 'Restart=on-failure')).join(), /4 hint: Before systemd 244/);
    assert.match(problemsIn('[Timer]\nUnit=x.service\n', 'x.timer').join(), /1 error: A timer needs to know when/);
  });

  it('is told of what does not mean what it seems to: a shell’s signs, values without quotes, settings that come twice', () => {
    assert.match(problemsIn('[Service]\nExecStart=/bin/a && /bin/b\n').join(), /No shell reads this: && is an argument/);
    assert.deepEqual(problemsIn(`[Service]\nExecStart=/bin/sh -c 'a && b > c'\n`), []);
    assert.match(problemsIn('[Service]\nExecStart=./run.sh\n').join(), /absolute path/);
    assert.match(problemsIn(service('Environment=NAME=some words')).join(), /stands in quotes as a whole/);
    assert.match(problemsIn(service('Nice=1', 'Nice=2')).join(), /3 hint: Line 4 sets Nice again/);
    assert.match(problemsIn(service('StartLimitInterval=5')).join(), /3 hint: Stands in \[Unit\] now/);
  });

  it('that changes another needs no command of its own', () => {
    assert.deepEqual(problemsIn('[Service]\nNice=5\n', '/web.service.d/override.conf'), []);
    assert.deepEqual(problemsIn('[Service]\nNice=5\n', '/x.timer.d/override.conf'), [
      '1 warning: A .timer has no section [Service]: systemd leaves it out.',
    ]);
    assert.deepEqual(problemsIn('[Service]\nNice=5\n', '/service.d/all.conf'), []);
  });
});

describe('the table of settings', () => {
  it('has a sentence for each, and a choice for each choice', () => {
    let count = 0;
    for (const section of sectionNames) {
      for (const { name, help, kind, values } of directivesOf(section).values()) {
        count += 1;
        assert.match(help, /^[^a-z].*\.$/, name);
        if (kind === 'choice') assert.ok(values.length > 1, name);
        for (const value of kind === 'choice' ? values : [])
          assert.equal(valueProblem({ ...directivesOf(section).get(name)! }, value), undefined);
      }
    }
    assert.ok(count > 1000, String(count));
    assert.deepEqual(sectionsFor('timer'), ['Unit', 'Install', 'Timer']);
    assert.equal(directivesOf('constructor').size, 0);
  });
});
