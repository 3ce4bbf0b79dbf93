import assert from 'node:assert/strict';
import { isOpenToOthers, parseTunnel, sshCommand } from '../../../../../src/core/ssh/tunnels/spec';
import type { TunnelKind } from '../../../../../src/core/ssh/tunnels/spec';

const here = (port: number) => ({ host: 'localhost', port });

describe('a tunnel as typed', () => {
  const read: [string, TunnelKind, unknown][] = [
    ['8888', 'local', { kind: 'local', listen: here(8888), to: here(8888) }],
    ['8080:80', 'local', { kind: 'local', listen: here(8080), to: here(80) }],
    ['8080:db.lab:5432', 'local', { kind: 'local', listen: here(8080), to: { host: 'db.lab', port: 5432 } }],
    ['-L 8080:localhost:80', 'local', { kind: 'local', listen: here(8080), to: here(80) }],
    ['ssh -L 8080:localhost:80', 'local', { kind: 'local', listen: here(8080), to: here(80) }],
    ['0.0.0.0:8080:localhost:80', 'local', { kind: 'local', listen: { host: '0.0.0.0', port: 8080 }, to: here(80) }],
    ['[::1]:8080:[fe80::1]:80', 'local', { kind: 'local', listen: { host: '::1', port: 8080 }, to: { host: 'fe80::1', port: 80 } }],
    ['5432:/run/pg/.s.PGSQL.5432', 'local', { kind: 'local', listen: here(5432), to: { path: '/run/pg/.s.PGSQL.5432' } }],
    ['/tmp/d.sock:/var/run/docker.sock', 'local', { kind: 'local', listen: { path: '/tmp/d.sock' }, to: { path: '/var/run/docker.sock' } }],
    ['/tmp/w.sock:localhost:80', 'local', { kind: 'local', listen: { path: '/tmp/w.sock' }, to: here(80) }],
    ['0:localhost:3000', 'reverse', { kind: 'reverse', listen: here(0), to: here(3000) }],
    ['*:8080:localhost:3000', 'reverse', { kind: 'reverse', listen: { host: '*', port: 8080 }, to: here(3000) }],
    ['1080', 'socks', { kind: 'socks', listen: here(1080) }],
    ['-D 127.0.0.1:1080', 'socks', { kind: 'socks', listen: { host: '127.0.0.1', port: 1080 } }],
  ];
  for (const [text, kind, spec] of read) {
    it(`reads ${kind} ${text}`, () => assert.deepEqual(parseTunnel(text, kind), spec));
  }

  for (const text of [
    '',
    'jupyter',
    '65536',
    '0',
    '80:',
    ':',
    '80:host:x',
    '1:2:3:4:5',
    '80:ho st:80',
    '8080:local;host:80',
    '8080:a:0',
    '[::1:80',
  ]) {
    it(`asks again for ${JSON.stringify(text)}`, () => assert.equal(parseTunnel(text, 'local'), undefined));
  }

  it('is told apart where others could connect', () => {
    const open = (text: string, kind: TunnelKind = 'local') => isOpenToOthers(parseTunnel(text, kind)!);
    assert.deepEqual(
      [open('8888'), open('127.0.0.1:8888:localhost:80'), open('[::1]:1080', 'socks'), open('/a:/b')],
      [false, false, false, false],
    );
    assert.deepEqual([open('*:8888:localhost:80'), open('10.0.0.7:1080', 'socks'), open('[::]:80:localhost:80')], [true, true, true]);
  });

  it('is written for any terminal as ssh reads it', () => {
    const command = (text: string, kind: TunnelKind) => sshCommand(parseTunnel(text, kind)!, ['ada']);
    assert.equal(command('8888', 'local'), 'ssh -N -L 8888:localhost:8888 ada');
    assert.equal(command('[::1]:8080:[fe80::1]:80', 'local'), "ssh -N -L '[::1]:8080:[fe80::1]:80' ada");
    assert.equal(command('0:localhost:3000', 'reverse'), 'ssh -N -R 0:localhost:3000 ada');
    assert.equal(command('1080', 'socks'), 'ssh -N -D 1080 ada');
  });
});
