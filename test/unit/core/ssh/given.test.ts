import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseGiven } from '../../../../src/core/ssh/given';

const problem = (text: string): string => {
  const result = parseGiven(text);
  assert.ok('problem' in result, `accepted: ${JSON.stringify(result)}`);
  return result.problem;
};

describe('a machine that was handed out', () => {
  it('is read from a host name, an address and user@host:port', () => {
    assert.deepEqual(parseGiven(' ada.cicf.cloud\n'), { name: 'ada', hostName: 'ada.cicf.cloud', port: 22 });
    assert.deepEqual(parseGiven('10.0.0.7'), { name: '10.0.0.7', hostName: '10.0.0.7', port: 22 });
    assert.deepEqual(parseGiven('lab1'), { name: 'lab1', hostName: 'lab1', port: 22 });
    assert.deepEqual(parseGiven('cicf@ada.cicf.cloud:2222'), { name: 'ada', hostName: 'ada.cicf.cloud', port: 2222, user: 'cicf' });
    assert.deepEqual(parseGiven('ssh://cicf@[2001:db8::1]:23/'), { name: '2001:db8::1', hostName: '2001:db8::1', port: 23, user: 'cicf' });
    assert.deepEqual(parseGiven('2001:db8::1'), { name: '2001:db8::1', hostName: '2001:db8::1', port: 22 });
  });

  it('is read from an ssh command line', () => {
    const expected = {
      name: 'ec2-1-2-3-4',
      hostName: 'ec2-1-2-3-4.compute.amazonaws.com',
      port: 22,
      user: 'ec2-user',
      identityFile: '/home/me/.ssh/my key.pem',
    };
    assert.deepEqual(parseGiven('$ ssh -i "~/.ssh/my key.pem" ec2-user@ec2-1-2-3-4.compute.amazonaws.com', '/home/me'), expected);
    assert.deepEqual(parseGiven('ssh -vp2200 -o "User cicf" -oIdentityFile=k -L 8888:localhost:8888 ada.cicf.cloud uptime'), {
      name: 'ada',
      hostName: 'ada.cicf.cloud',
      port: 2200,
      user: 'cicf',
      identityFile: 'k',
    });
  });

  it('is read from an ssh config block', () => {
    assert.deepEqual(parseGiven('Host lab\n  HostName 10.1.2.3\n  Port 2022\n  User=me\n  IdentityFile "~/.ssh/id_ed25519"\n', '/h'), {
      name: 'lab',
      hostName: '10.1.2.3',
      port: 2022,
      user: 'me',
      identityFile: '/h/.ssh/id_ed25519',
    });
  });

  it('is read from a course’s lines: a wildcard block and the command that uses it', () => {
    const block =
      'Host *.cicf.cloud\n    User cicf\n    PubkeyAuthentication yes\n    PasswordAuthentication no\n    IdentityFile ~/.ssh/id_ed25519\n';
    const expected = { name: 'ada', hostName: 'ada.cicf.cloud', port: 22, user: 'cicf', identityFile: '/h/.ssh/id_ed25519' };
    assert.deepEqual(parseGiven(`${block}\nWith that you can do:\n\nssh ada.cicf.cloud\`.\n`, '/h'), expected);
    assert.deepEqual(parseGiven(`ada.cicf.cloud\n${block}`, '/h'), expected);
    assert.match(problem(block), /\*\.cicf\.cloud.*such as ada\.cicf\.cloud/);
    assert.match(problem(`${block}\nssh YOUR-FIRST-NAME.cicf.cloud`), /in place of YOUR-FIRST-NAME/);
  });

  it('is read with the machines on the way to it, from -J, ProxyJump and the ProxyCommand that does the same', () => {
    const jumps = (text: string): unknown => {
      const given = parseGiven(text, '/home/me');
      assert.ok(!('problem' in given), text);
      return given.jumps;
    };
    assert.deepEqual(jumps('ssh -J cicf@gate.example.org:2200,inner ada@lab1'), [
      { hostName: 'gate.example.org', port: 2200, user: 'cicf' },
      { hostName: 'inner', port: 22 },
    ]);
    const blocks =
      'Host lab1\n HostName 10.0.0.5\n ProxyJump gate\nHost gate\n HostName gate.example.org\n User cicf\n IdentityFile ~/.ssh/gate\n';
    const gate = { hostName: 'gate.example.org', port: 22, user: 'cicf', identityFile: '/home/me/.ssh/gate' };
    assert.deepEqual(jumps(blocks), [gate]);
    assert.deepEqual(jumps(`${blocks} ProxyJump outer\n`), [{ hostName: 'outer', port: 22 }, gate]);
    for (const command of ['ssh -W %h:%p gate', 'ssh -q -W [%h]:%p gate', 'ssh gate nc %h %p', 'ssh gate -W %h:%p'])
      assert.deepEqual(jumps(blocks.replace('ProxyJump gate', `ProxyCommand ${command}`)), [gate], command);
    assert.equal(jumps(blocks.replace('ProxyJump gate', 'ProxyJump none')), undefined);
  });

  it('is answered with a sentence when the text says too little or too much', () => {
    assert.match(problem('  \n'), /Paste a host name/);
    assert.match(problem('please log in to the machine'), /neither a host name nor an ssh command/);
    assert.match(problem('ssh -p 22'), /names no machine/);
    assert.match(problem('ada.example.org:99999'), /not a port/);
    assert.match(problem('Host a\n HostName b\n ProxyCommand corkscrew proxy 8080 %h %p'), /ProxyCommand of their own/);
    assert.match(problem('Host a\n ProxyJump b\nHost b\n ProxyJump a'), /in a circle/);
    assert.match(problem('ssh -J "bad host" ada'), /not an address|not a host name/);
    assert.match(problem('a$(id)@b;c'), /not/);
    assert.match(problem('https://ada.example.org'), /not/);
  });

  it('never gives a value that ssh_config cannot carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const pasted of [text, `ssh ${text}`, `Host a\nHostName ${text}\nUser ${text}`]) {
          const given = parseGiven(pasted);
          if ('problem' in given) continue;
          assert.match(given.hostName, /^[A-Za-z0-9_:.%-]+$/);
          assert.ok(given.user === undefined || !/[\s"'#%\\]/.test(given.user));
        }
      }),
    );
  });
});
