import assert from 'node:assert/strict';
import { moveDocker } from '../../../src/core/upkeep/disks/docker';
import { releaseDisk, useDisk } from '../../../src/core/upkeep/disks/tasks';
import { linesOf } from '../../../src/core/upkeep/task';
import { until } from '../practice-cloud/lab';
import { UpkeepBed } from './bed';
import { PracticeDisks } from './practiceDisks';

describe('a disk that is attached later', function () {
  this.timeout(120_000);
  let bed: UpkeepBed;
  let disks: PracticeDisks;
  let first: string;
  let second: string;

  before(async function () {
    this.timeout(600_000);
    bed = await UpkeepBed.start('disks', { machineImage: 'docker', devices: true });
    disks = new PracticeDisks(bed);
    first = await disks.attach(1_000);
    second = await disks.attach(320);
    await bed.remote(
      'sudo docker run -d --name web --init --restart always -v notes:/notes caddy:latest sh -c "date >>/notes/starts; sleep infinity"',
    );
  });

  after(async () => {
    await bed.stop();
    disks.dispose();
  });

  const use = (device: string, mount: string, format: 'ext4' | 'xfs' = 'ext4') => useDisk({ device, mount, format });
  const fstab = () => bed.remote('cat /etc/fstab');
  /** Lines that the container wrote into its volume, one at each start. */
  const startsOfWeb = async () => Number(await bed.remote('sudo docker exec web wc -l </dev/null /notes/starts | cut -d" " -f1'));
  const bytesOf = (device: string) => bed.remote(`sudo sha256sum ${device}`);
  const wiped = (device: string, ...script: string[]) => bed.remote(['set -e', `sudo wipefs -qa ${device}`, ...script].join('\n'));

  it('is formatted when it is blank, with room for as many files as asked, and mounted by UUID', async () => {
    const plan = await bed.does(useDisk({ device: first, mount: '/data', format: 'ext4', inodes: 100_000 }));
    assert.deepEqual(linesOf(plan).slice(-3), [
      `makes a file system on ${first}: ext4 for 100000 files, 1000 MiB; it is blank now`,
      `mounts ${first} at /data`,
      'writes it into /etc/fstab by its UUID: it is mounted at every start',
    ]);
    assert.equal(await bed.remote('findmnt -no SOURCE,FSTYPE /data | tr -s " "'), `${first} ext4`);
    const inodes = Number(await bed.remote('stat -f -c %c /data'));
    assert.ok(inodes >= 100_000 && inodes < 105_000, String(inodes));
    const uuid = await bed.remote(`sudo blkid -p -s UUID -o value ${first}`);
    assert.match(await fstab(), new RegExp(`^UUID=${uuid} /data ext4 defaults,nofail 0 2$`, 'm'));
  });

  it('is mounted again by what a start of the machine reads', async () => {
    await bed.remote('sudo sh -c "echo kept >/data/file; umount /data; mount -a"; cat /data/file');
    // systemd reads no disks from fstab where /sys is read-only, as in a container: here it may
    const unit = await bed.remote(
      `sudo unshare -m sh -c 'mount -t tmpfs none /sys; d=$(mktemp -d); /lib/systemd/system-generators/systemd-fstab-generator $d $d $d; cat $d/data.mount; ls $d/local-fs.target.wants'`,
    );
    assert.match(unit, /^What=\/dev\/disk\/by-uuid\/[0-9a-f-]{36}$/m);
    assert.match(unit, /^data\.mount$/m);
  });

  it('is put into fstab where it was mounted by hand only', async () => {
    await bed.remote("sudo sed -i '\\# /data #d' /etc/fstab");
    const plan = await bed.does(use(first, '/data'));
    assert.deepEqual(linesOf(plan), ['writes it into /etc/fstab by its UUID: it is mounted at every start']);
  });

  it('is refused, and stays as it is, when it holds what Skylab does not know', async () => {
    await bed.remote(`printf 'label: dos\\n,100M\\n' | sudo sfdisk -q --no-reread ${second}`);
    const before = await bytesOf(second);
    await bed.refuses(use(second, '/more'), 'NotBlank');
    await wiped(second, `sudo mkswap -q ${second}`);
    await bed.refuses(use(second, '/more'), 'NotBlank');
    assert.notEqual(await bytesOf(second), before);
    assert.doesNotMatch(await fstab(), /more/);
  });

  it('is refused a place that is taken: by another disk, by files, by a line of fstab', async () => {
    await wiped(second);
    await bed.refuses(use(second, '/data'), 'MountTaken');
    await bed.refuses(use(second, '/etc/ssh'), 'MountTaken');
    await bed.remote("echo 'UUID=1-2-3 /gone ext4 defaults,nofail 0 2' | sudo tee -a /etc/fstab");
    await bed.refuses(use(second, '/gone'), 'InFstab');
    await bed.remote("sudo sed -i '\\# /gone #d' /etc/fstab");
  });

  it('that cannot be mounted leaves fstab as it was', async () => {
    await wiped(
      second,
      `sudo mkfs.ext4 -q ${second}`,
      `sudo dd if=/dev/urandom of=${second} bs=1024 seek=2 count=8 conv=notrunc status=none`,
    );
    const before = await fstab();
    assert.match((await bed.fails(use(second, '/more'))).message, /mount/);
    assert.equal(await fstab(), before);
    assert.notEqual((await bed.bed.ssh('mountpoint -q /more')).code, 0);
  });

  it('is unmounted again where fstab cannot be written', async () => {
    await wiped(second, `sudo mkfs.ext4 -q ${second}`);
    await bed.remote('sudo mount --bind /etc/fstab /etc/fstab');
    const before = await fstab();
    assert.match((await bed.fails(use(second, '/more'))).message, /fstab/);
    await bed.remote('sudo umount /etc/fstab');
    assert.equal(await fstab(), before);
    assert.notEqual((await bed.bed.ssh('mountpoint -q /more')).code, 0);
  });

  it('keeps the file system that it has, until it is taken off again', async () => {
    await wiped(second, `sudo mkfs.ext4 -q -L old-results ${second}`);
    assert.equal(linesOf(await bed.does(use(second, '/more'))).length, 2);
    assert.equal(await bed.remote(`sudo blkid -p -s LABEL -o value ${second}`), 'old-results');
    await bed.remote(
      'sudo sh -c "echo mine >/more/file"; sudo systemd-run --quiet --unit=busy --property=WorkingDirectory=/more sleep infinity',
    );
    assert.match((await bed.fails(releaseDisk('/more'))).message, /busy/);
    assert.match(await fstab(), / \/more /, 'while it is in use it stays in fstab');
    await bed.remote('sudo systemctl stop busy');
    await bed.does(releaseDisk('/more'));
    assert.doesNotMatch(await fstab(), /more/);
    assert.equal(await bed.remote(`sudo mount ${second} /mnt && cat /mnt/file; sudo umount /mnt`), 'mine');
  });

  it('becomes xfs where that is asked for', async () => {
    await wiped(second);
    await bed.does(use(second, '/more', 'xfs'));
    assert.equal(await bed.remote('findmnt -no FSTYPE /more'), 'xfs');
  });

  it('does not take Docker’s data where another machine’s are: those stay', async () => {
    await bed.remote('sudo mkdir /data/docker && echo precious | sudo tee /data/docker/theirs');
    await bed.refuses(moveDocker('/data'), 'FolderTaken');
    await bed.remote('sudo rm -r /data/docker');
    // it comes between the look and the copy
    const late = { ...moveDocker('/data'), look: { ...moveDocker('/data').look, argv: moveDocker('/elsewhere').look.argv } };
    await bed.remote('sudo mkdir /data/docker && echo precious | sudo tee /data/docker/theirs');
    assert.match((await bed.fails(late)).message, /not empty/);
    assert.equal(await bed.remote('sudo cat /data/docker/theirs; sudo rm -r /data/docker'), 'precious');
    assert.equal(await bed.remote("sudo docker inspect --format '{{.State.Running}}' web"), 'true');
  });

  it('gives Docker’s data back where Docker does not start with them', async () => {
    await bed.remote(
      `sudo mkdir /etc/systemd/system/docker.service.d && printf '[Service]\\nExecStartPre=sh -c "! grep -q data-root /etc/docker/daemon.json"\\n' | sudo tee /etc/systemd/system/docker.service.d/no.conf; sudo systemctl daemon-reload`,
    );
    await bed.fails(moveDocker('/data'));
    assert.equal(
      await bed.remote("sudo docker info --format '{{.DockerRootDir}}'; ls /etc/docker /data"),
      '/var/lib/docker\n/data:\nfile\nlost+found\n\n/etc/docker:',
    );
    assert.equal(await bed.remote("sudo docker inspect --format '{{.State.Running}}' web"), 'true');
    await bed.remote('sudo rm -r /etc/systemd/system/docker.service.d; sudo systemctl daemon-reload');
  });

  it('takes Docker’s data: images, volumes and containers are there afterwards', async () => {
    await bed.remote(`echo '{"log-driver": "local"}' | sudo tee /etc/docker/daemon.json`);
    const starts = await startsOfWeb();
    await bed.does(moveDocker('/data'));
    assert.equal(await bed.remote("sudo docker info --format '{{.DockerRootDir}} {{.LoggingDriver}}'"), '/data/docker local');
    assert.equal(await bed.remote("sudo docker inspect --format '{{.State.Running}}' web"), 'true');
    await until(30, 'its next start', async () => (await startsOfWeb()) > starts || undefined);
    assert.equal(
      await bed.remote('sudo ls -d /var/lib/docker/volumes/notes /data/docker/volumes/notes'),
      '/data/docker/volumes/notes\n/var/lib/docker/volumes/notes',
    );
    assert.equal(await bed.remote('sudo docker run --rm caddy:latest echo runs'), 'runs');
    await bed.refuses(releaseDisk('/data'), 'DiskInUse');
  });

  it('takes the images too where containerd keeps them for Docker', async () => {
    // overlays need a real file system below: the disk is one
    await bed.remote(`sudo systemctl stop docker.socket docker containerd
sudo mkdir /more/images; echo 'root = "/more/images"' | sudo tee /etc/containerd/config.toml
echo '{"data-root": "/data/docker", "features": {"containerd-snapshotter": true}}' | sudo tee /etc/docker/daemon.json; sudo systemctl start docker`);
    await bed.remote('sudo docker run -d --name newer --init --restart always caddy:latest sleep infinity');
    await bed.does(moveDocker('/data'));
    assert.equal(
      await bed.remote(
        'sudo containerd config dump | sed -n "s,^root = .\\(.*\\).$,\\1,p"; sudo docker inspect --format \'{{.State.Running}}\' newer',
      ),
      '/data/containerd\ntrue',
    );
    await bed.remote('sudo rm -r /more/images');
    assert.equal(await bed.remote('sudo docker run --rm caddy:latest echo runs'), 'runs');
  });
});
