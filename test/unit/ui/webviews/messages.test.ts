import assert from 'node:assert/strict';
import { parseDeployMessage, parseLaunchMessage } from '../../../../src/ui/webviews/messages';

describe('what a webview says', () => {
  it('is taken when it is a message of the launch form, and nothing more of it', () => {
    assert.deepEqual(parseLaunchMessage({ type: 'ready' }), { type: 'ready' });
    assert.deepEqual(parseLaunchMessage({ type: 'searchImages', text: ' rocky ', more: 1 }), { type: 'searchImages', text: 'rocky' });
    assert.deepEqual(parseLaunchMessage({ type: 'launch', spec: { name: 1 } }), { type: 'launch', spec: { name: 1 } });
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
