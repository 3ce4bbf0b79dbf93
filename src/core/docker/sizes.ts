const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Bytes of what Docker writes as `132.1MB` or `0B (virtual 132MB)`; undefined for `N/A`. */
export function parseSize(text: string): number | undefined {
  const match = /^\s*([\d.]+)\s*([kKMGT]?i?B)\b/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}
