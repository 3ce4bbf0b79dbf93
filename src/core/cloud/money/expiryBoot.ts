import { gzipSync } from 'node:zlib';
import type { Expiry } from '../../../shared/launchMore';
import { endOf, type MachineEnd } from './expiry';
import { END_SCRIPT, installEnd } from './expiryScript';

/**
 * Shell commands that arm a machine's end, for cloud-init's `bootcmd`: they run before any other set-up, at every boot, and leave alone
 * what was changed on the machine since. The script goes compressed, for user data has room for 16 KiB only.
 * @param launchedAt milliseconds since the epoch, from which hours count
 */
export function expiryBootCommands(expiry: Expiry, launchedAt: number): readonly string[] {
  const end = endOf(expiry, launchedAt);
  if (end === undefined) return [];
  const packed = gzipSync(installEnd, { level: 9 }).toString('base64').replace(/.{76}/g, '$&\n');
  return [
    `# Skylab: the script that ends this machine by itself\nbase64 -d <<'SKYLAB_END' | gzip -dc | sh\n${packed}\nSKYLAB_END\n`,
    `sh ${END_SCRIPT} arm ${endWords(end).join(' ')}`,
  ];
}

/** How the script on the machine takes an end; undefined calls it off. */
export function endWords(end: MachineEnd | undefined): readonly string[] {
  return [
    `due=${end?.due === undefined ? 0 : Math.round(end.due / 1000)}`,
    `idle=${end?.idleMinutes ?? 0}`,
    ...(end === undefined ? [] : [`action=${end.action}`]),
  ];
}
