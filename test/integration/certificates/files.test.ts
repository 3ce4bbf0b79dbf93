import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkGiven } from '../../../src/core/certificates/given';
import { isPkcs12, readPkcs12 } from '../../../src/core/certificates/pkcs12';
import { SkylabError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import type { IssuedPair } from './authority';
import { Authority } from './authority';

const HOST = 'lab.course.test';

describe('the files of a certificate that somebody has', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'skylab-certificates-'));
  let authority: Authority;
  let pair: IssuedPair;

  before(() => {
    authority = new Authority(folder);
    pair = authority.issue('site', [HOST, '*.course.test']);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const openssl = (...words: string[]): string =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const refusal = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof SkylabError) return error.code ?? error.message;
      throw error;
    }
    return 'none';
  };
  const check = (certificates: string, key: string, hosts = [HOST]) => checkGiven({ certificates, key }, hosts, Date.now());

  it('are put in order, and openssl verifies what comes out', () => {
    const other = authority.issue('other', ['other.test']);
    const { chain, key, notes, certificate } = check(authority.root + authority.between + other.certificate + pair.certificate, pair.key);
    writeFileSync(join(folder, 'chain.pem'), chain);
    writeFileSync(join(folder, 'key.pem'), key.reveal());
    assert.match(openssl('verify', '-CAfile', 'root.crt', '-untrusted', 'chain.pem', 'chain.pem'), /OK/);
    assert.equal(openssl('pkey', '-in', 'key.pem', '-pubout'), openssl('x509', '-in', 'chain.pem', '-noout', '-pubkey'));
    assert.ok(openssl('x509', '-in', 'chain.pem', '-noout', '-fingerprint', '-sha256').trim().endsWith(certificate.fingerprint));
    assert.equal((chain.match(/BEGIN/g) ?? []).length, 2, 'the root and the stranger are left out');
    assert.deepEqual(notes.length, 3);
    assert.match(notes.join(), /Test Root, is none that browsers know[^]*another order[^]*1 certificates/);
  });

  it('say what is missing: the one in between, some days', () => {
    assert.match(check(pair.certificate, pair.key).notes.join(), /The chain ends at Test Between/);
    const short = authority.issue('short', [HOST], { days: 3 });
    assert.match(check(short.certificate, short.key).notes.join(), /It ends in [23] days/);
  });

  it('are refused with the reason', () => {
    const other = authority.issue('stranger', [HOST]);
    const weak = authority.issue('weak', [HOST], { key: 'rsa:1024' });
    assert.equal(
      refusal(() => check(pair.certificate, other.key)),
      'KeyMismatch',
    );
    assert.equal(
      refusal(() => check(pair.certificate, pair.key, ['elsewhere.test'])),
      'NameNotCovered',
    );
    const at = (days: number) => checkGiven({ certificates: pair.certificate, key: pair.key }, [HOST], Date.now() + days * 86_400_000);
    assert.equal(
      refusal(() => at(21)),
      'CertificateEnded',
    );
    assert.equal(
      refusal(() => at(-1)),
      'CertificateEnded',
    );
    assert.equal(
      refusal(() => check(weak.certificate, weak.key)),
      'WeakKey',
    );
    assert.equal(
      refusal(() => check('nothing', pair.key)),
      'NoCertificate',
    );
    assert.equal(
      refusal(() => check(pair.certificate, pair.certificate)),
      'NoPrivateKey',
    );
  });

  it('may have a passphrase, which opens the key and is not kept', () => {
    openssl('pkcs8', '-topk8', '-in', 'site.key', '-out', 'closed.key', '-passout', 'pass:wörd');
    const key = readFileSync(join(folder, 'closed.key'), 'utf8');
    const open = (word: string) => checkGiven({ certificates: pair.certificate, key, passphrase: new Secret(word) }, [HOST], Date.now());
    assert.equal(
      refusal(() => open('wrong')),
      'WrongPassphrase',
    );
    assert.doesNotMatch(open('wörd').key.reveal(), /ENCRYPTED/);
  });

  const kinds = [
    { name: 'as openssl writes them today', words: [] },
    { name: 'with the ciphers of older programs', words: ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'] },
    { name: 'with an open key', words: ['-keypbe', 'NONE'] },
  ];
  for (const { name, words } of kinds)
    it(`may be one PKCS #12 file, ${name}`, () => {
      openssl(
        'pkcs12',
        '-export',
        '-in',
        'site.crt',
        '-inkey',
        'site.key',
        '-certfile',
        'between.crt',
        '-out',
        'site.p12',
        '-passout',
        'pass:wörd 1',
        ...words,
      );
      const bytes = readFileSync(join(folder, 'site.p12'));
      assert.ok(isPkcs12(bytes));
      const { chain, certificate } = checkGiven(readPkcs12(bytes, new Secret('wörd 1')), [HOST], Date.now());
      assert.deepEqual(certificate.names, [HOST, '*.course.test']);
      assert.equal((chain.match(/BEGIN/g) ?? []).length, 2);
      assert.equal(
        refusal(() => readPkcs12(bytes, new Secret('wrong'))),
        'WrongPassphrase',
      );
      assert.equal(
        refusal(() => readPkcs12(bytes.subarray(0, 200), new Secret('wörd 1'))),
        'Pkcs12',
      );
    });

  it('are no PKCS #12 where they are PEM', () => {
    assert.ok(!isPkcs12(Buffer.from(pair.certificate)));
    assert.ok(!isPkcs12(Buffer.alloc(0)));
  });
});
