/** See results.mjs. */
interface End {
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  seconds: number;
}

interface Counted {
  passed: number;
  failed: number;
  skipped: { title: string; reason: string }[];
  problems: string[];
  failedFiles: string[];
}

export function countResults(name: string, file: string, end: End, filtered: boolean): Counted;
export function countBoth(name: string, first: string, second: string, end: End): Counted & { unsteady: string[] };
