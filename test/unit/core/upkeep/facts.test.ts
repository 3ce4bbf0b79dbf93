import assert from 'node:assert/strict';
import { parseFirewallFacts } from '../../../../src/core/upkeep/firewall/facts';
import { letsIn, matches, parseUfwRules, ruleText, ufwWords } from '../../../../src/core/upkeep/firewall/ufw';
import { parseJournal } from '../../../../src/core/upkeep/journal';
import { portRows, portsToKnock } from '../../../../src/core/upkeep/ports';
import { parseUserFacts } from '../../../../src/core/upkeep/users/facts';

/** As ufw 0.36.2 wrote it after ten commands. */
const RULES = `### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### allow tcp 8000:8100 0.0.0.0/0 any 10.0.0.0/8 in
### tuple ### deny any 25 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### allow any 53 0.0.0.0/0 any 0.0.0.0/0 in_eth0
### tuple ### limit tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in comment=612062
### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in
### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### route:allow tcp 99 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### reject any 25 0.0.0.0/0 any 0.0.0.0/0 out
### tuple ### allow any any ::/0 any fe80::/10 in`;

describe('the rules of ufw', () => {
  const rules = parseUfwRules(RULES);

  it('are read from the file that ufw keeps, without what goes out or through', () => {
    assert.deepEqual(
      rules.map((rule) => `${rule.action} ${ruleText(rule)}${rule.comment === undefined ? '' : ` # ${rule.comment}`}`),
      [
        'allow 22/tcp from anywhere',
        'allow 8000:8100/tcp from 10.0.0.0/8',
        'deny 25 from anywhere',
        'allow 53 from anywhere on eth0',
        'limit 2222/tcp from anywhere # a b',
        'allow 22/tcp from anywhere',
        'allow 80,443/tcp from anywhere',
        'allow every port from fe80::/10',
      ],
    );
  });

  it('say who is let in on a port: the first one that speaks for everybody decides', () => {
    assert.deepEqual(letsIn(rules, 443, 'tcp', false), ['any']);
    assert.deepEqual(letsIn(rules, 8050, 'tcp', false), ['10.0.0.0/8', 'fe80::/10']);
    assert.deepEqual(letsIn(rules, 25, 'tcp', true), []);
    assert.deepEqual(letsIn(rules, 9999, 'tcp', true), ['any']);
    const [ssh] = rules;
    assert.ok(ssh && matches(ssh, 22, 'tcp') && !matches(ssh, 22, 'udp') && !matches(ssh, 23, 'tcp'));
  });

  it('are written as the words that make them', () => {
    assert.deepEqual(
      rules.slice(0, 4).map((rule) => ufwWords(rule).join(' ')),
      [
        'allow proto tcp from any to any port 22',
        'allow proto tcp from 10.0.0.0/8 to any port 8000:8100',
        'deny from any to any port 25',
        'allow in on eth0 from any to any port 53',
      ],
    );
  });
});

describe('the table of a machine’s ports', () => {
  const text = (more: string): string => `os ID=debian
systemd
ss tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=6))
ss tcp LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=1,fd=7))
ss tcp LISTEN 0 4096 0.0.0.0:5432 0.0.0.0:* users:(("docker-proxy",pid=9,fd=4))
ss tcp LISTEN 0 128 127.0.0.1%lo:6379 0.0.0.0:* users:(("redis-server",pid=5,fd=4))
ss tcp LISTEN 0 128 *:3000 *:*
ss udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*
docker /db 5432/tcp|5432|0.0.0.0 5432/tcp|5432|::
ssh 22
engine
${more}`;
  const open = new Map([22, 3000, 5432].map((port) => [port, { kind: 'open' as const }]));
  const group = (fromPort: number, toPort: number, cidr: string) => ({
    id: 'sg-1',
    name: 'lab',
    description: '',
    vpcId: 'vpc-1',
    tags: {},
    rules: [{ protocol: 'tcp' as const, fromPort, toPort, cidrs: [cidr] }],
  });
  const byPort = (more: string, groups?: Parameters<typeof portRows>[1]) =>
    new Map(portRows(parseFirewallFacts(text(more)), groups, open).map((row) => [`${row.port}/${row.protocol}`, row]));

  it('marks a published data store that the world reaches, and neither SSH nor what only the machine reaches', () => {
    const rows = byPort('');
    assert.deepEqual(
      [...rows].map(([port, { risk }]) => [port, risk]),
      [
        ['22/tcp', undefined],
        ['68/udp', undefined],
        ['3000/tcp', 'notice'],
        ['5432/tcp', 'danger'],
        ['6379/tcp', undefined],
      ],
    );
    assert.deepEqual(rows.get('5432/tcp')?.containers, ['db']);
    assert.equal(rows.get('6379/tcp')?.local, true);
    assert.deepEqual(portsToKnock(parseFirewallFacts(text(''))), [22, 3000, 5432]);
  });

  it('says that Docker’s published port passes ufw by, until Skylab has closed that way', () => {
    const on = 'ufw\nufwset ENABLED=yes\nufwset DEFAULT_INPUT_POLICY="DROP"\nufwrule ### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in';
    assert.deepEqual([byPort(on).get('5432/tcp')?.host.kind, byPort(on).get('5432/tcp')?.risk], ['bypassed', 'danger']);
    assert.deepEqual([byPort(on).get('3000/tcp')?.host.kind, byPort(on).get('3000/tcp')?.risk], ['closed', undefined]);
    assert.equal(byPort(`${on}\nobey`).get('5432/tcp')?.host.kind, 'closed');
  });

  it('takes the cloud’s group into account: what it closes is not open to the world', () => {
    assert.equal(byPort('', [group(22, 22, '0.0.0.0/0')]).get('5432/tcp')?.risk, undefined);
    assert.equal(byPort('', [group(5000, 6000, '203.0.113.10/32')]).get('5432/tcp')?.risk, undefined);
    assert.deepEqual(byPort('', [group(5000, 6000, '0.0.0.0/0')]).get('5432/tcp')?.cloud, { kind: 'open', from: ['any'], groups: ['lab'] });
    assert.equal(byPort('', [group(5000, 6000, '::/0')]).get('5432/tcp')?.risk, 'danger');
  });

  it('knows a firewall that is not Skylab’s', () => {
    assert.equal(parseFirewallFacts(text('input -P INPUT DROP')).other, 'rules');
    assert.equal(parseFirewallFacts(text('input -P INPUT ACCEPT\ninput -A INPUT -p tcp -j f2b-sshd')).other, undefined);
    assert.equal(parseFirewallFacts(text('firewalld')).other, 'firewalld');
  });
});

describe('what a machine says of its users', () => {
  it('is who can log in how, and what sudo lets them do', () => {
    const { users, taken } = parseUserFacts(`me admin
taken root
user root:0:/root:/bin/bash:root
of root
sudo (ALL : ALL) NOPASSWD: ALL
taken admin
user admin:1000:/home/admin:/bin/bash:Debian,,,
of admin sudo docker
sudo (ALL : ALL) ALL
sudo (ALL) NOPASSWD: ALL
key # mine
key restrict ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0VPsoxyGgGqTcsjY0hOhSL9MdgHBFX1PUmWEoZzd4e me@laptop
taken bob
user bob:1001:/home/bob:/usr/sbin/nologin:
of bob
sudo (root) /usr/bin/apt
password`);
    assert.deepEqual(
      users.map(({ name, sudo, closed, password, keys, groups }) => [name, sudo, closed, password, keys.length, groups.join()]),
      [
        ['admin', 'free', false, false, 1, 'sudo,docker'],
        ['bob', 'some', true, true, 0, ''],
        ['root', 'free', false, false, 0, ''],
      ],
    );
    assert.deepEqual(taken, ['root', 'admin', 'bob']);
  });
});

describe('the journal of a machine', () => {
  it('is read newest first, without a line that a full disk has cut', () => {
    const entry = {
      time: '2026-11-21T19:00:00.000Z',
      who: 'ada@laptop as admin',
      task: 'users.add',
      what: 'adds the user grace',
      result: 'done',
    };
    const second = { ...entry, what: 'makes the group lab' };
    assert.deepEqual(parseJournal(`${JSON.stringify(entry)}\n{"time":"20\n${JSON.stringify(second)}\n`), [second, entry]);
  });
});
