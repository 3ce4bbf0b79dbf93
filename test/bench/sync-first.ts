import { UploadBench } from '../integration/support/uploadBench';
import type { BenchResult } from './harness';
import { interleave, result } from './harness';
import { watched } from './watched';

/** 10,000 files of 2 KiB for the first time, over loopback, against `tar | ssh` and against `rsync -a`; logins included. */
export default async function bench(): Promise<BenchResult> {
  const line = await UploadBench.start();
  try {
    const root = line.fill(10_000, 2048);
    const watch = watched();
    const away = async (act: (name: string) => Promise<number>): Promise<number> => {
      const name = line.next();
      const ms = await act(name);
      line.drop(name);
      return ms;
    };
    const ours = () => away((name) => watch.run(() => line.sync(root, name)));
    const figures = await interleave(5, ours, () => line.tarOverSsh(root));
    const beside = await interleave(3, ours, () => away((name) => line.rsync(root, name)));
    const rsync = Math.round(beside.peer);
    const ofRsync = Math.round((beside.ours / beside.peer) * 1000) / 1000;
    const extra = { rsync, ofRsync, ofRsyncLimit: 1, ofRsyncOk: ofRsync < 1, ...watch.figures() };
    return result({ bench: 'sync-first', unit: 'ms', ...figures, peerName: 'tar | ssh', limit: 1.2, ...extra });
  } finally {
    await line.stop();
  }
}
