import assert from 'node:assert/strict';
import { SkylabError } from '../../../../src/core/errors';
import type { MachineFacts } from '../../../../src/core/deploy/facts';
import { parseOsRelease } from '../../../../src/core/deploy/facts';
import {
  InstallProgress,
  chooseAptPackages,
  installDocker,
  packageFamily,
  parseAptPolicy,
} from '../../../../src/core/deploy/installDocker';
import { compareVersions } from '../../../../src/core/deploy/versions';
import type { RemoteCommand } from '../../../../src/core/remote/command';
import { commandLine } from '../../../../src/core/remote/command';
import type { RemoteSession } from '../../../../src/core/remote/session';
import { debian } from './support';

/** What apt-cache policy prints. */
const policy = (known: Record<string, { installed?: string; candidate?: string }>) =>
  Object.entries(known)
    .map(
      ([name, { installed = '(none)', candidate = '(none)' }]) =>
        `${name}:\n  Installed: ${installed}\n  Candidate: ${candidate}\n  Version table:\n     ${candidate} 500\n`,
    )
    .join('');

const osOf = (text: string) => parseOsRelease(text);
const systems = {
  debian12: osOf('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'),
  debian13: debian.os,
  ubuntu: osOf(
    'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n',
  ),
  mint: osOf('ID=linuxmint\nID_LIKE="ubuntu debian"\nUBUNTU_CODENAME=noble\nVERSION_CODENAME=wilma\n'),
  amazon: osOf('ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"\n'),
  rocky: osOf('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'),
  fedora: osOf('ID=fedora\nVERSION_ID=42\n'),
  alpine: osOf('ID=alpine\nPRETTY_NAME="Alpine Linux v3.20"\n'),
};

/** Records the command lines; answers `apt-cache policy` from what the distribution has. */
async function commandsOn(facts: Partial<MachineFacts>, policies: string[] = []): Promise<string[]> {
  const lines: string[] = [];
  const session = {
    user: 'admin',
    run: async (command: RemoteCommand<unknown>) => {
      lines.push(commandLine(command));
      const said = command.argv.includes('policy') ? (policies.shift() ?? '') : '';
      return command.parse ? command.parse(said, 0) : said;
    },
  } as unknown as RemoteSession;
  await installDocker(session, { ...debian, ...facts }, { report: () => undefined, missing: true });
  return lines;
}

const install = (lines: readonly string[]) =>
  lines.map((line) => /(?:apt-get|dnf|amazon-linux-extras) .*install\b.*$/.exec(line)?.[0] ?? '').filter(Boolean);

