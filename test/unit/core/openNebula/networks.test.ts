import assert from 'node:assert/strict';
import type { FrontEnd } from '../../../../src/core/openNebula/facts';
import {
  addElastic,
  addressProblem,
  elasticText,
  hasAddress,
  parseLeases,
  shareNetwork,
  withNetwork,
} from '../../../../src/core/openNebula/networks';
import { lighttpdSite } from '../../../../src/core/openNebula/proxy';
import { linesOf } from '../../../../src/core/upkeep/task';

const NETWORK = { id: 8, name: 'ElasticIPs', group: 'oneadmin', mode: '600', ranges: [{ id: 0, ip: '192.0.2.10', size: 1 }], used: 0 };
const FACTS: FrontEnd = {
  users: [],
  groups: [{ id: 100, name: 'ec2' }],
  templates: [],
  networks: [NETWORK],
  hosts: [],
  rules: [],
  econe: {
    templates: [{ path: '/etc/one/ec2query_templates/m1.small.erb', text: 'NIC=[NETWORK_ID=<EC2-VNET-ID>]\n' }],
    service: 'none',
    running: false,
    lighttpd: false,
  },
};

describe('networks of an OpenNebula', () => {
  it('give each elastic address a range of its own', () => {
    const wanted = { name: 'ElasticIPs', bridge: 'br0', addresses: ['192.0.2.10', '192.0.2.11'] };
    assert.equal(
      elasticText(wanted),
      [
        'NAME = "ElasticIPs"\nVN_MAD = "dummy"\nBRIDGE = "br0"\n',
        'AR = [ TYPE = "IP4", IP = "192.0.2.10", SIZE = "1" ]\nAR = [ TYPE = "IP4", IP = "192.0.2.11", SIZE = "1" ]\n',
      ].join(''),
    );
    assert.deepEqual(linesOf(addElastic(wanted).plan(FACTS)), ['adds 192.0.2.11 to ElasticIPs']);
    assert.ok(hasAddress({ ranges: [{ id: 0, ip: '10.0.0.250', size: 10 }] }, '10.0.1.3'));
    assert.ok(!hasAddress({ ranges: [{ id: 0, ip: '10.0.0.250', size: 10 }] }, '10.0.1.4'));
    assert.equal(addressProblem('192.0.2.1'), undefined);
    for (const bad of ['', '192.0.2', '192.0.2.256', '::1', '1.2.3.4"']) assert.notEqual(addressProblem(bad), undefined, bad);
  });

  it('tell who has which address', () => {
    const text = `<VNET><ID>8</ID><TEMPLATE><EC2_ADDRESSES><IP><![CDATA[192.0.2.10]]></IP><UID><![CDATA[2]]></UID><VMID><![CDATA[5]]></VMID></EC2_ADDRESSES></TEMPLATE>
      <AR_POOL><AR><AR_ID>0</AR_ID><LEASES><LEASE><IP>192.0.2.10</IP><VM>-1</VM></LEASE></LEASES></AR>
      <AR><AR_ID>1</AR_ID><LEASES><LEASE><IP>10.0.0.1</IP><VM>7</VM></LEASE><LEASE><IP>10.0.0.2</IP><VM>-1</VM></LEASE></LEASES></AR></AR_POOL></VNET>`;
    assert.deepEqual(parseLeases(text), [
      { address: '192.0.2.10', machine: 5, user: 2 },
      { address: '10.0.0.1', machine: 7 },
      { address: '10.0.0.2' },
    ]);
  });

  it('stand in the templates of econe-server, where these have one NIC', () => {
    assert.equal(withNetwork('# Put here the ID\nNIC=[NETWORK_ID=<EC2-VNET-ID>]\n', 12), '# Put here the ID\nNIC=[NETWORK_ID=12]\n');
    assert.equal(withNetwork('  NIC = [ NETWORK_ID = "3", MODEL = virtio ]', 12), '  NIC = [ NETWORK_ID = 12, MODEL = virtio ]');
    for (const same of ['CPU = 1\n', 'NIC=[NETWORK_ID=1]\nNIC=[NETWORK_ID=2]\n', '#NIC=[NETWORK_ID=1]\n'])
      assert.equal(withNetwork(same, 12), same);
    const plan = shareNetwork(8, 'ec2').plan(FACTS);
    assert.equal(linesOf(plan).length, 3);
    assert.equal(plan.files?.[0]?.after, 'NIC=[NETWORK_ID=8]\n');
  });
});

describe('the proxy before an EC2 interface', () => {
  it('speaks TLS at its port and leads to econe-server', () => {
    const text = lighttpdSite('cloud.example.org', 8443, '4567');
    assert.match(text, /\$SERVER\["socket"\] == ":8443"/);
    assert.match(text, /ssl\.pemfile = "\/etc\/skylab\/tls\/cloud\.example\.org\/server\.pem"/);
    assert.match(text, /"host" => "127\.0\.0\.1", "port" => 4567/);
  });
});
