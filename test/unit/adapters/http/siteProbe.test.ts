import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpSiteProbe } from '../../../../src/adapters/http/siteProbe';
import { CancelledError, SkylabError } from '../../../../src/core/errors';
import { Secret } from '../../../../src/core/secret';

describe('asking a site', () => {
  const probe = new HttpSiteProbe();
  const folder = mkdtempSync(join(tmpdir(), 'skylab-probe-'));
  let secure: https.Server;
  let plain: http.Server;
  let ports: { secure: number; plain: number };
  const seen: { host: string | undefined; sni: unknown }[] = [];

  before(async () => {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const subject = ['-subj', '/O=Test Authority/CN=ada.localhost', '-days', '1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    );
    secure = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      seen.push({ host: request.headers.host, sni: 'servername' in request.socket ? request.socket.servername : undefined });
      const authorized = request.headers.authorization === `Basic ${Buffer.from('ada:pâss: word').toString('base64')}`;
      if (request.url === '/elsewhere') response.writeHead(302, { location: 'https://elsewhere.example/' });
      else if (request.url === '/round') response.writeHead(302, { location: '/round' });
      else if (authorized && request.url === '/') response.writeHead(302, { location: '/lab' });
      else response.writeHead(authorized ? 200 : 401);
      response.end('x'.repeat(request.url === '/long' ? 100_000 : 5));
    });
    plain = http.createServer((_, response) => {
      response.writeHead(308, { location: `https://ada.localhost:${ports.secure}/` });
      response.end();
    });
    for (const server of [secure, plain]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports = { secure: (secure.address() as AddressInfo).port, plain: (plain.address() as AddressInfo).port };
  });

  after(() => {
    secure.close();
    plain.close();
    rmSync(folder, { recursive: true });
  });

  const account = { user: 'ada', password: new Secret('pâss: word') };
  const site = (path = '/') => `https://ada.localhost:${ports.secure}${path}`;

  it('reaches it by address, with its name in the handshake, and judges its certificate each time', async () => {
    for (const round of [1, 2]) {
      const answer = await probe.probe(site(), '127.0.0.1');
      assert.deepEqual([answer.status, answer.certificate, answer.issuer], [401, 'untrusted', 'Test Authority'], `round ${round}`);
    }
    assert.deepEqual(seen.at(-1), { host: `ada.localhost:${ports.secure}`, sni: 'ada.localhost' });
  });

  it('gets in with the password and follows the site’s own redirects, from plain HTTP too', async () => {
    assert.equal((await probe.probe(site(), '127.0.0.1', account)).status, 200);
    assert.equal((await probe.probe(`http://ada.localhost:${ports.plain}/`, '127.0.0.1', account)).status, 200);
    assert.equal((await probe.probe(site(), '127.0.0.1', { user: 'ada', password: new Secret('no') })).status, 401);
  });

  it('neither follows a redirect that leads elsewhere nor one without end', async () => {
    assert.equal((await probe.probe(site('/elsewhere'), '127.0.0.1', account)).status, 302);
    assert.equal((await probe.probe(site('/round'), '127.0.0.1', account)).status, 302);
  });

  it('keeps only the beginning of a long answer', async () => {
    assert.equal((await probe.probe(site('/long'), '127.0.0.1')).body.length, 8192);
  });

  it('says why no answer came, and what to do', async () => {
    const free = await new Promise<number>((resolve) => {
      const server = http.createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    });
    await assert.rejects(
      probe.probe(`https://ada.localhost:${free}/`, '127.0.0.1'),
      (error) => error instanceof SkylabError && error.code === 'SiteRefused' && error.message.includes(`port ${free}`),
    );
    await assert.rejects(probe.probe(`https://ada.localhost:${ports.plain}/`, '127.0.0.1'), /cannot be reached/);
    await assert.rejects(probe.probe(site(), '127.0.0.1', undefined, AbortSignal.abort()), CancelledError);
  });

  it('finds the addresses of a name, or none', async () => {
    assert.ok((await probe.resolve('localhost')).some((address) => address === '127.0.0.1' || address === '::1'));
    assert.deepEqual(await probe.resolve('no-such-name.invalid'), []);
  });
});
