import assert from 'node:assert/strict';
import { signV2, v2Signature } from '../../../../../src/adapters/aws/compat/signV2';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

describe('signature version 2', () => {
  it("is the one of AWS's own example", () => {
    // AWS General Reference, "Signature Version 2 signing process": the DescribeJobFlows example.
    const params = new Map([
      ['Action', 'DescribeJobFlows'],
      ['Version', '2009-03-31'],
      ['AWSAccessKeyId', 'AKIAIOSFODNN7EXAMPLE'],
      ['SignatureVersion', '2'],
      ['SignatureMethod', 'HmacSHA256'],
      ['Timestamp', '2011-10-03T15:19:30'],
    ]);
    const request = { method: 'GET', host: 'elasticmapreduce.amazonaws.com', path: '/', params } as const;
    assert.equal(v2Signature(request, SECRET, 'sha256'), 'i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs=');
  });

  it('adds what names it, with the time to the second, and signs names before values by their bytes', () => {
    const params = new Map([
      ['Tag.10.Key', 'b'],
      ['Tag.1.Key', "a (b)*'!~"],
      ['action', 'small'],
      ['Action', 'CreateTags'],
    ]);
    const at = new Date('2026-11-21T15:04:05.678Z');
    const signed = signV2(
      { method: 'POST', host: 'Cloud.Example:4567', path: '', params },
      { accessKeyId: 'ada', secretAccessKey: 's' },
      'sha1',
      at,
    );
    assert.equal(signed.get('Timestamp'), '2026-11-21T15:04:05Z');
    assert.equal(signed.get('SignatureMethod'), 'HmacSHA1');
    assert.equal(signed.get('AWSAccessKeyId'), 'ada');
    // As `openssl dgst -sha1 -hmac s -binary | base64` signs the string of the specification.
    assert.equal(signed.get('Signature'), 'Ynh0RaJtOxnaitcSIUsSe4qrhCQ=');
  });
});
