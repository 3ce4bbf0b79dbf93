// Programs that tests ask whether Skylab's output is right: Caddy, systemd's unit checker, git's ignore rules, a SOCKS client, what health checks run with; peers of
// benchmarks; and what a machine's disks are made with.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheDir } from './cache.mjs';
import { aptInstall, aptUnpack, run } from './packages.mjs';

/**
 * Finds or installs them. Caddy's package is only unpacked, since installing it would start a web server on port 80.
 * @param {{say: (line: string) => void}} options
 * @returns {Promise<string>} the PATH on which all of them are
 */
export async function ensureTools({ say }) {
  const path = process.env.PATH ?? '';
  const missing = [];
  for (const [program, packageName] of [
    ['systemd-analyze', 'systemd'],
    ['curl', 'curl'],
    ['wget', 'wget'],
    ['git', 'git'],
    ['rsync', 'rsync'],
    ['ss', 'iproute2'],
    ['mkfs.xfs', 'xfsprogs'],
  ]) {
    if (!onPath(program, `${path}${delimiter}/usr/sbin`)) missing.push(packageName);
  }
  if (missing.length > 0) await aptInstall(missing, say);
  if (onPath('caddy', path)) return path;
  const dir = cacheDir('caddy');
  const bin = join(dir, 'usr/bin');
  if (!existsSync(join(bin, 'caddy'))) await aptUnpack('caddy', dir, say);
  const { code, stderr } = await run(join(bin, 'caddy'), ['version']);
  if (code !== 0) throw new Error(`Caddy was unpacked and does not run: ${stderr.trim()}`);
  return `${path}${delimiter}${bin}`;
}

const onPath = (program, path) => path.split(delimiter).some((dir) => dir !== '' && existsSync(join(dir, program)));
