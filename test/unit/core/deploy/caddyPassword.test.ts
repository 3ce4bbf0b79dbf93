import assert from 'node:assert/strict';
import { envLineFor, isBcryptHash } from '../../../../src/core/deploy/caddyPassword';
import { EnvFile } from '../../../../src/core/deploy/envFile';

const HASH = '$2a$14$4nPsaXgwGbUPDYYQmdsjFO9LBZ5VEO5yXhkJcnh4bD0CIHCxEFfZy';

describe('the line for a hashed password', () => {
  it('comes back from the file as the same hash', () => {
    assert.equal(envLineFor('CADDY_PASSWORD', HASH), `CADDY_PASSWORD='${HASH}'`);
    assert.equal(EnvFile.parse(envLineFor('CADDY_PASSWORD', HASH)).get('CADDY_PASSWORD'), HASH);
  });

  it('is not made from a password in clear', () => {
    for (const text of ['hunter2', '', HASH.slice(0, -1), `${HASH}\n`, HASH.replace('2a', '2q')]) {
      assert.equal(isBcryptHash(text), false, JSON.stringify(text));
      assert.throws(() => envLineFor('P', text), /not a bcrypt hash/);
    }
  });
});
