import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { SkylabError } from '../../../../src/core/errors';
import { localUrl } from '../../../../src/core/openNebula/econe';
import { ECONE_KEYS, editEconeConf, endpointOf, readEconeConf } from '../../../../src/core/openNebula/econeConf';

const CONF = `# Host and port where econe server will run
:host: localhost
:port:   4567   # the usual one

# SSL proxy URL that serves the API (set if is being used)
#:ssl_server: https://service.endpoint.fqdn:port/

:auth: ec2
:instance_types:
  :m1.small:
    :template: m1.small.erb
:ebs_fstype: "ext3"
`;

describe('econe.conf', () => {
  it('gets other values, and every other byte stays', () => {
    const text = editEconeConf(CONF, { host: '127.0.0.1', port: '4568', ssl_server: 'https://cloud.example.org:8443/' });
    assert.equal(
      text,
      CONF.replace(':host: localhost', ':host: 127.0.0.1')
        .replace('  4567   #', '  4568   #')
        .replace('fqdn:port/\n', 'fqdn:port/\n:ssl_server: https://cloud.example.org:8443/\n'),
    );
    const read = parse(text) as Record<string, unknown>;
    assert.deepEqual(
      [read[':host'], read[':port'], read[':ssl_server'], read[':ebs_fstype']],
      ['127.0.0.1', 4568, 'https://cloud.example.org:8443/', 'ext3'],
      'as YAML reads it',
    );
  });

  it('stays as it is where the values are those already, also quoted ones', () => {
    assert.equal(editEconeConf(CONF, { host: 'localhost', port: '4567', ebs_fstype: 'ext3', ssl_server: undefined }), CONF);
  });

  it('gets what has no line at its end, with the line ends that it has', () => {
    assert.equal(editEconeConf(':host: a\r\n:port: 1', { elasticips_vnet_id: '8' }), ':host: a\r\n:port: 1\r\n:elasticips_vnet_id: 8');
    assert.equal(editEconeConf(':host: a\r\n', { elasticips_vnet_id: '8' }), ':host: a\r\n:elasticips_vnet_id: 8\r\n');
  });

  it('has a value put behind a “#”, and back', () => {
    const set = editEconeConf(CONF, { ssl_server: 'https://a.example/' });
    const unset = editEconeConf(set, { ssl_server: undefined });
    assert.match(unset, /^#:ssl_server: https:\/\/a\.example\/$/m);
    assert.equal(readEconeConf(unset).get('ssl_server'), undefined);
  });

  it('takes no value that econe-server would stumble over', () => {
    const bad = { port: '0', host: 'a b', auth: 'none', tmpdir: 'tmp', ssl_server: 'cloud.example.org', debug_level: '4', ebs_fstype: '' };
    for (const [key, value] of Object.entries({ ...bad, nonsense: 'x', one_xmlrpc: 'http://a/\n:auth: x' })) {
      assert.throws(
        () => editEconeConf(CONF, { [key]: value }),
        (error: unknown) => error instanceof SkylabError && error.code === 'NotAValue',
        key,
      );
    }
    assert.throws(() => editEconeConf(CONF, { port: undefined }), SkylabError, 'the port is needed');
    assert.ok(Object.values(ECONE_KEYS).every(({ what }) => what !== ''));
  });

  it('tells the address that signatures are made for, and where the machine itself asks', () => {
    assert.equal(endpointOf(CONF), 'http://localhost:4567/');
    assert.equal(endpointOf(editEconeConf(CONF, { ssl_server: 'https://cloud.example.org/ec2/' })), 'https://cloud.example.org/ec2/');
    assert.equal(localUrl(editEconeConf(CONF, { host: '0.0.0.0' })), 'http://127.0.0.1:4567/');
    assert.equal(localUrl(':host: ::1\n'), 'http://[::1]:4567/');
  });
});
