import assert from 'node:assert/strict';
import { aclCommands } from '../../../../src/adapters/files/keyFiles';

describe('the access to a private key on Windows', () => {
  it('is taken from everybody but the account, by what `icacls` understands in any language', () => {
    assert.deepEqual(aclCommands('C:\\Users\\me\\.ssh\\id_ed25519', 'me'), [
      ['C:\\Users\\me\\.ssh\\id_ed25519', '/inheritance:r'],
      ['C:\\Users\\me\\.ssh\\id_ed25519', '/grant:r', 'me:F'],
      // everyone, authenticated users, users
      ['C:\\Users\\me\\.ssh\\id_ed25519', '/remove:g', '*S-1-1-0'],
      ['C:\\Users\\me\\.ssh\\id_ed25519', '/remove:g', '*S-1-5-11'],
      ['C:\\Users\\me\\.ssh\\id_ed25519', '/remove:g', '*S-1-5-32-545'],
    ]);
  });
});
