import assert from 'node:assert/strict';
import fc from 'fast-check';
import { generateUnit } from '../../../src/core/deploy/unitFile';
import type { UnitVerb } from '../../../src/core/units/acts';
import { directivesOf, sectionNames } from '../../../src/core/units/directives';
import { commandWords, listWord, wholePath } from '../../../src/core/units/escape';
import { commandUnits, pythonApp, workers } from '../../../src/core/units/generate';
import type { UnitRow } from '../../../src/core/units/listing';
import { unitProblems } from '../../../src/core/units/problems';
import { hardening } from '../../../src/core/units/security';
import { mustBeUnitPath } from '../../../src/core/units/unitFiles';
import type { AfterInstall } from '../../../src/core/units/units';
import { Units } from '../../../src/core/units/units';
import { parseUnit } from '../../../src/core/units/unitText';
import type { UnitFile } from '../../../src/core/units/verify';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import { Bed, ended } from './bed';

describe('the services of a machine', function () {
  this.timeout(60_000);
  let cloud: PracticeCloud;
  let bed: Bed;
  let units: Units;

  before(async function () {
    this.timeout(600_000);
    cloud = await startPracticeCloud({});
    bed = await Bed.launch(cloud, 'ada');
    units = new Units(bed.access, bed.operations);
  });

  after(async () => {
    bed.dispose();
    await cloud.stop();
  });

  const remote = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await bed.ssh(command);
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout.trim();
  };
  const write = (name: string, text: string): Promise<string> =>
    remote(
      `echo ${Buffer.from(text).toString('base64')} | base64 -d | sudo tee /etc/systemd/system/${name} >/dev/null; sudo systemctl daemon-reload`,
    );
  const unit = async (name: string): Promise<UnitRow | undefined> => (await units.list(bed.machine)).units.find((one) => one.name === name);
  const act = async (verb: UnitVerb, ...names: string[]): Promise<{ outcome: string; error?: Error }> =>
    ended(units.act(bed.machine, verb, names));

  const nothing = { enable: [], restart: [] };

  it('are listed as systemd lists them, with those that stand in /etc/systemd/system marked as the person’s own', async () => {
    await write('mine.service', '[Unit]\nDescription=Mine\n[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n');
    await write('mine.timer', '[Timer]\nOnCalendar=2031-05-06 07:08:09 UTC\n[Install]\nWantedBy=timers.target\n');
    await remote('sudo systemctl start mine.timer');
    const { version, units: all } = await units.list(bed.machine);
    assert.equal(version, Number(/\d+/.exec(await remote('systemctl --version | head -1'))?.[0]));
    const expected = (await remote('systemctl list-units --all --type=service,timer,socket,path --plain --no-legend --full'))
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 4).join(' '))
      .filter((line) => !line.includes('not-found'));
    assert.ok(expected.length > 30);
    const shown = new Set(all.map(({ name, load, active, sub }) => [name, load, active, sub].join(' ')));
    assert.deepEqual(
      expected.filter((line) => !shown.has(line)),
      [],
    );
    const mine = await unit('mine.service');
    assert.deepEqual([mine?.own, mine?.description, mine?.boot, mine?.active], [true, 'Mine', 'disabled', 'inactive']);
    const timer = await unit('mine.timer');
    assert.deepEqual(timer?.timer, { next: Date.parse('2031-05-06T07:08:09Z'), last: undefined, activates: 'mine.service' });
    assert.equal((await unit('ssh.service'))?.own, false);
  });

  it('start, stop, and start with the machine when they are told to; told twice, nothing changes', async () => {
    for (const verb of ['start', 'start', 'enable', 'enable'] as const) assert.equal((await act(verb, 'mine.service')).outcome, 'done');
    assert.equal(await remote('systemctl is-active mine.service; systemctl is-enabled mine.service'), 'active\nenabled');
    const mine = await unit('mine.service');
    assert.deepEqual([mine?.active, mine?.sub, mine?.boot], ['active', 'running', 'enabled']);
    const pid = await remote('systemctl show -p MainPID --value mine.service');
    assert.equal((await act('restart', 'mine.service')).outcome, 'done');
    assert.notEqual(await remote('systemctl show -p MainPID --value mine.service'), pid);
    for (const verb of ['stop', 'stop', 'disable', 'mask'] as const) {
      const { outcome, error } = await act(verb, verb === 'mask' ? 'apt-daily.timer' : 'mine.service');
      // a unit whose file stands in /etc cannot be masked; one of the system can
      assert.equal(outcome, 'done', `${verb}: ${String(error)}`);
    }
    assert.deepEqual([(await unit('mine.service'))?.active, (await unit('apt-daily.timer'))?.boot], ['inactive', 'masked']);
  });

  it('say why they did not start, with the last that they wrote', async () => {
    await write('broken.service', '[Service]\nExecStart=/bin/sh -c "echo no database at db:5432 >&2; exit 3"\n');
    const { outcome, error } = await act('start', 'broken.service');
    assert.equal(outcome, 'failed');
    assert.equal(error?.message, 'broken.service did not start on ada: no database at db:5432.');
    await write('restless.service', '[Service]\nExecStart=/bin/sh -c "echo port 80 is taken; exit 1"\nRestart=always\nRestartSec=30\n');
    const restless = await act('start', 'restless.service');
    assert.equal(restless.error?.message, 'restless.service starts and ends again and again on ada: port 80 is taken.');
    assert.match((await act('start', 'nowhere.service')).error?.message ?? '', /nowhere\.service did not start on ada: .*not found/);
    const failed = await unit('broken.service');
    assert.equal(failed?.active, 'failed');
  });

  it('write to a journal that is followed until it is stopped', async () => {
    await write('talker.service', '[Service]\nExecStart=/bin/sh -c "while :; do echo tick; echo \'<3>tock\'; sleep 0.2; done"\n');
    await act('start', 'talker.service');
    const process = await units.follow(bed.machine, 'talker.service', { lines: 5, priority: 3, follow: true });
    const seen = await new Promise<string>((resolve) => {
      let text = '';
      process.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.split('tock').length > 8) resolve(text);
      });
    });
    assert.ok(!seen.includes('tick'), 'a priority leaves out what is less important');
    process.kill();
    await process.exit.catch(() => undefined);
    for (let i = 0; i < 20 && (await remote('pgrep -fc "[j]ournalctl.*talker" || true')) !== '0'; i++)
      await new Promise((r) => setTimeout(r, 250));
    assert.equal(await remote('pgrep -fc "[j]ournalctl.*talker" || true'), '0', 'nothing goes on on the machine');
    assert.match(await units.status(bed.machine, 'talker.service'), /Active: active \(running\)/);
    await act('stop', 'talker.service');
  });

  describe('with files of their own', () => {
    const web = (port: number, more = ''): UnitFile => ({
      path: 'web.service',
      text: `[Unit]\nDescription=Web % ö\n${more}[Service]\nExecStart=/bin/sh -c 'echo "port ${port}"; exec sleep 1000'\n[Install]\nWantedBy=multi-user.target\n`,
    });
    const install = async (file: UnitFile, after: AfterInstall = nothing): Promise<Awaited<ReturnType<typeof ended>>> =>
      ended(units.install(bed.machine, [file], after));

    it('are judged by the machine’s systemd before anything is written: findings have the line they are about', async () => {
      const text = '[Unit]\nFoo=1\n[Service]\nExecStart=/nowhere/bin/web --port 80\nRestart=maybe\n';
      const findings = await units.verify(bed.machine, [{ path: 'web.service', text }]);
      assert.deepEqual(
        findings.map(({ path, line, severity }) => [path, line, severity]).sort(),
        [
          ['web.service', 1, 'warning'],
          ['web.service', 3, 'error'],
          ['web.service', 4, 'warning'],
        ],
        JSON.stringify(findings),
      );
      assert.match(findings.find(({ line }) => line === 3)?.message ?? '', /nowhere\/bin\/web is not executable/);
      const pair = [
        { path: 'tidy.timer', text: '[Timer]\nOnCalendar=daily\n' },
        { path: 'tidy.service', text: '[Service]\nType=oneshot\nExecStart=/bin/true\n' },
      ];
      assert.deepEqual(await units.verify(bed.machine, pair), [], 'a timer finds the service that comes with it');
      const override = await units.verify(bed.machine, [{ path: 'mine.service.d/override.conf', text: '[Service]\nNice=99\n' }]);
      assert.deepEqual(
        override.map(({ path, line }) => [path, line]),
        [['mine.service.d/override.conf', 1]],
      );
      const refused = await install({ path: 'web.service', text: '[Service]\nExecStart=/bin/true\nExecStart=/bin/true\n' });
      assert.match(refused.error?.message ?? '', /^systemd refuses web\.service: .*more than one ExecStart/);
      assert.equal(await remote('ls /etc/systemd/system/web.service /var/lib/skylab 2>/dev/null || echo none'), 'none');
    });

    it('are installed whole and started; what they were before is kept and can be put back', async () => {
      const first = await install(web(1), { enable: ['web.service'], restart: ['web.service'] });
      assert.equal(first.outcome, 'done', String(first.error));
      assert.equal(await remote('systemctl is-active web.service; systemctl is-enabled web.service'), 'active\nenabled');
      assert.equal((await install(web(1))).detail['install'], 'nothing to do');
      assert.equal((await install(web(2), { enable: [], restart: ['web.service'] })).outcome, 'done');
      assert.equal((await units.read(bed.machine, 'web.service')).text, web(2).text);
      const [kept, ...older] = await units.versions(bed.machine, 'web.service');
      assert.deepEqual([kept?.text, older.length], [web(1).text, 0]);
      assert.ok(Math.abs((kept?.replacedAt ?? 0) - Date.now()) < 60_000);
      for (let port = 3; port < 8; port++) await install(web(port));
      const all = await units.versions(bed.machine, 'web.service');
      assert.deepEqual(
        all.map(({ text }) => text),
        [6, 5, 4, 3, 2].map((port) => web(port).text),
      );
      assert.equal(await remote('ls -A /etc/systemd/system | grep -c skylab || true'), '0', 'nothing is left of the work');
    });

    it('that do not start stay to be repaired, and say why', async () => {
      const broken = { path: 'web.service', text: web(1).text.replace('exec sleep 1000', 'echo no disk left; exit 5') };
      const { outcome, error, steps } = await install(broken, { enable: [], restart: ['web.service'] });
      assert.deepEqual([outcome, steps['install']], ['failed', 'done']);
      assert.equal(error?.message, 'web.service did not start again on ada: no disk left.');
      await install(web(1), { enable: [], restart: ['web.service'] });
    });

    it('are changed beside their unit, and the change is taken away again', async () => {
      const { outcome } = await install(
        { path: 'web.service.d/override.conf', text: '[Service]\nNice=7\n' },
        { enable: [], restart: ['web.service'] },
      );
      assert.equal(outcome, 'done');
      assert.equal(await remote('systemctl show -p Nice --value web.service'), '7');
      assert.deepEqual((await unit('web.service'))?.dropIns, ['override.conf']);
      assert.match((await units.read(bed.machine, 'web.service')).whole, /Nice=7/);
      await ended(units.removeChange(bed.machine, 'web.service.d/override.conf', true));
      assert.equal(await remote('systemctl show -p Nice --value web.service; ls -d /etc/systemd/system/web.service.d || true'), '0');
    });

    it('are rated by what they may reach; the safe settings better that and the service still runs', async () => {
      const before = await units.security(bed.machine, 'web.service');
      const safe = hardening(before);
      assert.ok(before.exposure !== undefined && before.exposure > 8 && before.items.length > 40 && safe !== undefined);
      const { outcome, error } = await install(
        { path: 'web.service.d/hardening.conf', text: safe },
        { enable: [], restart: ['web.service'] },
      );
      assert.equal(outcome, 'done', String(error));
      const after = await units.security(bed.machine, 'web.service');
      assert.ok((after.exposure ?? 10) < before.exposure - 2, `${before.exposure} -> ${after.exposure ?? '?'}`);
      assert.equal(hardening(after), undefined);
    });

    it('are removed with their changes, and their texts stay on the machine', async () => {
      assert.equal((await ended(units.remove(bed.machine, ['web.service']))).outcome, 'done');
      assert.equal(
        await remote('systemctl show -p LoadState --value web.service; ls -d /etc/systemd/system/web* 2>/dev/null || true'),
        'not-found',
      );
      assert.equal((await units.versions(bed.machine, 'web.service'))[0]?.text, web(1).text);
      assert.equal((await ended(units.remove(bed.machine, ['web.service']))).outcome, 'done');
      for (const path of ['../ssh.service', 'web.service.d/../../x.conf', 'a/b.service', 'x.service.d/.hidden.conf'])
        assert.throws(() => mustBeUnitPath(path), path);
    });
  });

  describe('and what the editor knows of unit files', () => {
    it('has the very settings, by section, that the machine’s systemd reads', async () => {
      const dump = await remote('XDG_RUNTIME_DIR=/tmp /usr/lib/systemd/systemd --dump-configuration-items');
      const real = new Map<string, string[]>();
      let section = '';
      for (const line of dump.split('\n')) {
        section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
        const name = /^(\w+)=/.exec(line)?.[1];
        if (name !== undefined) real.set(section, [...(real.get(section) ?? []), name]);
      }
      assert.deepEqual([...real.keys()].sort(), [...sectionNames].sort());
      for (const [name, settings] of real) assert.deepEqual([...directivesOf(name).keys()].sort(), [...new Set(settings)].sort(), name);
    });

    it('finds no fault with any unit that came with the machine', async () => {
      const all = await remote(
        'cd /usr/lib/systemd/system; for f in *.service *.timer *.socket *.path *.mount *.target *.slice; do [ -f $f ] && echo "$f $(base64 -w0 <$f)"; done; true',
      );
      const files = all.split('\n').map((line) => line.split(' '));
      assert.ok(files.length > 100);
      const found = files.flatMap(([name = '', text = '']) =>
        unitProblems(parseUnit(Buffer.from(text, 'base64').toString()), name).map((problem) => ({ name, ...problem })),
      );
      assert.deepEqual(
        found.filter(({ severity }) => severity !== 'hint'),
        [],
      );
    });

    it('writes units with which the machine’s systemd is content, whatever the names in them', async () => {
      const word = fc.string({
        unit: fc.constantFrom(...Array.from('aZ0 %$"\'\\{}*?[;#=~ü漢\u{1f600}\t-'), '%n', '$HOME', '${X}', ' ; '),
        minLength: 1,
        maxLength: 12,
      });
      const folder = word.map((text) => `/srv/a${text}z`);
      const words = fc.sample(word, { numRuns: 150, seed: 7 });
      const folders = fc.sample(folder, { numRuns: 12, seed: 8 });
      const common = { description: 'odd 100% $x "', user: 'admin', folder: undefined, environmentFile: undefined, hardened: true };
      const generated = folders.flatMap((one, i) => [
        ...commandUnits({
          ...common,
          name: `odd-c${i}`,
          folder: one,
          command: `echo ${one} && true`,
          when: { calendar: 'Mon..Fri 09:00' },
        }),
        pythonApp({ ...common, name: `odd-p${i}`, folder: one, venv: '/usr', module: 'a.b:c', workers: 2, bind: undefined, timeout: 30 }),
        ...workers({ ...common, name: `odd-w${i}`, folder: one, venv: '/usr', kind: 'huey', target: 'manage.py', count: 2, jobSeconds: 9 }),
      ]);
      generated.push({
        path: 'odd-s.service',
        text: generateUnit({ stack: 'odd', user: 'admin', group: 'admin', workingDirectory: folders[0] ?? '' }),
      });
      const findings = await units.verify(bed.machine, generated);
      // the programs are not on this machine; that systemd says so by their whole paths shows that it has read them
      const said = findings.filter(({ message }) => !/Command \/usr\/bin\/(gunicorn|docker) is not executable/.test(message));
      assert.deepEqual(
        said.filter(
          ({ message }) =>
            !/Command \/usr\/bin\/python is not executable|odd-s\.service\/start: Unit docker\.service not found/.test(message),
        ),
        [],
      );
      // a program gets every word as it was, and runs in the very folder
      const echo: UnitFile = {
        path: 'odd-echo.service',
        text: `[Service]\nType=oneshot\nStandardOutput=file:/run/odd-words\nExecStart=${commandWords('/usr/bin/printf', ['%s\\0', ...words])}\n`,
      };
      const where = folders.map((one, i): UnitFile => ({
        path: `odd-f${i}.service`,
        text: `[Service]\nType=oneshot\nStandardOutput=file:/run/odd-${i}\nWorkingDirectory=${wholePath(one)}\nEnvironment=${listWord(`ODD=${one}`)}\nExecStart=/bin/sh -c 'printf "%%s\\0%%s" "$$PWD" "$$ODD"'\n`,
      }));
      const made = folders.map((one) => Buffer.from(one).toString('base64')).join(' ');
      await remote(`for f in ${made}; do sudo mkdir -p "$(echo $f | base64 -d)"; done`);
      const { outcome, error } = await ended(units.install(bed.machine, [echo, ...where], nothing));
      assert.equal(outcome, 'done', String(error));
      await remote('sudo systemctl start odd-echo.service $(seq -f odd-f%g.service 0 11)');
      const answers = (await remote('sudo base64 -w0 /run/odd-words; for i in $(seq 0 11); do echo; sudo base64 -w0 /run/odd-$i; done'))
        .split('\n')
        .map((line) => Buffer.from(line, 'base64').toString());
      assert.deepEqual(answers[0]?.split('\0').slice(0, -1), words);
      assert.deepEqual(
        answers.slice(1).map((answer) => answer.split('\0')),
        folders.map((one) => [one, one]),
      );
    });

    it('rates what it writes before it is installed', async () => {
      const plan = {
        name: 'app',
        description: 'App',
        user: 'admin',
        folder: '/srv',
        environmentFile: undefined,
        command: '/bin/true',
        when: 'always',
      } as const;
      const [open] = commandUnits({ ...plan, hardened: false });
      const [shut] = commandUnits({ ...plan, hardened: true });
      const [before, after] = await Promise.all([units.rating(bed.machine, open!), units.rating(bed.machine, shut!)]);
      assert.match(before, /^\d+\.\d [A-Z]+$/);
      assert.ok(parseFloat(after) < parseFloat(before) - 2, `${before} -> ${after}`);
    });
  });
});
