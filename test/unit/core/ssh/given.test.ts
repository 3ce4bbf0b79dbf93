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

  it('is answered with a sentence when the text says too little or too much', () => {
    assert.match(problem('  \n'), /Paste a host name/);
    assert.match(problem('please log in to the machine'), /neither a host name nor an ssh command/);
    assert.match(problem('ssh -p 22'), /names no machine/);
    assert.match(problem('ada.example.org:99999'), /not a port/);
    assert.match(problem('ssh -J gate ada.example.org'), /jump host/);
    assert.match(problem('Host a\n HostName b\n ProxyJump gate'), /jump host/);
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
