/** See results.mjs. */
export function countResults(
  name: string,
  file: string,
  end: { code: number | null; signal: string | null; timedOut: boolean; seconds: number },
  filtered: boolean,
): { passed: number; failed: number; skipped: { title: string; reason: string }[]; problems: string[] };
