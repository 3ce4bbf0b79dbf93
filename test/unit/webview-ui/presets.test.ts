import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { LAUNCH_PRESETS, presetChange, presetShown } from '../../../webview-ui/launch/presets';
import { changed } from '../../../webview-ui/launch/edits';
import { data, spec } from '../../webview/launchData';

const repo = resolve(__dirname, '../../..');

describe('what a machine is for', () => {
  for (const { id, label, memoryMiB, diskGiB } of LAUNCH_PRESETS.filter((one) => one.id !== 'plain'))
    it(`${label}: has room for the recipe`, () => {
      const file = join(repo, 'recipes', id, 'recipe.yaml');
      const { needs } = parse(readFileSync(file, 'utf8')) as { needs: { memoryMiB: number; diskGiB: number } };
      assert.ok(memoryMiB >= needs.memoryMiB && diskGiB >= needs.diskGiB);
    });

  it('sets size, disk and open ports, leaves all else, and is shown as long as they stay so', () => {
    const [change, { note }] = presetChange(data, spec, 'jupyterhub');
    const hub = changed(spec, change);
    const type = data.instanceTypes.find(({ name }) => name === hub.instanceType);
    assert.ok(type && type.memoryMiB >= 7600, hub.instanceType);
    assert.equal(hub.diskGiB, 40);
    assert.equal(note, undefined);
    assert.deepEqual({ ...hub, instanceType: '', diskGiB: 0 }, { ...spec, instanceType: '', diskGiB: 0 });
    assert.equal(presetShown(data, hub), 'jupyterhub');
    assert.equal(presetShown(data, { ...hub, diskGiB: 41 }), undefined);
  });

  it('goes back to the account’s usual size for a plain machine, which serves nothing', () => {
    const [change] = presetChange(data, changed(spec, presetChange(data, spec, 'jupyterhub')[0]), 'plain');
    assert.equal(change.instanceType, spec.instanceType);
    assert.equal(change.diskGiB, spec.diskGiB);
    assert.ok(change.securityGroup?.kind === 'new' && !change.securityGroup.http && !change.securityGroup.https);
  });

  it('says so where no size has the memory', () => {
    const small = { ...data, instanceTypes: data.instanceTypes.filter(({ memoryMiB }) => memoryMiB < 3000) };
    const [change, { note }] = presetChange(small, spec, 'jupyterhub');
    assert.equal(change.instanceType, undefined);
    assert.match(note ?? '', /No size of this cloud has the 7 GiB/);
  });

  it('leaves a group that is there already as it is', () => {
    const [change] = presetChange(data, { ...spec, securityGroup: { kind: 'existing', id: 'sg-1' } }, 'jupyterlab');
    assert.equal(change.securityGroup, undefined);
  });
});
