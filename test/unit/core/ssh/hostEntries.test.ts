import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SkylabError } from '../../../../src/core/errors';
import { definedEarlier, parseHostEntries, renderHostEntries, sshArgs, sshPaths, withInclude } from '../../../../src/core/ssh/hostEntries';
import { hostNamesIn } from '../../../../src/adapters/files/hostNames';
import type { SshAlias, SshTarget } from '../../../../src/core/ssh/model';

const ada: SshTarget = {
  alias: 'ada' as SshAlias,
  hostName: '3.91.7.20',
  port: 22,
  user: 'admin',
  identityFile: '/home/me/.ssh/skylab/keys/ada',
  hostKeyAlias: 'i-0123456789abcdef0',
};
const grace: SshTarget = { alias: 'grace' as SshAlias, hostName: 'grace.example.org', port: 2222, user: 'cicf', hostKeyAlias: 'given-1' };
const knownHosts = '~/.ssh/skylab/known_hosts';

describe('ssh host entries', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'skylab-entries-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** What the real ssh makes of a config text for a host. */
  const asked = (config: string, host: string): Map<string, string> => {
    const file = join(folder, 'config');
    writeFileSync(file, config, { mode: 0o600 });
    const result = spawnSync('ssh', ['-G', '-F', file, host], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
    return new Map(result.stdout.split('\n').map((row) => [row.split(' ')[0] ?? '', row.slice(row.indexOf(' ') + 1)] as const));
  };

  it('are read by ssh as they are meant', () => {
    const config = renderHostEntries([ada, grace], knownHosts);
    const forAda = asked(config, 'ada');
    assert.equal(forAda.get('hostname'), '3.91.7.20');
    assert.equal(forAda.get('user'), 'admin');
    assert.equal(forAda.get('identityfile'), '/home/me/.ssh/skylab/keys/ada');
    assert.equal(forAda.get('identitiesonly'), 'yes');
    assert.equal(forAda.get('hostkeyalias'), 'i-0123456789abcdef0');
    assert.equal(forAda.get('stricthostkeychecking'), 'true');
    assert.equal(forAda.get('checkhostip'), 'no');
    assert.equal(forAda.get('serveraliveinterval'), '15');
    assert.match(forAda.get('userknownhostsfile') ?? '', /\/\.ssh\/skylab\/known_hosts$/);
    assert.equal(forAda.get('forwardagent'), 'no');
    const forGrace = asked(config, 'grace');
    assert.equal(forGrace.get('port'), '2222');
    assert.equal(forGrace.get('identitiesonly'), 'no');
  });

  it('lead through the machines on the way, each with its own key and host key name, and are read back', () => {
    const outer: SshTarget = {
      alias: 'ada-jump' as SshAlias,
      hostName: 'gate.example.org',
      port: 2200,
      user: 'cicf',
      hostKeyAlias: 'jump-gate.example.org-2200',
    };
    const inner: SshTarget = {
      ...outer,
      alias: 'ada-jump-2' as SshAlias,
      hostName: '10.0.0.1',
      hostKeyAlias: 'jump-10.0.0.1-22',
      jump: outer,
    };
    const behind: SshTarget = { ...ada, jump: inner };
    const config = renderHostEntries([behind, grace], knownHosts);
    assert.equal(asked(config, 'ada').get('proxyjump'), 'ada-jump-2');
    assert.equal(asked(config, 'ada-jump-2').get('proxyjump'), 'ada-jump');
    assert.equal(asked(config, 'ada-jump').get('proxyjump'), undefined);
    assert.equal(asked(config, 'ada-jump').get('hostkeyalias'), 'jump-gate.example.org-2200');
    assert.equal(asked(config, 'ada-jump').get('stricthostkeychecking'), 'true');
    const read = parseHostEntries(config);
    assert.deepEqual(
      read.find(({ alias }) => alias === 'ada'),
      behind,
    );
    assert.equal(renderHostEntries(read, knownHosts), config);
    assert.deepEqual(parseHostEntries(config.replace('HostName gate.example.org', 'HostName gate.example.org\n  ProxyJump ada')).length, 4);
  });

  it('name paths with spaces, percent signs, hashes and apostrophes so that ssh finds them', () => {
    const identityFile = "/home/a b 100% #1 it's/key";
    const answer = asked(renderHostEntries([{ ...ada, identityFile }], '/k n/known_hosts'), 'ada');
    // ssh -G shows the path before its percent signs are expanded
    assert.equal(answer.get('identityfile')?.replaceAll('%%', '%'), identityFile);
    assert.equal(answer.get('userknownhostsfile'), '/k n/known_hosts');
  });

  it('use forward slashes for Windows paths', () => {
    assert.match(
      renderHostEntries([{ ...ada, identityFile: 'C:\\Users\\me\\.ssh\\k' }], knownHosts),
      /IdentityFile "C:\/Users\/me\/\.ssh\/k"/,
    );
  });

  it('refuse a value that could become a line or a word of its own', () => {
    const bad: Partial<SshTarget>[] = [
      { hostName: 'a\nProxyCommand evil' },
      { hostName: '-oProxyCommand=x' },
      { hostName: 'a b' },
      { user: 'x\ty' },
      { user: '-x' },
      { user: '' },
      { identityFile: '/a"b' },
      { identityFile: '/a\nb' },
      { identityFile: '/${HOME}/x' },
      { port: 0 },
      { port: 22.5 },
      { hostKeyAlias: 'a,b' },
      { alias: 'a*' as SshAlias },
    ];
    for (const change of bad)
      assert.throws(() => renderHostEntries([{ ...ada, ...change }], knownHosts), SkylabError, JSON.stringify(change));
  });

  it('come back as they were written', () => {
    const path = fc.stringMatching(/^\/[ -!#-Z^-~\u00e4\u4e16][ -!#-Z^-~]{0,40}$/).filter((text) => !text.includes('${'));
    const target: fc.Arbitrary<SshTarget> = fc
      .record({
        hostName: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
        port: fc.integer({ min: 1, max: 65535 }),
        user: fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,30}$/),
        identityFile: fc.option(path, { nil: undefined }),
        hostKeyAlias: fc.stringMatching(/^i-[0-9a-f]{17}$/),
      })
      .map(({ identityFile, ...rest }) => ({ ...rest, alias: 'x' as SshAlias, ...(identityFile === undefined ? {} : { identityFile }) }));
    fc.assert(
      fc.property(fc.array(target, { maxLength: 4 }), (targets) => {
        const named = targets.map((one, i) => ({ ...one, alias: `m${i}` as SshAlias }));
        assert.deepEqual(parseHostEntries(renderHostEntries(named, knownHosts)), named);
      }),
    );
  });

  it('leave out what is no entry of ours', () => {
    assert.deepEqual(
      parseHostEntries('Host *\n  User root\nMatch host x\n  User y\nHost a b\n  HostName h\n  User u\nHost c\n  HostName h\n'),
      [],
    );
  });
});

