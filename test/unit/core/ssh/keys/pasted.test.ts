import assert from 'node:assert/strict';
import fc from 'fast-check';
import { comparePasted } from '../../../../../src/core/ssh/keys/pasted';
import { md5Of, sha256Of } from '../../../../../src/core/ssh/keys/publicKeys';
import { string } from '../../../../../src/core/ssh/wire';

const keyOf = (bytes: Uint8Array) => {
  const blob = Buffer.concat([string('ssh-ed25519'), string(Buffer.from(bytes))]);
  return { blob, key: { type: 'ssh-ed25519', blob: blob.toString('base64') } };
};
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a pasted fingerprint', () => {
  it('is the key’s in each form that tools print, also among other lines and words', () => {
    fc.assert(
      fc.property(bytes, (seed) => {
        const { blob, key } = keyOf(seed);
        const sha256 = sha256Of(blob);
        const md5 = md5Of(blob);
        for (const text of [
          sha256,
          `  ${sha256}=  `,
          sha256.slice('SHA256:'.length),
          `256 ${sha256} root@ada (ED25519)\n`,
          md5,
          md5.slice('MD5:'.length).toUpperCase(),
          md5.slice('MD5:'.length).replaceAll(':', ''),
          `256 ${md5} root@ada (ED25519)`,
          `ssh-ed25519 ${key.blob}`,
          `[ada.example.org]:2222,10.0.0.1 ssh-ed25519 ${key.blob} comment`,
          `# ada.example.org:22 SSH-2.0-OpenSSH_9.2\nada.example.org ssh-ed25519 ${key.blob}\n`,
          `The fingerprint is ${sha256}.`,
        ])
          assert.equal(comparePasted(text, key), 'match', text);
      }),
      { numRuns: 30 },
    );
  });

  it('is a mismatch when it is another key’s, and unreadable when it is none', () => {
    fc.assert(
      fc.property(bytes, bytes, (one, two) => {
        fc.pre(!Buffer.from(one).equals(Buffer.from(two)));
        const [mine, other] = [keyOf(one), keyOf(two)];
        for (const text of [sha256Of(other.blob), md5Of(other.blob), `x ssh-ed25519 ${other.key.blob}`])
          assert.equal(comparePasted(text, mine.key), 'mismatch', text);
      }),
      { numRuns: 30 },
    );
    const { blob, key } = keyOf(new Uint8Array(32));
    for (const text of ['', 'yes', 'SHA256:', sha256Of(blob).slice(0, 30), 'ada.example.org', md5Of(blob).slice(0, 20)])
      assert.equal(comparePasted(text, key), 'unreadable', text);
  });
});
