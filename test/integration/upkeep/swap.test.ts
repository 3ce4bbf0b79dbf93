import assert from 'node:assert/strict';
import { setSwap } from '../../../src/core/upkeep/system/limits';
import { UpkeepBed } from './bed';
import { PracticeDisks } from './practiceDisks';

describe('a swap file', function () {
  this.timeout(120_000);
  let bed: UpkeepBed;
  let disks: PracticeDisks;

  before(async function () {
    this.timeout(600_000);
    bed = await UpkeepBed.start('swaps', { devices: true });
    disks = new PracticeDisks(bed);
    const disk = await disks.attach(2_600);
    // the kernel takes no swap files from an overlay, as a container's root is one: from now on logins see an ext4 as their root
    await bed.remote(`sudo sh -euc '
apt-get update -qq; apt-get install -qq -y e2fsprogs >/dev/null
mkfs.ext4 -q ${disk}; mkdir /newroot; mount ${disk} /newroot; cd /newroot
for place in usr etc var run dev proc sys home root tmp; do mkdir $place; mount --rbind /$place $place; done
cp -a /bin /sbin /lib* .
cat >/etc/ssh/sshd_config.d/50-root.conf <<EOS
Match User admin
  ForceCommand sudo chroot /newroot su admin -c "\\$SSH_ORIGINAL_COMMAND"
EOS
systemctl reload ssh'`);
    bed.bed.access.release(bed.bed.machine);
  });

  after(async () => {
    // the swap file would be the whole computer's
    await bed.bed.ssh('sudo swapoff /swapfile');
    await bed.stop();
    disks.dispose();
  });

  const inUse = () => bed.remote('swapon --show=NAME,SIZE --noheadings');

  it('is made, used, and found again by what a start of the machine reads', async () => {
    const fstab = await bed.remote('cat /etc/fstab');
    await bed.does(setSwap(1));
    assert.equal(await inUse(), '/swapfile 1024M');
    assert.equal(await bed.remote('stat -c "%a %U" /swapfile'), '600 root');
    assert.equal(await bed.remote('cat /etc/fstab'), `${fstab}\n/swapfile none swap sw,nofail 0 0`);
    await bed.remote('sudo swapoff /swapfile && sudo swapon --all');
    assert.equal(await inUse(), '/swapfile 1024M');
  });

  it('is neither replaced by one of another size nor larger than the disk', async () => {
    await bed.refuses(setSwap(2), 'SwapThere');
    await bed.does(setSwap(0));
    await bed.refuses(setSwap(2), 'DiskFull');
  });

  it('is gone with its line when it is taken away', async () => {
    assert.equal(await inUse(), '');
    assert.equal(await bed.remote('grep swap /etc/fstab; ls /swapfile 2>/dev/null; true'), '');
  });
});
