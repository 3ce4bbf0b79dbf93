import type { RemoteCommand } from '../remote/command';
import type { MachineSize } from './fit';

/** What Docker has already counts as free: its images are there. */
const SCRIPT = `grep '^MemTotal:' /proc/meminfo 2>/dev/null
place=/var/lib/docker; [ -d "$place" ] || place=/var/lib; [ -d "$place" ] || place=/
echo "Free: $(df -P -k "$place" 2>/dev/null | tail -n 1 | awk '{print $4}')"
. /etc/os-release 2>/dev/null && echo "System: $ID"
exit 0`;

const KIB = 1024;

/** Asks for memory, free space where Docker keeps its data, and the system. What cannot be had is left out. */
export const machineSize: RemoteCommand<MachineSize> = {
  argv: ['sh', '-c', SCRIPT],
  what: 'ask for memory and disk',
  parse: parseMachineSize,
};

/** Reads what the script prints. */
export function parseMachineSize(text: string): MachineSize {
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found) * KIB;
  };
  const system = /^System: (\S+)$/m.exec(text)?.[1];
  return { memory: number(/^MemTotal:\s+(\d+) kB/m), free: number(/^Free: (\d+)$/m), ...(system === undefined ? {} : { system }) };
}