describe('the Include in the person’s ssh config', () => {
  const include = '~/.ssh/skylab/*.conf';
  const first = `Include "${include}"`;

  it('becomes the first line; everything else stays', () => {
    assert.equal(withInclude('', include), `${first}\n`);
    assert.equal(withInclude('Host *\n  User root', include), `${first}\nHost *\n  User root`);
    assert.equal(withInclude('# mine\n\nHost a # c\n', include), `${first}\n# mine\n\nHost a # c\n`);
  });

  it('ends in the file’s own kind of line break', () => {
    assert.equal(withInclude('Host *\r\n\tUser root\r\n', include), `${first}\r\nHost *\r\n\tUser root\r\n`);
  });

  it('replaces a byte order mark, which ssh refuses', () => {
    assert.equal(withInclude('\uFEFFHost a\n', include), `${first}\nHost a\n`);
  });

  it('is not added twice, however it is written', () => {
    for (const there of [
      first,
      `include ${include}`,
      `Include = "${include}"`,
      'Include skylab/*.conf',
      `# c\n\nInclude ~/other\nInclude "${include}"`,
    ]) {
      assert.equal(withInclude(`${there}\nHost *\n  User root\n`, include), undefined, there);
    }
  });

  it('is added at the top again where a block swallows it or something stands before it', () => {
    for (const lost of [`Host x\n  ${first}\n`, `User root\n${first}\n`, `Match all\n${first}\n`, `# ${first}\n`]) {
      assert.equal(withInclude(lost, include), `${first}\n${lost}`);
    }
  });

  it('makes ssh prefer Skylab’s entry to a Host * of the person, and changes no other host', () => {
    const home = mkdtempSync(join(tmpdir(), 'skylab-home-'));
    const { include: absolute, knownHosts: file } = sshPaths(home, '/elsewhere');
    mkdirSync(join(home, '.ssh/skylab'), { recursive: true });
    writeFileSync(join(home, '.ssh/skylab/hosts.conf'), renderHostEntries([ada], file), { mode: 0o600 });
    const before = 'Host *\r\n\tUser root\r\nHost old\r\n\tHostName 10.0.0.9';
    const config = join(home, '.ssh/config');
    const ssh = (...args: string[]): string => execFileSync('ssh', args, { encoding: 'utf8' });
    writeFileSync(config, before, { mode: 0o600 });
    const oldBefore = ssh('-G', '-F', config, 'old');
    writeFileSync(config, withInclude(before, absolute) ?? '', { mode: 0o600 });
    assert.equal(ssh('-G', '-F', config, 'old'), oldBefore);
    const answer = ssh('-G', ...sshArgs(ada.alias, home, { accountHome: '/elsewhere' }));
    assert.match(answer, /^user admin$/m);
    assert.match(answer, new RegExp(`^userknownhostsfile ${file}$`, 'm'));
    rmSync(home, { recursive: true });
  });
});

