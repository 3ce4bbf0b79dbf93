import assert from 'node:assert/strict';
import { Repaints } from '../../../../src/ui/tree/repaints';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('repaints of rows', () => {
  it('wait while the rows below are on their way, and come once those are drawn', async () => {
    const painted: string[] = [];
    const repaints = new Repaints<string>((row) => painted.push(row));
    const below = repaints.after('services', later(60));
    repaints.add('services');
    repaints.add('docker');
    await below;
    await later(50);
    assert.deepEqual(painted, ['docker']);
    await later(500);
    assert.deepEqual(painted, ['docker', 'services']);
    repaints.dispose();
  });

  it('come although the rows below could not be had', async () => {
    const painted: string[] = [];
    const repaints = new Repaints<string>((row) => painted.push(row));
    await assert.rejects(repaints.after('services', Promise.reject(new Error('no answer'))));
    repaints.add('services');
    await later(600);
    assert.deepEqual(painted, ['services']);
    repaints.dispose();
  });
});
