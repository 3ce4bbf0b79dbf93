import assert from 'node:assert/strict';
import type { CloudFlavor, EndpointAccount } from '../../../src/core/cloud/model';
import { cloudSummary, imageIdOf } from '../../../src/ui/model/cloudText';

const l10n = { t: (text: string, ...args: unknown[]) => text.replace(/\{(\d)\}/g, (_, n) => String(args[Number(n)])) };
const account = (flavor?: CloudFlavor): EndpointAccount => ({
  kind: 'endpoint',
  id: 'a',
  name: 'lab',
  endpoint: 'http://lab:4567',
  region: 'opennebula',
  ...(flavor && { flavor }),
});

describe('what is said of a private cloud', () => {
  it('names what it is and what is not offered, in one sentence', () => {
    assert.equal(
      cloudSummary(account('opennebula'), l10n),
      'lab is OpenNebula. Its interface has no security groups, console, resizing, images of machines, spot machines, prices: these are not offered. Set-up scripts are run over SSH.',
    );
    assert.match(
      cloudSummary(account('ec2'), l10n) ?? '',
      /^lab is an EC2-compatible cloud\. Its interface has no spot machines, prices: /,
    );
  });

  it('is nothing where nothing is missing', () => {
    assert.equal(cloudSummary(account('moto'), l10n), undefined);
    assert.equal(cloudSummary(account(), l10n), undefined);
  });

  it('an image is named by its number or its id', () => {
    assert.equal(imageIdOf(' 42 '), 'ami-00000042');
    assert.equal(imageIdOf('ami-00000042'), 'ami-00000042');
    for (const wrong of ['', 'ami-', 'vol-00000042', '4.2', '-1', '12345678901']) assert.equal(imageIdOf(wrong), undefined, wrong);
  });
});
