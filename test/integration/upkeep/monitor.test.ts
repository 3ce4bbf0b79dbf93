import assert from 'node:assert/strict';
import { cleanPackages, vacuumJournal, whatFills } from '../../../src/core/upkeep/monitor/filling';
import { newlyFull, takeReading } from '../../../src/core/upkeep/monitor/reading';
import type { Task } from '../../../src/core/upkeep/task';
import { UpkeepBed } from './bed';

describe('how full a machine is', function () {
  this.timeout(120_000);
  let here: UpkeepBed;
  let bed: UpkeepBed['bed'];
  let upkeep: UpkeepBed['upkeep'];

  before(async function () {
    this.timeout(240_000);
    here = await UpkeepBed.start('full');
    ({ bed, upkeep } = here);
    await remote(
      `sudo sh -c 'mkdir /small /many && mount -t tmpfs -o size=8m small /small && mount -t tmpfs -o size=8m,nr_inodes=100 many /many
mkdir -p /small/logs/old /small/other && head -c 7200000 /dev/zero >/small/logs/old/big && head -c 100000 /dev/zero >/small/other/x
mkdir -p /many/mail && for i in $(seq 90); do : >/many/mail/$i; done'`,
    );
  });

  after(() => here.stop());

  const remote = (command: string) => here.remote(command);
  const reading = () => upkeep.look(bed.machine, takeReading);
  const does = <F>(task: Task<F>) => here.does(task);

  it('is seen in one light look: space, files, memory, load', async () => {
    const { disks, memory, load, cpus } = await reading();
    const small = disks.find(({ mount }) => mount === '/small');
    const many = disks.find(({ mount }) => mount === '/many');
    assert.equal(small?.percent, Number(await remote("df --output=pcent /small | tail -1 | tr -d ' %'")));
    assert.equal(many?.inodePercent, Number(await remote("df --output=ipcent /many | tail -1 | tr -d ' %'")));
    assert.equal(many.inodesLeft, Number(await remote('df --output=iavail /many | tail -1')));
    assert.ok(disks.some(({ mount }) => mount === '/'));
    assert.ok(memory !== undefined && memory.total === 1024 * Number(await remote("awk '/MemTotal/ { print $2 }' /proc/meminfo")));
    assert.equal(load?.length, 3);
    assert.equal(cpus, Number(await remote('nproc')));
  });

  it('is warned of once, and again when it gets worse', async () => {
    const told = new Map(newlyFull(await reading(), new Map()).map(({ disk, level }) => [disk.mount, level]));
    assert.equal(told.get('/small'), 'filling');
    assert.equal(told.get('/many'), 'filling');
    assert.deepEqual(newlyFull(await reading(), told), []);
    await remote('sudo sh -c "head -c 900000 /dev/zero >/small/more; for i in \\$(seq 91 95); do : >/many/\\$i; done"');
    assert.deepEqual(
      newlyFull(await reading(), told).map(({ disk, level }) => [disk.mount, level]),
      [
        ['/small', 'full'],
        ['/many', 'full'],
      ],
    );
  });

  it('is explained: the folders that have the bytes, and those that have the files', async () => {
    const small = await upkeep.look(bed.machine, whatFills('/small'));
    assert.equal(small.folders[0]?.path, '/small/logs/old', 'the inner folder says where it is');
    assert.ok(small.folders[0].bytes > 7e6);
    assert.equal(small.partial, false);
    const many = await upkeep.look(bed.machine, whatFills('/many'));
    assert.deepEqual([many.folders[0]?.path, many.folders[0]?.files], ['/many/mail', 91]);
  });

  it('is mended: the journal is shortened, fetched packages go', async () => {
    await remote('sudo sh -c "apt-get update -qq >/dev/null; apt-get install -qq -y --download-only nginx-full >/dev/null"');
    assert.notEqual(await remote('ls /var/cache/apt/archives/*.deb | wc -l'), '0');
    await does(cleanPackages);
    assert.equal(await remote('ls /var/cache/apt/archives/*.deb 2>/dev/null | wc -l'), '0');
    await remote('sudo mkdir -p /var/log/journal && sudo systemctl restart systemd-journald && sudo journalctl --flush');
    await remote('head -c 60000000 /dev/urandom | base64 -w 40000 | sudo systemd-cat || true; sudo journalctl --sync');
    const { journal } = await upkeep.look(bed.machine, whatFills('/var/log'));
    assert.ok(journal > 48 * 1024 * 1024, String(journal));
    await does(vacuumJournal(16));
    assert.ok((await upkeep.look(bed.machine, whatFills('/var/log'))).journal < journal);
  });
});
