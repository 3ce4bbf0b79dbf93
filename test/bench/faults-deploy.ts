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
      const told = end.outcome === 'done' || /previous release serves|What served before/.test(end.said);
      const right = end.serves === expected && end.current === expected && end.free && told;
      if (right) well++;
      else console.error(`A fault ended badly: ${JSON.stringify(end)}`);
      const which = end.serves === faults.new ? 'the new release' : end.serves === serving ? 'the old release' : end.serves;
      const said = told ? '' : ', and the message does not say so';
      table[end.fault] = `${end.outcome}, ${which} serves, ${end.free ? 'no lock' : 'A LOCK STAYS'}${said}`;
      serving = end.serves;
    };
    const faultsInTurn: readonly (readonly [string, () => Promise<FaultEnd>])[] = [
      ...FaultBed.steps.map((step) => [`connection cut at ${step}`, () => faults.cutAt(step)] as const),
      ['init container', () => faults.initContainer()],
      ['never healthy', () => faults.neverHealthy()],
      ['ends later', () => faults.endsLater()],
      ['way back', () => faults.cutOnTheWayBack()],
      ['unit', () => faults.unitFails()],
      ['registry', () => faults.registryDown()],
      ['disk', () => faults.diskFull()],
      ...['upload', 'up', 'prove'].map((step) => [`restart at ${step}`, () => faults.rebootAt(step)] as const),
    ];
    for (const [name, act] of faultsInTurn) {
      try {
        note(await act());
      } catch (error) {
        // one that cannot even be tried must not hide the others
        table[name] = `could not be tried: ${String(error)}`;
      }
    }
    const total = Object.keys(table).length;
    const figures = { ours: well, peer: total, peerName: 'faults', limit: 1 };
    return { ...result({ bench: 'faults-deploy', unit: 'faults that ended well', ...figures, ...table }), ok: well === total };
  } finally {
    faults.dispose();
    await cloud.stop();
  }
}
