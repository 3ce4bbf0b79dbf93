import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import type { Instance } from '../../../src/core/cloud/model';
import type { GraphTermPreset } from '../../../src/shared/launchMore';
import { startPracticeCloud, type PracticeCloud } from '../../practice-cloud/cloud';
import { until } from '../practice-cloud/lab';
import { done } from '../support/outcome';
import { GraphTermPage } from './graphTermPage';
import { World } from './world';

const run = promisify(execFile);

const PRESET: GraphTermPreset = {
  kind: 'graphterm',
  role: 'server',
  auth: 'singleuser',
  https: false,
  pylab: false,
  netcdf: false,
  r: false,
  allowEmbed: false,
  allowShare: false,
  logging: false,
  oshell: false,
  screen: false,
  otherOptions: '',
};

/** GraphTerm 0.57 itself, on machines that the preset of the launch form sets up. */
describe('GraphTerm by its preset', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let world: World;

  before(async function () {
    this.timeout(900_000);
    cloud = await startPracticeCloud({ machineImage: 'graphterm' });
    world = await World.open(cloud);
    // What the form searches for where the chosen image has no Python 2.
    const [image] = await world.launcher.searchImages('practice', 'ubuntu-jammy-22.04-amd64-server');
    assert.equal(image?.loginUser, 'ubuntu');
    const launch = async (name: string, preset: Partial<GraphTermPreset>): Promise<void> => {
      const made = { kind: 'new' as const, name: `skylab-${name}` };
      const spec = { name, imageId: image.id, keyPair: made, securityGroup: { ...made, ssh: true, http: false, https: false } };
      await done(world.launcher.launch(await world.spec({ ...spec, preset: { ...PRESET, ...preset } })));
    };
    // The set-ups of two machines side by side take hardly longer than one.
    await Promise.all([
      launch('class', { auth: 'multiuser', https: true }),
      launch('primary', {}).then(async () => launch('second', { role: 'host', primary: `practice/${(await instance('primary')).id}` })),
    ]);
  });
  after(async () => {
    await world.close();
    await cloud.stop();
  });

  async function instance(name: string): Promise<Instance> {
    await world.machines.refresh();
    const machine = world.machines.of('practice').find((one) => one.name === name);
    assert.ok(machine?.kind === 'instance');
    return machine.instance;
  }
  const ssh = async (alias: string, command: string): Promise<string> => {
    const config = join(world.home, '.ssh', 'skylab', 'hosts.conf');
    return (await run('ssh', ['-F', config, '-o', 'BatchMode=yes', alias, command])).stdout.trim();
  };
  const page = async (name: string, port: number, scheme: 'http' | 'https' = 'http'): Promise<GraphTermPage> =>
    new GraphTermPage((await instance(name)).publicAddress!, port, scheme);

  it('takes the code of its file and no other, at the usual port too', async () => {
    for (const port of [8900, 80]) {
      const answer = await fetch(`http://${(await instance('primary')).publicAddress}:${port}/`);
      assert.match(await answer.text(), /<title>GraphTerm/i);
    }
    const code = await ssh('primary', 'cat .graphterm/@*_gterm_auth.txt');
    assert.match(code, /^(?:[0-9a-f]{4}-){3}[0-9a-f]{4}( 80)?$/);
    assert.equal(await ssh('primary', 'stat -c %a .graphterm .graphterm/@*'), '700\n700');
    const refused = await (await page('primary', 8900)).signIn('0000-0000-0000-0000');
    assert.equal(refused[0], 'authenticate', JSON.stringify(refused));
    const taken = await (await page('primary', 80)).signIn(code.split(' ')[0]!);
    assert.equal(taken[0], 'host_list', JSON.stringify(taken));
  });

  it('has its second machine in the list, which joined by the private address, with a terminal there', async () => {
    const [primary, second] = [await instance('primary'), await instance('second')];
    const name = await ssh('second', 'hostname -s');
    const browser = await page('primary', 8900);
    await browser.signIn((await ssh('primary', 'cat .graphterm/@*_gterm_auth.txt')).split(' ')[0]!);
    await until(30, 'the second machine in the list', async () => ((await browser.hosts()).includes(name) ? true : undefined));
    assert.deepEqual(await browser.hosts(), [name, 'local']);
    const way = await ssh('second', `ss -Htn state established dport = :8899 | awk '{print $4}'`);
    assert.equal(way, `${primary.privateAddress}:8899`);
    assert.notEqual(primary.privateAddress, primary.publicAddress);
    assert.equal(await ssh('primary', `ss -Htn state established sport = :8899 dst ${second.privateAddress} | wc -l`), '1');
    assert.equal(await ssh('second', 'stat -c %a .graphterm/joins_with'), '600');
    await browser.type(name, 'echo $(hostname -s)-$((6*7))-$(id -un)', `${name}-42-ubuntu`);
  });

  it('shows a certificate of its own with a key that browsers and OpenSSL take', async () => {
    const socket = connect({ host: (await instance('class')).publicAddress!, port: 443, rejectUnauthorized: false });
    try {
      await once(socket, 'secureConnect');
      const certificate = socket.getPeerCertificate();
      assert.deepEqual([certificate.bits, certificate.subject.O], [2048, 'GraphTerm']);
    } finally {
      socket.destroy();
    }
    assert.equal(await ssh('class', 'stat -c %a .graphterm/localhost.pem'), '600');
  });

  it('with many users, takes each by a code of their own, and makes an account for who brings the group’s', async () => {
    const files = (await ssh('class', 'cat .graphterm/ubuntu@*_gterm_auth.txt .graphterm/gterm_gcode.txt')).split('\n');
    const [own = '', group = ''] = files.map((line) => line.split(' ')[0]);
    const said = async (code: string, user: string) => (await (await page('class', 443, 'https')).signIn(code, user))[0];
    assert.equal(await said(group, 'ubuntu'), 'authenticate');
    assert.equal(await said(own, 'ubuntu'), 'host_list');
    assert.equal(await said(own, 'ada'), 'abort');
    const browser = await page('class', 8900, 'https');
    const [kind, , user, code] = await browser.signIn(group, 'ada');
    assert.deepEqual([kind, user], ['host_list', 'ada']);
    assert.equal(await said(String(code), 'ada'), 'host_list');
    await until(30, 'a machine of their own', async () => ((await browser.hosts()).includes('ada') ? true : undefined));
    await browser.type('ada', 'echo $(id -un)-$((6*7))', 'ada-42');
  });
});
