import assert from 'node:assert/strict';
import type { Level, Reading } from '../../../../src/core/upkeep/monitor/reading';
import { loadLevel, newlyFull, takeReading } from '../../../../src/core/upkeep/monitor/reading';
import { diskRow, monitorRow, otherRows } from '../../../../src/ui/model/monitorRow';

const l10n = { t: (text: string, ...words: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(words[Number(index)])) };
const SAID = `blocks /dev/nvme0n1p1 8256952 7015416 802188 90% /
blocks tmpfs 401000 1000 400000 1% /run
blocks udev 1 0 1 0% /dev
blocks /dev/nvme1n1 1000000 1000 999000 1% /my data
blocks /dev/loop3 64000 64000 0 100% /snap/core
blocks overlay 8256952 7015416 802188 90% /var/lib/docker/overlay2/x/merged
blocks /dev/nvme0n1p1 8256952 7015416 802188 90% /srv/again
blocks none 100 0 100 0% /data
inodes /dev/nvme0n1p1 524288 100000 424288 20% /
inodes /dev/nvme1n1 1000 960 40 96% /my data
inodes none 0 0 0 - /data
MemTotal 1000000
MemAvailable 40000
SwapTotal 0
SwapFree 0
load 9.00 4.50 1.00
cpus 2
`;

describe('how a machine does', () => {
  const reading = takeReading.parse?.(SAID, 0) as Reading;

  it('is read without what belongs to the kernel, and each file system once', () => {
    assert.deepEqual(
      reading.disks.map(({ mount, percent, inodePercent }) => [mount, percent, inodePercent]),
      [
        ['/', 90, 20],
        ['/my data', 1, 96],
        ['/data', 0, undefined],
      ],
    );
    assert.equal(reading.swap, undefined);
  });

  it('is told by a word as well as by an icon', () => {
    const [root, data] = reading.disks;
    assert.ok(root && data);
    assert.deepEqual([diskRow(root, l10n).icon.id, diskRow(root, l10n).description], ['warning', 'filling up · 90 % used, 821 MB free']);
    assert.match(diskRow(data, l10n).description, /^nearly full · 1 % used, .* · 96 % of its files used, 40 left$/);
    const others = otherRows(reading, l10n);
    assert.match(others.get('memory')?.description ?? '', /^nearly full · 96 % used/);
    assert.match(others.get('load')?.description ?? '', /^busy · 9\.00 4\.50 1\.00 on 2 processors$/);
    assert.equal(monitorRow(reading, 0, l10n).description, '/ at 90 %, /my data at 96 %');
  });

  it('warns once at 85 and once at 95 percent, of space or of files', () => {
    const told = new Map<string, Level>();
    const warn = () => newlyFull(reading, told).map(({ disk, level }) => [disk.mount, level]);
    assert.deepEqual(warn(), [
      ['/', 'filling'],
      ['/my data', 'full'],
    ]);
    for (const [mount, level] of [
      ['/', 'filling'],
      ['/my data', 'full'],
    ] as const)
      told.set(mount, level);
    assert.deepEqual(warn(), []);
    const worse = { ...reading, disks: reading.disks.map((disk) => ({ ...disk, percent: 97 })) };
    assert.deepEqual(
      newlyFull(worse, told).map(({ disk }) => disk.mount),
      ['/', '/data'],
    );
  });

  it('is overloaded by what waits for each processor, not by its number', () => {
    assert.equal(loadLevel({ ...reading, load: [8, 8, 8], cpus: 16 }), 'well');
    assert.equal(loadLevel({ ...reading, load: [8, 8, 8], cpus: 2 }), 'full');
  });
});
