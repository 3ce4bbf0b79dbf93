import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { HttpEndpointProbe } from '../../../src/adapters/aws/compat/probe';
import { AwsProviders } from '../../../src/adapters/aws/providers';
import { checkGiven } from '../../../src/core/certificates/given';
import type { EndpointAccount } from '../../../src/core/cloud/model';
import { runEcone, setEcone } from '../../../src/core/openNebula/econe';
import { frontEnd } from '../../../src/core/openNebula/facts';
import { addElastic, leasesOf, removeAddress, shareNetwork } from '../../../src/core/openNebula/networks';
import { removeProxy, useProxy } from '../../../src/core/openNebula/proxy';
import { createCloudUsers, newSecret } from '../../../src/core/openNebula/users';
import { MapVault } from '../../unit/core/cloud/support';
import { Authority } from '../certificates/authority';
import { FrontEndBed } from './support';

const HOST = 'cloud.course.test';

describe('the EC2 interface of an OpenNebula', function () {
  this.timeout(300_000);
  let one: FrontEndBed;
  const secret = newSecret();

  before(async function () {
    // the first time the machine's image is made
    this.timeout(1_800_000);
    one = await FrontEndBed.launch();
    await one.bed.lab.open(4567);
  });

  after(() => one.stop());

  const asks = (url: string) => one.remote(`curl -s -d Action=DescribeRegions ${url}`);
  const networkId = async (name: string): Promise<number> => {
    const { networks } = await one.upkeep.look(one.bed.machine, frontEnd('onevnet'));
    return networks.find((network) => network.name === name)?.id ?? -1;
  };
  const signedIn = async () => {
    const endpoint = `http://${one.bed.address}:4567/`;
    const vault = new MapVault();
    const providers = new AwsProviders(vault);
    const probe = new HttpEndpointProbe((account, keys) => providers.open(account, keys));
    const flavor = await probe.look(endpoint);
    const bare: EndpointAccount = { kind: 'endpoint', id: randomUUID(), name: 'lab', endpoint, region: 'opennebula', flavor };
    const { account, keys } = await probe.signIn(bare, { accessKeyId: 'ada', secretAccessKey: secret });
    await vault.set(account.id, keys);
    return { account, resources: await providers.resources(account) };
  };

  it('is started, and lets in who was given a key: with Skylab itself', async () => {
    await one.does(createCloudUsers([{ name: 'ada', driver: 'public', secret }], 'ec2'));
    await one.does(setEcone({ host: '0.0.0.0', ssl_server: `http://${one.bed.address}:4567/` }));
    await one.does(runEcone('start'));
    await one.nothingMore(runEcone('start'));
    const { account } = await signedIn();
    assert.deepEqual([account.flavor, account.signature], ['opennebula', 'v2']);
  });

  it('gives out the elastic addresses that were added', async () => {
    const wanted = { name: 'ElasticIPs', bridge: 'br0', addresses: ['203.0.113.40', '203.0.113.41'] };
    await one.does(addElastic(wanted));
    assert.deepEqual(await one.does(addElastic({ ...wanted, addresses: [...wanted.addresses, '203.0.113.42'] })), [
      'adds 203.0.113.42 to ElasticIPs',
    ]);
    await one.nothingMore(addElastic(wanted));
    const id = await networkId('ElasticIPs');
    await one.does(removeAddress(id, '203.0.113.41'));
    await one.does(setEcone({ elasticips_vnet_id: String(id) }));
    const { networks } = await one.upkeep.look(one.bed.machine, frontEnd('onevnet'));
    assert.deepEqual(
      networks[0]?.ranges.map(({ ip }) => ip),
      ['203.0.113.40', '203.0.113.42'],
    );
    const { resources } = await signedIn();
    await resources.allocateAddress({});
    assert.deepEqual(await one.upkeep.look(one.bed.machine, leasesOf(id)), [{ address: '203.0.113.40', user: 2 }]);
  });

  it('has networks that a group may take addresses of', async () => {
    await one.remote(
      `printf 'NAME = "private"\\nBRIDGE = "br1"\\nAR = [ TYPE = "IP4", IP = "10.1.0.10", SIZE = "20" ]\\n' >/tmp/net && sudo -u oneadmin -H sh -c "cd; onevnet create /tmp/net"`,
    );
    const id = await networkId('private');
    assert.deepEqual(await one.does(shareNetwork(id, 'ec2')), [
      'gives the network private to the group ec2',
      'lets ec2 take addresses of it (640 instead of 600)',
      'writes /etc/one/ec2query_templates/m1.small.erb: its network is private (counts only with :use_file_templates:)',
    ]);
    await one.nothingMore(shareNetwork(id, 'ec2'));
    assert.equal(await one.remote('grep ^NIC /etc/one/ec2query_templates/m1.small.erb'), `NIC=[NETWORK_ID=${id}]`);
  });

  it('has a change of its settings taken back when it does not answer with them', async () => {
    const before = await one.remote('sudo cat /etc/one/econe.conf');
    const { outcome, error } = await one.run(setEcone({ host: '192.0.2.1', debug_level: '1' }));
    assert.equal(outcome, 'failed');
    assert.match(String(error), /does not answer/);
    assert.equal(await one.remote('sudo cat /etc/one/econe.conf'), before);
    assert.match(await asks('http://127.0.0.1:4567/'), /<Code>AuthFailure</, 'it serves as before');
  });

  it('gets TLS from lighttpd, and loses it again', async () => {
    const authority = new Authority(join(one.bed.scratch, 'ca'));
    const { certificate, key } = authority.issue('cloud', [HOST]);
    const given = checkGiven({ certificates: certificate + authority.between, key }, [HOST], Date.now());
    await one.does(useProxy(HOST, 8443, given));
    await one.nothingMore(useProxy(HOST, 8443, given));
    const url = `--resolve ${HOST}:8443:127.0.0.1 https://${HOST}:8443/`;
    await one.remote(`cat >/tmp/root.crt <<'PEM'\n${authority.root}\nPEM`);
    assert.match(await asks(`--cacert /tmp/root.crt ${url}`), /<Code>AuthFailure</);
    assert.match(
      await one.remote('grep ^:ssl_server: /etc/one/econe.conf; ss -ltn'),
      /ssl_server: https:\/\/cloud.course.test:8443\/\n[^]* 127\.0\.0\.1:4567 /,
    );
    assert.equal(
      await one.remote(`sudo find /etc/skylab/tls/${HOST} -type f -perm /077 -name '*.pem' ! -name fullchain.pem ! -name privkey.pem`),
      '',
    );
    await one.does(removeProxy());
    assert.notEqual((await one.bed.ssh(`curl -s -k ${url}`)).code, 0);
    await one.does(runEcone('stop'));
    await one.nothingMore(runEcone('stop'));
  });
});
