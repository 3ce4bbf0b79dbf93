import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { profileEndpoint } from '../../../../src/adapters/aws/profiles';

describe('the address that a profile names', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'skylab-profile-'));
  const before = process.env['AWS_CONFIG_FILE'];
  beforeEach(() => {
    const file = path.join(folder, 'config');
    writeFileSync(
      file,
      [
        '[profile plain]\nregion = eu-west-1',
        '[profile own]\nendpoint_url = http://127.0.0.1:1',
        '[profile by-service]\nservices = here\nendpoint_url = http://127.0.0.1:1',
        '[services here]\nec2 =\n  endpoint_url = http://127.0.0.1:2\n',
      ].join('\n'),
    );
    process.env['AWS_CONFIG_FILE'] = file;
  });
  after(() => {
    if (before === undefined) delete process.env['AWS_CONFIG_FILE'];
    else process.env['AWS_CONFIG_FILE'] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it("is AWS's own where the profile says nothing", async () => assert.equal(await profileEndpoint('plain'), undefined));
  it('is the one of the profile', async () => assert.equal(await profileEndpoint('own'), 'http://127.0.0.1:1'));
  it('is the one for EC2 before the general one', async () => assert.equal(await profileEndpoint('by-service'), 'http://127.0.0.1:2'));
});
