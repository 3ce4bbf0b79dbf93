import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpEndpointProbe } from '../../../src/adapters/aws/compat/probe';
import { AwsProviders } from '../../../src/adapters/aws/providers';
import { capabilitiesOf } from '../../../src/core/cloud/capabilities';
import type { EndpointAccount } from '../../../src/core/cloud/model';
import type { SkylabError } from '../../../src/core/errors';
import { startQuirkServer, type QuirkOptions, type QuirkServer } from '../../quirk-server/server';
import { MapVault } from '../../unit/core/cloud/support';
import { keysOf } from './support';

describe('adding a private cloud', () => {
  const providers = new AwsProviders(new MapVault());
  const probe = new HttpEndpointProbe((account, keys) => providers.open(account, keys));
  let server: QuirkServer | undefined;
  afterEach(() => server?.stop());

  const start = async (options: Partial<QuirkOptions> = {}) => (server = await startQuirkServer(options));
  const bare = (endpoint: string): EndpointAccount => ({
    kind: 'endpoint',
    id: 'lab',
    name: 'lab',
    endpoint,
    region: 'opennebula',
    flavor: 'opennebula',
  });

  it('an OpenNebula is known by how it refuses a request without a key', async () => {
    const { endpoint } = await start();
    assert.equal(await probe.look(endpoint), 'opennebula');
  });

  it('a web site that is no cloud is said to be none', async () => {
    const site = createServer((_, response) => response.end('<h1>It works!</h1>'));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    const { port } = site.address() as AddressInfo;
    await assert.rejects(probe.look(`http://127.0.0.1:${port}`), (error: SkylabError) => {
      assert.match(error.sentence, /No EC2 interface answers at .* says 200 .*port 4567/);
      return error.code === 'NoCloudThere';
    });
    site.closeAllConnections();
    site.close();
  });

  it('where nothing listens, that is said', async () => {
    await assert.rejects(probe.look('http://127.0.0.1:9'), { code: 'EndpointUnreachable' });
  });

  for (const version of ['4.14', '5.4', '5.12'] as const) {
    it(`${version}: user and password sign in, and the hash is kept instead of the password`, async () => {
      const { endpoint, storedHash } = await start({ version });
      const { account, keys } = await probe.signIn(bare(endpoint), keysOf('ada', 'correct horse'));
      assert.equal(account.signature, version === '4.14' ? 'v2' : 'v4');
      assert.equal(keys.secretAccessKey.reveal(), storedHash);
    });

    it(`${version}: the hash itself may be typed`, async () => {
      const { endpoint, storedHash } = await start({ version });
      const { keys } = await probe.signIn(bare(endpoint), keysOf('ada', storedHash));
      assert.equal(keys.secretAccessKey.reveal(), storedHash);
    });
  }

  it('a wrong password is refused with what to check', async () => {
    const { endpoint } = await start();
    await assert.rejects(probe.signIn(bare(endpoint), keysOf('ada', 'wrong')), (error: SkylabError) => {
      assert.match(error.sentence, /does not accept this user and password\. .*address is the one/);
      assert.doesNotMatch(JSON.stringify(error), /wrong"|wrong$/);
      return error.code === 'BadKey';
    });
  });

  const proxies: readonly (readonly [string, Partial<QuirkOptions>, Pick<EndpointAccount, 'signature' | 'signedPath'>])[] = [
    ['that keeps the Host header', { proxy: { prefix: '/ec2/', keepsHost: true } }, { signature: 'v4', signedPath: '/' }],
    [
      'with its address in ssl_server',
      { proxy: { prefix: '/ec2/', keepsHost: false }, sslServer: 'http://127.0.0.1:PORT/ec2/' },
      { signature: 'v2' },
    ],
    [
      'with an ssl_server without a path',
      { proxy: { prefix: '/ec2/', keepsHost: false }, sslServer: 'http://127.0.0.1:PORT' },
      { signature: 'v2', signedPath: '' },
    ],
    [
      'that cuts nothing off, with an ssl_server without a slash',
      { version: '4.14', sslServer: 'http://127.0.0.1:PORT' },
      { signature: 'v2', signedPath: '' },
    ],
  ];
  for (const [what, options, way] of proxies)
    it(`behind a proxy ${what}, the signature is made for what OpenNebula sees`, async () => {
      const { endpoint } = await start(options);
      assert.equal(await probe.look(endpoint), 'opennebula');
      const { account, keys } = await probe.signIn(bare(endpoint), keysOf('ada', 'correct horse'));
      assert.deepEqual({ signature: account.signature, signedPath: account.signedPath }, { signedPath: undefined, ...way });
      const { provider, close } = await providers.open(account, keys);
      assert.equal((await provider.listImages())[0]?.name, 'ubuntu-22.04');
      close();
    });

  it('an account that was kept with version 4 for a cloud that knows only version 2 finds its way by itself', async () => {
    const { endpoint, storedHash, asked } = await start({ version: '4.14' });
    const { provider, close } = await providers.open(bare(endpoint), keysOf('ada', storedHash));
    await provider.check();
    await provider.check();
    assert.deepEqual(
      asked.map((one) => one.status),
      [401, 200, 200],
    );
    close();
  });

  describe('with a certificate of its own making', () => {
    const folder = mkdtempSync(join(tmpdir(), 'skylab-ca-'));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
    before(() => {
      const subject = ['-subj', '/CN=lab', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-days',
          '2',
          ...subject,
          '-keyout',
          key,
          '-out',
          cert,
        ],
        { stdio: 'ignore' },
      );
    });
    after(() => rmSync(folder, { recursive: true }));
    const startTls = () => start({ tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') } });

    it('nothing is sent before somebody vouches for it', async () => {
      const { endpoint, asked } = await startTls();
      await assert.rejects(probe.look(endpoint), (error: SkylabError) => {
        assert.match(error.sentence, /certificate of https:.* cannot be trusted: .*self-signed.*\.pem file/);
        return error.code === 'UntrustedCertificate';
      });
      assert.equal(asked.length, 0);
    });

    it('the file that vouches for it lets the account in, and no other account', async () => {
      const { endpoint } = await startTls();
      assert.equal(await probe.look(endpoint, cert), 'opennebula');
      const { account, keys } = await probe.signIn({ ...bare(endpoint), caFile: cert }, keysOf('ada', 'correct horse'));
      const { provider, close } = await providers.open(account, keys);
      await provider.check();
      close();
      await assert.rejects(probe.look(endpoint), { code: 'UntrustedCertificate' });
    });

    it('a file that is no certificate is named', async () => {
      const { endpoint } = await startTls();
      await assert.rejects(probe.look(endpoint, key), { code: 'BadCaFile', message: /holds no certificate/ });
      await assert.rejects(probe.look(endpoint, join(folder, 'gone.pem')), { code: 'BadCaFile', message: /cannot be read/ });
    });
  });

  it('the capability table offers what an OpenNebula has and hides the rest', () => {
    const can = capabilitiesOf(bare('http://127.0.0.1:4567'));
    const having = Object.entries(can).flatMap(([name, has]) => (has ? [name] : []));
    assert.deepEqual(having, ['addresses', 'volumes', 'snapshots', 'uploadImage']);
  });
});
