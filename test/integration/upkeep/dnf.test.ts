import assert from 'node:assert/strict';
import { addPackages, upgradePackages } from '../../../src/core/upkeep/packages/tasks';
import { linesOf } from '../../../src/core/upkeep/task';
import { UpkeepBed } from './bed';

/** Debian's own dnf, with a repository of the machine's: what is asked of dnf is right, whatever else differs on Red Hat's systems. */
describe('packages where dnf keeps them', function () {
  this.timeout(120_000);
  let bed: UpkeepBed;

  before(async function () {
    this.timeout(600_000);
    bed = await UpkeepBed.start('dnf');
    await bed.remote(`sudo sh -euc '
apt-get update -qq; apt-get install -qq -y --no-install-recommends dnf createrepo-c rpm >/dev/null
mkdir -p /srv/repo /etc/yum.repos.d; cd /srv/repo
printf "[lab]\\nname=lab\\nbaseurl=file:///srv/repo\\ngpgcheck=0\\nmetadata_expire=0\\n" >/etc/yum.repos.d/lab.repo
rm /etc/os-release; printf "ID=rocky\\nID_LIKE=\\"rhel fedora\\"\\nVERSION_ID=10.0\\nPRETTY_NAME=\\"Rocky Linux 10\\"\\n" >/etc/os-release
[ -e /usr/bin/yum ] || ln -s dnf /usr/bin/yum
mv /usr/bin/apt-get /usr/bin/apt-get.away'`);
    await publish('1.0');
  });

  after(() => bed.stop());

  const publish = (version: string) =>
    bed.remote(`sudo sh -euc 'cd /srv/repo
printf "Name: lab-tool\\nVersion: ${version}\\nRelease: 1\\nSummary: a tool\\nLicense: MIT\\nBuildArch: noarch\\n%%description\\nA tool.\\n%%install\\nmkdir -p %%{buildroot}/usr/share/lab\\necho ${version} >%%{buildroot}/usr/share/lab/version\\n%%files\\n/usr/share/lab/version\\n" >lab.spec
rpmbuild --quiet --define "_rpmdir /srv/repo" -bb lab.spec >/dev/null 2>&1; createrepo_c -q .'`);

  it('are installed, and there is nothing to do a second time', async () => {
    assert.deepEqual(linesOf(await bed.does(addPackages(['lab-tool']))), ['installs lab-tool']);
    assert.equal(await bed.remote('cat /usr/share/lab/version'), '1.0');
  });

  it('are upgraded, each told once with its new version', async () => {
    assert.equal((await bed.proposed(upgradePackages)).acts.length, 0);
    await publish('2.0');
    const plan = await bed.does(upgradePackages);
    assert.deepEqual(plan.notes, ['lab-tool 2.0-1']);
    assert.deepEqual(linesOf(plan), ['upgrades 1 package: lab-tool']);
    assert.equal(await bed.remote('cat /usr/share/lab/version'), '2.0');
  });
});
