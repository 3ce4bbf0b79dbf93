// Other versions of OpenSSH than this machine's own: Debian releases as folders, whose ssh and sshd tests run inside a chroot.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, exclusively } from './cache.mjs';
import { aptInstall, asRoot, command, must, run } from './packages.mjs';

/** From the oldest release that Debian's mirrors still carry to the one in the making: OpenSSH 8.4, 10.0 and newer. */
const SUITES = ['bullseye', 'trixie', 'sid'];
/** With fewer the word "several" would not be true. */
const AT_LEAST = 2;

/**
 * Makes the folders that are missing, each once (about a minute).
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<{suite: string, root: string, version: string}[]>} `version` as `ssh -V` says it, such as 8.4p1
 */
export async function ensureOpenSshVersions({ say }) {
  const found = [];
  const refused = [];
  for (const suite of SUITES) {
    try {
      found.push(await exclusively(`openssh-${suite}`, () => ensure(suite, say)));
    } catch (error) {
      // A release leaves the mirrors some day, and the one in the making is broken on some.
      refused.push(`${suite}: ${error.message}`);
      say(`OpenSSH of Debian ${suite} is not to be had: ${error.message.split('\n').at(-1)}`);
    }
  }
  if (found.length < AT_LEAST) throw new Error(`Too few versions of OpenSSH can be had. ${refused.join('; ')}`);
  return found;
}

async function ensure(suite, say) {
  const root = join(cacheDir('openssh'), suite);
  const noted = `${root}.version`;
  if (!existsSync(noted)) {
    await make(suite, root, say);
    const { stderr } = await run(...command(asRoot(['chroot', root, 'ssh', '-V'])));
    const version = /OpenSSH_(\S+)/.exec(stderr)?.[1];
    if (!version) throw new Error(`ssh -V in ${root} says: ${stderr.trim()}`);
    writeFileSync(noted, version);
  }
  return { suite, root, version: readFileSync(noted, 'utf8') };
}

async function make(suite, root, say) {
  say(`unpacking OpenSSH of Debian ${suite} with debootstrap (about a minute)`);
  await aptInstall(['debootstrap', 'debian-archive-keyring'], say);
  const partial = `${root}.partial`;
  await must(...command(asRoot(['rm', '-rf', partial, root])));
  const include = '--include=openssh-server,openssh-client,openssh-sftp-server,rsync';
  await must(...command(asRoot(['debootstrap', '--variant=minbase', include, suite, partial])));
  await must(
    ...command(asRoot(['sh', '-c', 'rm -rf "$1"/var/cache/apt/archives "$1"/usr/share/doc "$1"/usr/share/locale', 'sh', partial])),
  );
  renameSync(partial, root);
}
