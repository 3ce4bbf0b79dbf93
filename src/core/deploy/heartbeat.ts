import { stripVTControlCharacters } from 'node:util';
import type { StepIo } from '../operations/step';
import type { RunOptions } from '../remote/session';

/** Runs something long while a line every few seconds says that it still does. */
export async function withHeartbeat<T>(
  io: StepIo,
  what: string,
  act: (heard: NonNullable<RunOptions['onOutput']>) => Promise<T>,
): Promise<T> {
  const began = Date.now();
  let last = what;
  let rest = '';
  const say = () => io.report(`${last} (${Math.round((Date.now() - began) / 1000)} s)`);
  const timer = setInterval(say, 3000);
  try {
    io.report(what);
    return await act((text) => {
      const lines = stripVTControlCharacters(rest + text).split(/[\r\n]+/);
      rest = lines.pop() ?? '';
      const line = lines.map((one) => one.trim()).findLast((one) => one !== '');
      if (line === undefined) return;
      last = line.slice(0, 120);
      say();
    });
  } finally {
    clearInterval(timer);
  }
}
