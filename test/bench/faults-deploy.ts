import type { FaultEnd } from '../integration/deploy/faultBed';
import { FaultBed } from '../integration/deploy/faultBed';
import { startPracticeCloud } from '../practice-cloud/cloud';
import type { BenchResult } from './harness';
import { result } from './harness';

/**
 * Whatever goes wrong while a release is deployed: afterwards the new release serves and the deployment has said so, or the old one serves
 * and it has failed; either way no lock is held. Figures are counts; the table says what served.
 */
export default async function bench(): Promise<BenchResult> {
  const cloud = await startPracticeCloud({ machineImage: 'docker' });
  const faults = await FaultBed.start(cloud);
  try {
    let serving = faults.new;
    const table: Record<string, string> = {};
    let well = 0;
    const note = (end: FaultEnd) => {
      const expected = end.outcome === 'done' ? faults.new : serving;
      const right = end.serves === expected && end.current === expected && end.free;
      if (right) well++;
      else console.error(`A fault ended badly: ${JSON.stringify(end)}`);
      const which = end.serves === faults.new ? 'the new release' : end.serves === serving ? 'the old release' : end.serves;
      table[end.fault] = `${end.outcome}, ${which} serves, ${end.free ? 'no lock' : 'A LOCK STAYS'}`;
      serving = end.serves;
    };
    for (const step of FaultBed.steps) note(await faults.cutAt(step));
    note(await faults.initContainer());
    note(await faults.neverHealthy());
    note(await faults.endsLater());
    note(await faults.unitFails());
    note(await faults.registryDown());
    note(await faults.diskFull());
    note(await faults.rebootAt('upload'));
    note(await faults.rebootAt('up'));
    note(await faults.rebootAt('prove'));
    const total = Object.keys(table).length;
    const figures = { ours: well, peer: total, peerName: 'faults', limit: 1 };
    return { ...result({ bench: 'faults-deploy', unit: 'faults that ended well', ...figures, ...table }), ok: well === total };
  } finally {
    faults.dispose();
    await cloud.stop();
  }
}
