import assert from 'node:assert/strict';
import type { PracticeCloud } from '../../practice-cloud/cloud';
import { startPracticeCloud } from '../../practice-cloud/cloud';
import type { FaultEnd } from './faultBed';
import { FaultBed } from './faultBed';

describe('a deployment with a fault in the middle', function () {
  this.timeout(120_000);
  let cloud: PracticeCloud;
  let faults: FaultBed;

  before(async function () {
    this.timeout(300_000);
    cloud = await startPracticeCloud({ machineImage: 'docker' });
    faults = await FaultBed.start(cloud);
  });
  after(async () => {
    faults.dispose();
    await cloud.stop();
  });

  /** The old release serves, is the current one, and the next deployment finds no lock. */
  const servesOld = (end: FaultEnd, reason: RegExp) => {
    assert.equal(end.outcome, 'failed', JSON.stringify(end));
    assert.match(end.said, reason);
    assert.deepEqual([end.serves, end.current, end.free], [kept, kept, true], JSON.stringify(end));
  };
  const servesNew = (end: FaultEnd) => {
    assert.deepEqual([end.outcome, end.serves, end.current, end.free], ['done', faults.new, faults.new, true], JSON.stringify(end));
    kept = faults.new;
  };
  let kept = 'release 1';

  it('takes a container that ended with 0 for what it is: done', async () => {
    servesNew(await faults.initContainer());
  });

  it('ends at the limit where a container never gets healthy, with the words of its health check', async () => {
    servesOld(
      await faults.neverHealthy(),
      /web did not become healthy within \d+ s: its health check says “the page is not there yet”.*The previous release serves again, proved by asking it: it answers 200/s,
    );
  });

  it('takes back what ends a few seconds after it was seen running', async () => {
    servesOld(await faults.endsLater(), /worker ended with code 4.*nothing to do/s);
  });

  it('takes back a unit that fails after five seconds, with its last words', async () => {
    servesOld(await faults.unitFails(), /fault\.service did not stay up: systemd calls it failed.*The previous release serves again/s);
    const units = 'cd /etc/systemd/system && ls *fault*.service; systemctl is-enabled *fault*.service; systemctl is-active *fault*.service';
    assert.equal((await faults.bed.ssh(units)).stdout, 'skylab-fault.service\nenabled\nactive\n');
  });

  it('touches nothing where the registry is down', async () => {
    servesOld(await faults.registryDown(), /pull the images.*The previous release serves on, untouched\./s);
  });

  it('touches nothing where the disk is full', async () => {
    servesOld(await faults.diskFull(), /(full|space).*The previous release serves on, untouched\./is);
  });

  it('goes on after the connection is cut while services start, and while the site is proved', async () => {
    servesNew(await faults.cutAt('up'));
    servesNew(await faults.cutAt('prove'));
  });

  it('puts back what served although the connection is cut on that way', async () => {
    servesOld(await faults.cutOnTheWayBack(), /worker ended with code 4.*The previous release serves again, proved/s);
  });

  it('waits for a machine that restarts in the middle, and finishes', async () => {
    servesNew(await faults.rebootAt('up'));
  });
});
