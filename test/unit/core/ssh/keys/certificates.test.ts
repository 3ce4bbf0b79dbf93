import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostCertificateProblem, parseCertificate } from '../../../../../src/core/ssh/keys/certificates';
import { keyFacts, parsePublicLine } from '../../../../../src/core/ssh/keys/publicKeys';

describe('a certificate', () => {
  let folder = '';
  const keygen = (...args: string[]): string => execFileSync('ssh-keygen', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const path = (name: string): string => join(folder, name);
  const blob = (file: string): Buffer => parsePublicLine(readFileSync(file, 'utf8'))?.blob ?? Buffer.alloc(0);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'skylab-cert-'));
    for (const [name, type, bits] of [
      ['ed25519', 'ed25519', '256'],
      ['ecdsa', 'ecdsa', '521'],
      ['rsa', 'rsa', '2048'],
    ] as const)
      keygen('-q', '-t', type, '-b', bits, '-N', '', '-f', path(name));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Signed by ssh-keygen, for two names, valid for an hour on either side. */
  const signed = (key: string, authority: string, ...more: string[]): Buffer => {
    keygen('-q', '-s', path(authority), '-I', 'it', '-n', 'ada.example.org,*.lab', '-V', '-1h:+1h', ...more, path(`${key}.pub`));
    return blob(path(`${key}-cert.pub`));
  };
  const problem = (bytes: Buffer, authority: string, name: string, now = Date.now()): string | undefined => {
    const certificate = parseCertificate(bytes);
    assert.ok(certificate);
    return hostCertificateProblem(certificate, [blob(path(`${authority}.pub`))], [name], now);
  };

  for (const key of ['ed25519', 'ecdsa', 'rsa']) {
    for (const authority of ['ed25519', 'ecdsa', 'rsa']) {
      it(`of a host (${key}) by an authority (${authority}) vouches for its names, for its time, and for nothing when a byte differs`, () => {
        const bytes = signed(key, authority, '-h');
        assert.ok(parseCertificate(bytes)?.key.equals(blob(path(`${key}.pub`))));
        assert.equal(problem(bytes, authority, 'ada.example.org'), undefined);
        assert.equal(problem(bytes, authority, 'x.lab'), undefined);
        assert.equal(problem(bytes, authority, 'eve.example.org'), 'it is for another name');
        assert.equal(problem(bytes, authority, 'ada.example.org', Date.now() + 2 * 3600_000), 'it has expired');
        assert.equal(problem(bytes, authority, 'ada.example.org', Date.now() - 2 * 3600_000), 'it is not valid yet');
        const forged = Buffer.from(bytes);
        const at = forged.indexOf('ada.example.org');
        forged.write('eve', at);
        assert.equal(problem(forged, authority, 'eve.example.org'), 'its signature is wrong');
        assert.equal(problem(bytes, authority === 'rsa' ? 'ecdsa' : 'rsa', 'ada.example.org'), 'another authority signed it');
      });
    }
  }

  it('of a person vouches for no host', () => {
    assert.equal(problem(signed('ed25519', 'rsa'), 'rsa', 'ada.example.org'), 'it is no certificate of a host');
  });

  it('signed with SHA-1 counts as unsigned', () => {
    assert.equal(problem(signed('ed25519', 'rsa', '-h', '-t', 'ssh-rsa'), 'rsa', 'ada.example.org'), 'its signature is wrong');
  });

  it('has the fingerprint of its key', () => {
    const facts = keyFacts(signed('rsa', 'ed25519', '-h'));
    assert.deepEqual(facts, { ...keyFacts(blob(path('rsa.pub'))), kind: 'RSA-CERT' });
    assert.ok(keygen('-l', '-f', path('rsa.pub')).includes(facts.fingerprint));
  });
});
