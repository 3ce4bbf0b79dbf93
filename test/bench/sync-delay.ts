import { UploadBench, delayed } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';

/** Milliseconds added to each direction, 50 for the way there and back. */
const DELAY = 25;

/** The three cases of syncing 10,000 files of 2 KiB, over a line with 50 ms more of round trip, against `rsync -a`; logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  const far = await delayed(line.sshd.port, DELAY);
  try {
    const root = line.fill(10_000, 2048);
    const away = async (act: (name: string) => Promise<number>): Promise<number> => {
      const name = line.next();
      const ms = await act(name);
      line.drop(name);
      return ms;
    };
    const first = await interleave(
      3,
      () => away((name) => line.sync(root, name, far.port)),
      () => away((name) => line.rsync(root, name, far.port)),
    );
    await line.sync(root, 'ours');
    await line.rsync(root, 'theirs');
    const unchanged = await interleave(
      5,
      () => line.sync(root, 'ours', far.port),
      () => line.rsync(root, 'theirs', far.port),
    );
    const changed = await interleave(
      5,
      (round) => {
        line.change(root, 10_000, 100, round);
        return line.sync(root, 'ours', far.port);
      },
      (round) => {
        line.change(root, 10_000, 100, round);
        return line.rsync(root, 'theirs', far.port);
      },
    );
    const cases = Object.entries({ first, unchanged, changed }).map(([name, { ours, peer }]) => ({ name, ours, peer, ratio: ours / peer }));
    const worst = cases.reduce((a, b) => (b.ratio > a.ratio ? b : a));
    const extra = Object.fromEntries(
      cases.flatMap(({ name, ours, peer, ratio }) => [
        [`${name}Ms`, Math.round(ours)],
        [`${name}PeerMs`, Math.round(peer)],
        [`${name}Ratio`, Math.round(ratio * 1000) / 1000],
      ]),
    );
    const { ours, peer } = worst;
    return result({ bench: 'sync-delay', unit: 'ms', ours, peer, peerName: `rsync -a (${worst.name})`, limit: 1.2, ...extra });
  } finally {
    await far.stop();
    await line.stop();
  }
}
