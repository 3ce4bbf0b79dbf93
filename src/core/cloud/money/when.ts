const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: 60 * MINUTE, d: 1440 * MINUTE };

/**
 * A time as a person types it: `90 min`, `3 h`, `2 days`, `18:00` (the next one), `2026-11-22 18:00`; in this computer's time zone.
 * @returns milliseconds since the epoch, or undefined when it is none of these or has passed
 */
export function parseWhen(text: string, now: number): number | undefined {
  const span = /^\s*(?:in\s+)?(\d+(?:\.\d+)?)\s*(m|min|minutes?|h|hours?|d|days?)\s*$/i.exec(text);
  if (span !== null) {
    const due = now + Number(span[1]) * (UNITS[(span[2] ?? '').charAt(0).toLowerCase()] ?? 0);
    return due > now ? due : undefined;
  }
  const clock = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(text);
  if (clock !== null) {
    const [hours, minutes] = [Number(clock[1]), Number(clock[2])];
    if (hours > 23 || minutes > 59) return undefined;
    const due = new Date(now);
    due.setHours(hours, minutes, 0, 0);
    if (due.getTime() <= now) due.setDate(due.getDate() + 1);
    return due.getTime();
  }
  const date = /^\s*(\d{4}-\d{2}-\d{2})(?:[ T]+(\d{1,2}):(\d{2}))?\s*$/.exec(text);
  if (date === null) return undefined;
  // A bare date means the end of that day.
  const time = date[2] === undefined ? '23:59' : `${date[2].padStart(2, '0')}:${date[3] ?? '00'}`;
  const due = Date.parse(`${date[1] ?? ''}T${time}`);
  return due > now ? due : undefined;
}
