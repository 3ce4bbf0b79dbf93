import assert from 'node:assert/strict';
import { parseDeployMessage, parseLaunchMessage } from '../../../../src/ui/webviews/messages';

describe('what a webview says', () => {
  it('is taken when it is a message of the launch form, and nothing more of it', () => {
    assert.deepEqual(parseLaunchMessage({ type: 'ready' }), { type: 'ready' });
    assert.deepEqual(parseLaunchMessage({ type: 'searchImages', text: ' rocky ', more: 1 }), { type: 'searchImages', text: 'rocky' });
    for (const type of ['launch', 'dryRun', 'preview', 'saveSpec', 'copyCli'])
      assert.deepEqual(parseLaunchMessage({ type, spec: { name: 1 } }), { type, spec: { name: 1 } });
    const browse = { type: 'browse', what: 'userKey', row: 2 };
    assert.deepEqual(parseLaunchMessage(browse), browse);
    assert.deepEqual(parseLaunchMessage({ type: 'price', instanceType: 't3.small' }), { type: 'price', instanceType: 't3.small' });
  });

  it('is taken when it is a message of the deploy page', () => {
    const answers = { values: { DOMAIN: 'ada.localhost' }, fixes: ['unit-user'] };
    assert.deepEqual(parseDeployMessage({ type: 'deploy', answers }), { type: 'deploy', answers });
    assert.deepEqual(parseDeployMessage({ type: 'showChange', path: '.env', answers }), { type: 'showChange', path: '.env', answers });
    const ofFinding = { type: 'showChange', path: '.env', findingId: 'domain', answers };
    assert.deepEqual(parseDeployMessage(ofFinding), ofFinding);
  });

  it('is dropped when it is anything else', () => {
    for (const odd of [
      undefined,
      null,
      'ready',
      7,
      [],
      {},
      { type: 'shutDown' },
      { type: 'searchImages', text: 'x' },
      { type: 'searchImages' },
      { type: 'browse', what: '/etc/passwd', row: 0 },
      { type: 'browse', what: 'userKey', row: 1.5 },
      { type: 'price', instanceType: 'a b; c' },
    ]) {
      assert.equal(parseLaunchMessage(odd), undefined, JSON.stringify(odd));
    }
    for (const odd of [
      { type: 'launch' },
      { type: 'deploy' },
      { type: 'deploy', answers: { values: { A: 1 }, fixes: [] } },
      { type: 'changed', answers: { values: {}, fixes: 'all' } },
      { type: 'changed', answers: { values: { A: 'x'.repeat(40_000) }, fixes: [] } },
    ]) {
      assert.equal(parseDeployMessage(odd), undefined, JSON.stringify(odd).slice(0, 80));
    }
  });
});
