import type { Expiry } from '../../../shared/launchMore';

/**
 * Shell commands that arm a machine's end, for cloud-init's `bootcmd`: they run before any other set-up, at every boot.
 * @param launchedAt milliseconds since the epoch, from which hours count
 */
export function expiryBootCommands(expiry: Expiry, launchedAt: number): readonly string[] {
  const due = expiry.at === undefined ? launchedAt + (expiry.hours ?? 0) * 3_600_000 : Date.parse(expiry.at);
  return [`shutdown -P +${Math.max(1, Math.round((due - launchedAt) / 60_000))}`];
}