describe('names in the person’s ssh config', () => {
  it('are found whatever the case and the form, patterns left out', () => {
    assert.deepEqual([...hostNamesIn('host Ada "b c" *.org !x\nHOST=grace # eve\nMatch host y\n')], ['ada', 'b c', 'grace']);
  });

  it('that win over Skylab’s entry are pointed at with their line', () => {
    const include = '~/.ssh/skylab/*.conf';
    const ada2 = 'ada' as SshAlias;
    assert.deepEqual(definedEarlier(`# c\nHost a*\n  User x\nInclude "${include}"\n`, ada2, include), { line: 2, text: 'host a*' });
    assert.deepEqual(definedEarlier(`User root\nInclude "${include}"\n`, ada2, include), { line: 1, text: 'user root' });
    assert.equal(definedEarlier(`Include "${include}"\nHost ada\n  User x\n`, ada2, include), undefined);
    assert.equal(definedEarlier('Host grace\n  User x\n', ada2, include), undefined);
  });
});

describe('the ssh command for a terminal', () => {
  const alias = 'ada' as SshAlias;
  it('is the plain alias at home', () => {
    assert.deepEqual(sshArgs(alias, '/home/me', { accountHome: '/home/me/' }), ['ada']);
  });
  it('names the config where home is another folder or the Include was declined', () => {
    assert.deepEqual(sshArgs(alias, '/tmp/h', { accountHome: '/home/me' }), ['-F', '/tmp/h/.ssh/config', 'ada']);
    assert.deepEqual(sshArgs(alias, '/home/me', { accountHome: '/home/me', included: false }), [
      '-F',
      '/home/me/.ssh/skylab/hosts.conf',
      'ada',
    ]);
    assert.deepEqual(sshArgs(alias, 'C:\\Users\\h', { accountHome: 'C:\\Users\\me' }), ['-F', 'C:\\Users\\h\\.ssh\\config', 'ada']);
  });
});
