import assert from 'node:assert/strict';
import { deployApp } from '../../../src/core/apps/deploy';
import type { Plan } from '../../../src/core/upkeep/task';
import { linesOf } from '../../../src/core/upkeep/task';
import { AppBed, plainFolder } from './bed';

const GIT = 'ssh://admin@127.0.0.1:2222/srv/git/site.git';

describe('an application from a private repository', function () {
  this.timeout(300_000);
  let bed: AppBed;
  let key: string;
  let print: string;

  /** Runs a git server over SSH, which lets in whoever has the deploy key, to read this repository only. @returns its fingerprint */
  const serve = async (name: string): Promise<string> =>
    bed.remote(`set -e; cd /srv/git
[ ! -e /run/git-sshd.pid ] || { sudo kill "$(cat /run/git-sshd.pid)"; while sudo test -e /run/git-sshd.pid; do sleep 0.1; done; }
[ -e ${name} ] || ssh-keygen -q -t ed25519 -N '' -f ${name}
sudo /usr/sbin/sshd -f /dev/null -p 2222 -o ListenAddress=127.0.0.1 -o UsePAM=yes -o StrictModes=no -o PidFile=/run/git-sshd.pid \\
  -o AuthorizedKeysFile=/srv/git/readers -h "$PWD/${name}"
ssh-keygen -lf ${name}.pub | cut -d' ' -f2`);
  const proposed = async (given: string, hostKey = ''): Promise<Plan> =>
    (await bed.upkeep.propose(bed.bed.machine, deployApp(plainFolder({ git: GIT, hostKey }), given))).plan;

  before(async function () {
    this.timeout(300_000);
    bed = await AppBed.start('source', 'plain-site');
    key = `${await bed.remote(`cd /srv/git; ssh-keygen -q -t ed25519 -N '' -f reader
printf 'restrict,command="git-upload-pack /srv/git/site.git" ' >readers; cat reader.pub >>readers; cat reader`)}\n`;
    print = await serve('first_key');
  });
  after(async () => bed.stop());

  it('is refused where the deploy key is not the right one, and nothing is kept of the attempt', async () => {
    const other = `${await bed.remote("ssh-keygen -q -t ed25519 -N '' -f other; cat other")}\n`;
    await assert.rejects(proposed(other), { code: 'GitFailed', message: /cannot fetch ssh:.*Permission denied/ });
    assert.equal(await bed.remote('ls -d /srv/www/plain 2>/dev/null; ls -d /tmp/tmp.* 2>/dev/null; true'), '');
  });

  it('shows the host key of its server before the first time, and fetches with the deploy key when that is agreed to', async () => {
    const plan = await proposed(key);
    assert.match(
      (plan.notes ?? []).join('\n'),
      new RegExp(`\\[127\\.0\\.0\\.1\\]:2222 shows the key ${quoted(print)} \\(ED25519\\) for the first time`),
    );
    assert.match(linesOf(plan).join('\n'), new RegExp(`writes down the key of \\[127\\.0\\.0\\.1\\]:2222: ${quoted(print)}`));
    await bed.does(deployApp(plainFolder({ git: GIT }), key));
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one' });
    assert.equal((await proposed(key)).acts.length, 0);
    assert.equal(
      await bed.remote(
        'sudo stat -c "%U %a" /srv/www/plain/known_hosts; sudo ssh-keygen -lf /srv/www/plain/known_hosts | cut -d" " -f2; sudo ls /srv/www/plain/home/.ssh',
      ),
      `root 644\n${print}\ndeploy_key`,
    );
  });

  it('is not fetched from a server that shows another key than before, until the person names that key', async () => {
    const head = await bed.commit('Two', 'sed -i s/one/two/ hello.py');
    assert.match((await proposed(key)).notes?.join('\n') ?? '', /shows the key that is known of it: SHA256/);
    const proposal = await bed.upkeep.propose(bed.bed.machine, deployApp(plainFolder({ git: GIT }), key));
    const changed = await serve('second_key');
    await assert.rejects(proposed(key), {
      code: 'HostKeyChanged',
      message: `[127.0.0.1]:2222 shows another key than before: ${changed} (ED25519). Nothing was fetched.`,
    });
    // The proposal was made while the server was the right one.
    const operation = bed.upkeep.start(proposal);
    assert.equal((await operation.outcome).kind, 'failed');
    await assert.rejects(proposed(key, print), { code: 'HostKeyChanged', message: /which is not the one at source\.hostKey/ });
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version one' });
    assert.match((await proposed(key, changed)).notes?.join('\n') ?? '', /shows the key that source\.hostKey names/);
    await bed.does(deployApp(plainFolder({ git: GIT, hostKey: changed }), key));
    assert.deepEqual(await bed.ask(), { status: 200, body: 'version two' });
    assert.equal(await bed.remote(`sudo grep -c ${head} /srv/www/plain/current/.skylab-release.json`), '1');
  });

  it('says so where no git server answers', async () => {
    await bed.remote('sudo kill "$(cat /run/git-sshd.pid)"');
    await assert.rejects(proposed(key), {
      code: 'GitFailed',
      message: /cannot fetch ssh:\S+: ssh: connect to host 127\.0\.0\.1 port 2222: Connection refused/,
    });
  });
});

const quoted = (text: string): string => text.replaceAll(/[.+/[\]]/g, '\\$&');
