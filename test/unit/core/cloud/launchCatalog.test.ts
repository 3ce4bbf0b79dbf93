import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FileKeptOffers } from '../../../../src/adapters/files/keptOffers';
import type { LaunchOptions } from '../../../../src/core/cloud/launch';
import { LaunchCatalog } from '../../../../src/core/cloud/launchCatalog';
import type { Account } from '../../../../src/core/cloud/model';

const account: Account = { kind: 'keys', id: 'a/../..', name: 'physics', region: 'us-east-1' };
const options: LaunchOptions = {
  images: [],
  instanceTypes: [{ name: 't3.small', vcpus: 2, memoryMiB: 2048, architectures: ['x86_64'], freeTier: false }],
  keyPairs: [],
  securityGroups: [],
  publicKeys: [],
  myAddresses: [],
};
const warned: string[] = [];
const log = { debug: () => undefined, info: () => undefined, warn: (text: string) => warned.push(text), error: () => undefined };

describe('what an account offered when it was last asked', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'skylab-offers-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const catalog = (asked: () => Promise<LaunchOptions> = () => Promise.resolve(options)) =>
    new LaunchCatalog(asked, new FileKeptOffers(dir), log);
  async function written(): Promise<void> {
    for (let tries = 0; tries < 100 && readdirSync(dir).filter((file) => file.endsWith('.json')).length === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  it('is known to this window, and to the next one', async () => {
    const first = catalog();
    assert.equal(await first.known(account), undefined);
    await first.refresh(account);
    assert.deepEqual(await first.known(account), options);
    await written();
    const next = catalog(() => Promise.reject(new Error('no network')));
    assert.deepEqual(await next.known(account), options);
    await assert.rejects(next.refresh(account), /no network/);
    assert.deepEqual(await next.known(account), options, 'a failure forgets nothing');
  });

  it('is not taken for another region of the same account', async () => {
    const one = catalog();
    await one.refresh(account);
    assert.equal(await one.known({ ...account, region: 'eu-north-1' }), undefined);
  });

  it('stands in one private file, whatever the account is called', async () => {
    await catalog().refresh(account);
    await written();
    const [file = ''] = readdirSync(dir);
    assert.match(file, /^[0-9a-f]{32}\.json$/);
    assert.equal(statSync(path.join(dir, file)).mode & 0o777, 0o600);
  });

  it('is as good as unknown when the file is damaged or of another version', async () => {
    await catalog().refresh(account);
    await written();
    const [file = ''] = readdirSync(dir);
    for (const damage of ['', '{"version":1', 'null', '{"version":99,"account":{},"options":{}}', '[1]']) {
      writeFileSync(path.join(dir, file), damage);
      assert.equal(await catalog().known(account), undefined, damage);
    }
  });

  it('does not keep the form waiting for a disk that is full: the offers are there, and the log says it', async () => {
    const full = new LaunchCatalog(
      () => Promise.resolve(options),
      { read: () => Promise.resolve(undefined), write: () => Promise.reject(new Error('no space left')) },
      log,
    );
    assert.deepEqual(await full.refresh(account), options);
    await new Promise((resolve) => setImmediate(resolve));
    assert.match(warned.at(-1) ?? '', /no space left/);
  });
});
