import { FileHostEntryStore } from '../../../src/adapters/files/hostEntryStore';
import { FileKnownHosts } from '../../../src/adapters/files/knownHosts';
import { writeWhole } from '../../../src/adapters/files/atomic';
import type { SshAlias } from '../../../src/core/ssh/model';

/** A second window, as a process of its own: `writer entries HOME NAME COUNT`, or `writer forever FILE` until it is killed. */
async function main([what = '', place = '', name = '', count = '0']: string[]): Promise<void> {
  if (what === 'forever') {
    for (let i = 0; ; i++) {
      await writeWhole(place, `${String(i % 10)}\n`.repeat(100_000));
      if (i === 0) process.stdout.write('writing\n');
    }
  }
  for (let i = 0; i < Number(count); i++) {
    const alias = `${name}-${String(i)}` as SshAlias;
    await new FileHostEntryStore(place).upsert({ alias, hostName: '10.0.0.1', port: 22, user: 'admin', hostKeyAlias: alias });
    await new FileKnownHosts(place).trust(alias, [
      { type: 'ssh-ed25519', blob: 'AAAAC3NzaC1lZDI1NTE5AAAAIAqbnUhPPPE/ozWqCKUqOKhvaUoN58WaSDaO45iqDV0p' },
    ]);
  }
}

void main(process.argv.slice(2));
