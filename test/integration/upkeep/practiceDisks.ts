import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRoot } from '../../setup/packages.mjs';
import type { UpkeepBed } from './bed';

/** Disks of a practice machine: files of this computer that the kernel shows as disks. The machine's cloud has `devices`. */
export class PracticeDisks {
  readonly #folder = mkdtempSync(join(tmpdir(), 'skylab-practice-disks-'));
  readonly #devices: string[] = [];

  constructor(private readonly bed: UpkeepBed) {}

  /** @returns the path of a blank disk */
  async attach(megabytes: number): Promise<string> {
    const file = join(this.#folder, `${this.#devices.length}.img`);
    root('truncate', '-s', `${megabytes}M`, file);
    const device = root('losetup', '-f', '--show', file);
    this.#devices.push(device);
    await this.show();
    return device;
  }

  /** What kernel and udev do of themselves on a real machine, now and after each start. */
  async show(): Promise<void> {
    for (const device of this.#devices)
      await this.bed.remote(`[ -b ${device} ] || sudo mknod -m 0660 ${device} b 7 ${device.replace('/dev/loop', '')}`);
  }

  /** After the machine is gone. */
  dispose(): void {
    for (const device of this.#devices.splice(0)) root('losetup', '-d', device);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function root(...command: string[]): string {
  const [program = '', ...args] = asRoot(command);
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