describe('installing Docker', () => {
  it('takes the distribution’s own packages on Debian 13, without a question', async () => {
    const lines = await commandsOn({}, [
      policy({ 'docker.io': { candidate: '26.1.5' }, 'docker-cli': { candidate: '26.1.5' }, 'docker-compose': { candidate: '2.26.1-4' } }),
    ]);
    assert.ok(
      lines.every((line) => line.startsWith('sudo -n -- ') || line.includes('apt-cache')),
      lines.join('\n'),
    );
    const [words = ''] = install(lines);
    assert.match(
      words,
      /DPkg::Lock::Timeout=300.*install --yes --no-install-recommends ca-certificates docker\.io docker-cli docker-compose$/,
    );
    assert.ok(lines.some((line) => line.includes('DEBIAN_FRONTEND=noninteractive')));
    assert.equal(lines.at(-1), 'sudo -n -- usermod --append --groups docker admin');
  });

  it('takes Compose v2 on Ubuntu', async () => {
    const lines = await commandsOn({ os: systems.ubuntu, curl: false }, [
      policy({
        'docker.io': { candidate: '27.5' },
        'docker-compose': { candidate: '1.29.2-6' },
        'docker-compose-v2': { candidate: '2.33.0' },
      }),
    ]);
    assert.match(install(lines)[0] ?? '', /ca-certificates curl docker\.io docker-compose-v2$/);
  });

  it('takes Docker’s own repository where the distribution has Compose 1 only', async () => {
    const old = policy({ 'docker.io': { candidate: '20.10.24' }, 'docker-compose': { candidate: '1.29.2-3' } });
    const upstream = `${old}${policy({ 'docker-ce': { candidate: '5:28.0' }, 'docker-compose-plugin': { candidate: '2.40' } })}`;
    const lines = await commandsOn({ os: systems.debian12 }, [old, upstream]);
    assert.ok(lines.some((line) => line.includes('download.docker.com/linux/$1/gpg') && line.endsWith('repository debian bookworm')));
    assert.match(install(lines).at(-1) ?? '', /docker-ce docker-ce-cli containerd\.io docker-compose-plugin$/);
    const mint = await commandsOn({ os: systems.mint }, [old, upstream]);
    assert.ok(mint.some((line) => line.endsWith('repository ubuntu noble')));
  });

  it('adds only the plugin to a Docker that is there', () => {
    const facts = { dockerVersion: 'Docker version 28', curl: true };
    const upstream = parseAptPolicy(
      policy({ 'docker-ce': { installed: '28', candidate: '28' }, 'docker-compose-plugin': { candidate: '2.40' } }),
    );
    assert.deepEqual(chooseAptPackages(upstream, facts), ['ca-certificates', 'docker-compose-plugin']);
    const distribution = parseAptPolicy(
      policy({
        'docker.io': { installed: '26', candidate: '26' },
        'docker-compose': { candidate: '2.26' },
        'docker-buildx': { candidate: '0.13' },
      }),
    );
    assert.deepEqual(chooseAptPackages(distribution, facts, true), ['ca-certificates', 'docker-compose', 'docker-buildx']);
  });

  it('takes Amazon’s Docker and the checked Compose binary on Amazon Linux', async () => {
    const lines = await commandsOn({ os: systems.amazon });
    assert.deepEqual(install(lines), ['dnf --assumeyes install docker']);
    assert.ok(lines.some((line) => line.includes('sha256sum -c') && line.includes('/usr/local/lib/docker/cli-plugins/docker-compose')));
  });

  it('takes Docker’s own repository on the Red Hat family', async () => {
    const lines = await commandsOn({ os: systems.rocky });
    assert.ok(lines.some((line) => line.includes('download.docker.com/linux/centos/docker-ce.repo')));
    assert.match(install(lines)[0] ?? '', /docker-ce docker-ce-cli containerd\.io docker-buildx-plugin docker-compose-plugin$/);
    assert.ok((await commandsOn({ os: systems.fedora })).some((line) => line.includes('linux/fedora/')));
  });

  it('says so on a system that it does not know, and without the right to install', async () => {
    assert.equal(packageFamily(systems.alpine), undefined);
    await assert.rejects(
      commandsOn({ os: systems.alpine }),
      (error) => error instanceof SkylabError && error.code === 'DockerUnsupported' && /Alpine Linux v3\.20/.test(error.message),
    );
    await assert.rejects(commandsOn({ root: false }), (error) => error instanceof SkylabError && error.code === 'NoRoot');
  });

  it('tells what is being installed, with a count', () => {
    const said: string[] = [];
    const progress = new InstallProgress((detail, fraction) => said.push(`${detail} ${fraction ?? ''}`.trim()));
    progress.onOutput(
      '0 upgraded, 2 newly installed, 0 to remove\nGet:1 http://mirror trixie/main amd64 docker.io amd64 26.1 [1 MB]\nSetting up run',
    );
    progress.onOutput('c (1.1) ...\nSetting up docker.io (26.1) ...\n');
    assert.deepEqual(
      said,
      ['downloading amd64', 'installing runc (1/2) 0.5', 'installing docker.io (2/2) 1'].map((line, index) =>
        index === 0 ? 'downloading docker.io' : line,
      ),
    );
  });

  it('compares versions by their numbers', () => {
    assert.ok(compareVersions('2.9.0', '2.26.1-4') < 0);
    assert.ok(compareVersions('v2.40.3', '2.1.1') > 0);
    assert.equal(compareVersions('5:2.1.1~ds1', '2.1.1'), 0);
  });
});
