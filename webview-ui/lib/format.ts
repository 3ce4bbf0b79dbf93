import type { FormInstanceType } from '../../src/shared/messages';

/** A time span for a list of steps: `0.4 s`, `12 s`, `3 min 5 s`. @param ms milliseconds */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Made once: `toLocaleString` makes one at each call, which a list of 1,373 sizes feels. */
const grouped = new Intl.NumberFormat('en-US');

/** Memory as clouds state it: `512 MiB`, `1 GiB`, `7.5 GiB`. */
export function memory(mib: number): string {
  return mib < 1024 ? `${mib} MiB` : `${grouped.format(Number((mib / 1024).toFixed(1)))} GiB`;
}

/** `2 vCPU · 4 GiB` */
export function capacity(type: Pick<FormInstanceType, 'vcpus' | 'memoryMiB'>): string {
  return `${type.vcpus} vCPU · ${memory(type.memoryMiB)}`;
}

/** `1 machine`, `3 machines`: regular plurals only. */
export function count(n: number, noun: string): string {
  return `${grouped.format(n)} ${noun}${n === 1 ? '' : 's'}`;
}
