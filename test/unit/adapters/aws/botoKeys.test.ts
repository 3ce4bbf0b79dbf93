import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AwsProfiles } from '../../../../src/adapters/aws/profiles';

describe('the access key in ~/.boto', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(path.join(tmpdir(), 'skylab-boto-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const read = async (text?: string) => {
    if (text !== undefined) writeFileSync(path.join(home, '.boto'), text);
    const keys = await new AwsProfiles(home).botoKeys();
    return keys && [keys.accessKeyId, keys.secretAccessKey.reveal()];
  };

  it('is found as ec2launch and boto wrote it', async () => {
    assert.deepEqual(await read('[Credentials]\naws_access_key_id = AKIA1\naws_secret_access_key = a/b+c=\n'), ['AKIA1', 'a/b+c=']);
    assert.deepEqual(await read('[Boto]\ndebug: 0\n[Credentials]\naws_access_key_id: AKIA2\naws_secret_access_key: s\n[x]\n'), [
      'AKIA2',
      's',
    ]);
  });

  it('is none where the file, the section or one half is missing', async () => {
    assert.equal(await read(), undefined);
    assert.equal(await read('[Boto]\naws_access_key_id = A\naws_secret_access_key = s\n'), undefined);
    assert.equal(await read('[Credentials]\naws_access_key_id = A\n[x]\naws_secret_access_key = s\n'), undefined);
  });
});
