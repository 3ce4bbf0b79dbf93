import type { PortAnswer } from '../cloud/life/reach';
import type { PortProbe } from '../cloud/life/reachCheck';

const AT_ONCE = 16;

/** Knocks at a machine's own ports from this computer, several at once. */
export async function scan(
  probe: PortProbe,
  host: string,
  ports: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, PortAnswer>> {
  const answers = new Map<number, PortAnswer>();
  const left = [...ports];
  const next = async (): Promise<void> => {
    for (let port = left.shift(); port !== undefined; port = left.shift()) answers.set(port, await probe.knock(host, port, signal));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ports.length) }, next));
  return answers;
}
