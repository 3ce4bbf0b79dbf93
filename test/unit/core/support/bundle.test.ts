import assert from 'node:assert/strict';
import type { BundleParts } from '../../../../src/core/support/bundle';
import { bundleText } from '../../../../src/core/support/bundle';
import { redact } from '../../../../src/core/support/redact';

const own = { home: '/home/ada', user: 'ada', secrets: ['planted-value'] };
const parts: BundleParts = {
  at: new Date('2026-11-21T09:30:00Z'),
  versions: { Skylab: '0.5.0', Node: 'v20' },
  settings: { 'skylab.cost.warnPerDay': 5, 'skylab.someToken': 'abcdef' },
  operations: [
    {
      view: {
        id: '1',
        kind: 'deploy',
        title: 'Deploy lab to ada-1',
        state: 'failed',
        steps: [{ name: 'up', title: 'Start the stack', state: 'failed', detail: 'db', startedAt: 1000, endedAt: 3500 }],
        startedAt: 1000,
        error: 'lab did not start.',
        leftovers: [],
      },
      log: ['Start the stack', 'PASSWORD=planted-value'],
    },
  ],
  leftovers: [
    { id: 'x', kind: 'launch', title: 'Launch b', startedAt: 0, pid: 1, created: [{ kind: 'instance', id: 'i-1', label: 'b (i-1)' }] },
  ],
  log: 'old\n/home/ada/lab was read by ada\nit says planted-value here',
};

describe('the support bundle', () => {
  it('has versions, changed settings, what was left, the operations with their steps, and the log’s end', () => {
    const text = bundleText(parts, own);
    for (const line of [
      'Skylab: 0.5.0',
      'skylab.cost.warnPerDay: 5',
      'skylab.someToken: [removed]',
      'launch “Launch b”: instance b (i-1)',
      'failed    up 2.5 s (db)',
      'deploy failed, began 1970-01-01T00:00:01.000Z: lab did not start.',
      '~/lab was read by [user]',
    ])
      assert.ok(text.includes(line), `${line}\n${text}`);
    assert.ok(!text.includes('planted-value') && !text.includes('/home/ada'));
    assert.match(text, /Operation: Deploy lab to ada-1/, 'a machine’s name that merely begins like the user’s stays');
  });

  it('knows secrets by their form', () => {
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----';
    const secrets: [string, string][] = [
      [key, 'b3BlbnNz'],
      [`$2a$14$${'Q'.repeat(53)}`, 'QQQQ'],
      ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
      ['token ghp_abcdefghijklmnopqrstuv', 'abcdefgh'],
      ['postgres://bob:hunter22@db/x', 'hunter22'],
      ['Authorization: Basic Ym9iOmh1bnRlcjI=', 'Ym9iOm'],
      ['Authorization: Bearer abc.def', 'abc.def'],
      ["DB_PASSWORD='hunter22 more'", 'hunter22'],
      ['"secretAccessKey": "wJalrXUtnFEMI"', 'wJalrX'],
      ['https://x/?X-Amz-Security-Token=FwoGZXIvYXdzE&a=1', 'FwoGZX'],
    ];
    for (const [text, secret] of secrets) {
      const shown = redact(text, { home: '', user: '' });
      assert.ok(!shown.includes(secret) && shown.includes('[removed]'), shown);
    }
    assert.equal(redact('the password was typed anew; token bucket', { home: '', user: '' }), 'the password was typed anew; token bucket');
  });
});
