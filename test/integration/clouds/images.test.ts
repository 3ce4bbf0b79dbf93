import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenNebulaImageUploads } from '../../../src/adapters/aws/compat/imageUploads';
import { FileLedger } from '../../../src/adapters/files/ledger';
import { ImageUploader } from '../../../src/core/cloud/imageUpload';
import { sentenceOf } from '../../../src/core/errors';
import { Operations, type Operation } from '../../../src/core/operations/operations';
import type { QuirkOptions } from '../../quirk-server/server';
import { openPrivateCloud, type PrivateCloud } from './support';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Does it once, as soon as a part of the file has been sent and before the next part is. */
function onTheWay(operation: Operation, act: () => void): void {
  const listening = operation.onChange(({ steps }) => {
    if ((steps[0]?.fraction ?? 0) <= 0) return;
    listening.dispose();
    act();
  });
}

describe('images for an OpenNebula', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skylab-image-'));
  const file = join(folder, 'Debian “lab”.qcow2');
  const bytes = randomFillSync(Buffer.alloc(12 * 2 ** 20 + 17));
  let lab: PrivateCloud;
  let uploader: ImageUploader;
  before(() => writeFileSync(file, bytes));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => lab.stop());

  const open = async (options: Partial<QuirkOptions> = {}) => {
    lab = await openPrivateCloud(options);
    const operations = new Operations(new FileLedger(join(folder, 'ledger'), quiet), quiet);
    uploader = new ImageUploader(operations, new OpenNebulaImageUploads(lab.providers), (n) => `${n} bytes`);
  };
  const failure = async (operation: Operation) => {
    const outcome = await operation.outcome;
    if (outcome.kind !== 'failed') assert.fail(`It ended as ${outcome.kind}.`);
    return sentenceOf(outcome.error);
  };

  for (const [what, options] of [
    ['5.4', { version: '5.4' }],
    ['4.14, which knows signature version 2 only', { version: '4.14' }],
    ['5.4 behind a proxy with ssl_server', { proxy: { prefix: '/ec2/', keepsHost: true }, sslServer: 'http://127.0.0.1:PORT/ec2' }],
  ] as [string, Partial<QuirkOptions>][])
    it(`${what}: a file is sent whole, registered and named, and is then offered to launch from`, async () => {
      await open(options);
      const operation = uploader.upload(lab.account, file, 'Debian lab');
      const seen: number[] = [];
      operation.onChange((view) => seen.push(view.steps[0]?.fraction ?? 0));
      assert.equal((await operation.outcome).kind, 'done');
      assert.ok(
        seen.some((share) => share > 0 && share < 1),
        'progress is shown on the way',
      );
      const kept = lab.server.cloud.images.at(-1);
      assert.deepEqual(kept?.upload, { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
      const image = (await lab.provider.listImages()).find((one) => one.name === 'Debian lab');
      assert.equal(image?.id, 'ami-00000008');
      const request = {
        clientToken: 't',
        keyName: '',
        securityGroupIds: [],
        rootDeviceName: '',
        diskGiB: 1,
        userData: '',
        count: 1,
        tags: {},
      };
      const [made] = await lab.provider.runInstances({ ...request, imageId: image.id, instanceType: 'm1.small' });
      assert.equal(made?.imageId, image.id);
    });

  it('an image that is in the cloud already is registered by its number', async () => {
    await open();
    const { id } = lab.server.cloud.addImage({ name: 'made-in-sunstone', type: 'OS' });
    assert.equal((await uploader.register(lab.account, `ami-${String(id).padStart(8, '0')}`).outcome).kind, 'done');
    assert.deepEqual(
      (await lab.provider.listImages()).map((one) => one.name),
      ['made-in-sunstone', 'ubuntu-22.04'],
    );
  });

  it('5.12: where registering fails by the fault of the cloud, it says so, and that the file is there', async () => {
    await open({ version: '5.12' });
    const sentence = await failure(uploader.upload(lab.account, file, 'lab'));
    assert.match(sentence, /fault \(versions 5\.6 to 5\.12\).*register the image ami-00000008.*The image is in the cloud as ami-00000008/);
  });

  it('a volume is not taken for an image', async () => {
    await open();
    const { id } = lab.server.cloud.addImage({ name: 'data', type: 'DATABLOCK' });
    const sentence = await failure(uploader.register(lab.account, `ami-${String(id).padStart(8, '0')}`));
    assert.match(sentence, /is already a volume/);
  });

  it('an upload is cancelled on the way, and nothing is kept', async () => {
    await open();
    const before = lab.server.cloud.images.length;
    const operation = uploader.upload(lab.account, file, 'lab');
    onTheWay(operation, () => operation.cancel());
    assert.equal((await operation.outcome).kind, 'cancelled');
    assert.equal(lab.server.cloud.images.length, before);
  });

  it('a file that shrinks while it is sent, is empty or is not there, is told', async () => {
    await open();
    const other = join(folder, 'growing.img');
    writeFileSync(other, bytes);
    const operation = uploader.upload(lab.account, other, 'lab');
    onTheWay(operation, () => truncateSync(other, 100));
    assert.match(await failure(operation), /changed while it was sent/);
    truncateSync(other, 0);
    assert.match(await failure(uploader.upload(lab.account, other, 'lab')), /is empty/);
    assert.match(await failure(uploader.upload(lab.account, join(folder, 'gone.img'), 'lab')), /cannot be read/);
  });

  it('a cloud that knows itself by another name refuses before the file is sent', async () => {
    await open({ sslServer: 'https://cloud.example.edu/' });
    const sentence = await failure(uploader.upload(lab.account, file, 'lab'));
    assert.match(sentence, /signed for the name by which the cloud knows itself\. .*ssl_server/);
    assert.ok(!lab.server.asked.some((one) => one.action === 'UploadImage'));
  });
});
