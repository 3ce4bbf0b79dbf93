import type { Directive } from './directives';

/** Words that systemd takes for a time (systemd.time(7)). */
const timeUnits =
  'usec|us|µs|μs|msec|ms|seconds|second|sec|s|minutes|minute|min|m|months|month|M|hours|hour|hr|h|days|day|d|weeks|week|w|years|year|y|nsec|ns';
const span = new RegExp(`^\\s*(\\d+(\\.\\d+)?\\s*(${timeUnits})?\\s*)+$`);

/** Signals of signal(7) beside the real-time ones. */
const signals =
  'HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS'.split(
    ' ',
  );

const booleans = /^(1|0|yes|no|y|n|true|false|t|f|on|off)$/i;
const size = /^\d+(\.\d+)?\s*[KMGTPEB]?$/;

/**
 * What is wrong with a value, as a sentence; undefined for a good one, and for what only systemd can tell.
 * @param value not empty: that takes back what was set before
 */
export function valueProblem({ name, kind, values }: Directive, value: string): string | undefined {
  // a specifier stands for what only the machine knows
  if (/%[a-zA-Z]/.test(value.replaceAll('%%', '')) && kind !== 'exec') return undefined;
  switch (kind) {
    case 'bool':
      return booleans.test(value) ? undefined : `${name} is yes or no.`;
    case 'choice':
      if (values.includes(value) || (values.includes('yes') && booleans.test(value))) return undefined;
      return `${name} is one of ${values.join(', ')}.`;
    case 'int':
      return /^[+-]?(\d+|0x[0-9a-f]+)$/i.test(value) || value === 'infinity' ? undefined : `${name} is a whole number.`;
    case 'mode':
      return /^[0-7]{1,5}$/.test(value) ? undefined : `${name} is a mode such as 0644.`;
    case 'time':
      return value === 'infinity' || span.test(value) ? undefined : `${name} is a time such as 30, 5min or 1h 20s.`;
    case 'size':
      return size.test(value) ? undefined : `${name} is a size such as 512K.`;
    case 'limit':
      return value === 'infinity' || size.test(value) || /^\d+(\.\d+)?%$/.test(value)
        ? undefined
        : `${name} is a size such as 512M, a percentage or infinity.`;
    case 'percent':
      return /^\d+(\.\d+)?%$/.test(value) ? undefined : `${name} is a percentage such as 50%.`;
    case 'weight':
      return value === 'idle' || (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 10000)
        ? undefined
        : `${name} is a number from 1 to 10000.`;
    case 'signal':
      return isSignal(value) ? undefined : `${name} is a signal such as SIGTERM.`;
    case 'exec':
      return execProblem(value);
    case 'path':
      return pathProblem(name, value, values);
    case 'units':
      return unitsProblem(value);
    default:
      return undefined;
  }
}

function isSignal(value: string): boolean {
  if (/^\d+$/.test(value)) return Number(value) > 0 && Number(value) <= 64;
  const name = value.replace(/^SIG/, '');
  return signals.includes(name) || /^RT(MIN|MAX)([+-]\d+)?$/.test(name);
}

/** The program, after the characters that say how it is run (systemd.service(5), "Command lines"). */
function execProblem(value: string): string | undefined {
  const program = value.replace(/^[-@:+!|]+/, '').trimStart();
  if (program === '') return 'There is no program.';
  const word = /^("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)+)/.exec(program)?.[0] ?? program;
  const shell = /(^|\s)(&&|\|\||\||>>?|<|&)(\s|$)/.exec(value.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""'))?.[2];
  if (shell !== undefined) return `No shell reads this: ${shell} is an argument like any other. Run /bin/sh -c '…' where a shell is meant.`;
  if (/^["']?(~|\.\.?\/)/.test(word)) return 'The program is an absolute path, or a name that is looked for in /usr/bin and the like.';
  return undefined;
}

function pathProblem(name: string, value: string, values: readonly string[]): string | undefined {
  if (values.includes(value)) return undefined;
  const path = value.replace(/^[-+!]+/, '').replace(/^"(.*)"$/, '$1');
  return path.startsWith('/') ? undefined : `${name} is an absolute path.`;
}

function unitsProblem(value: string): string | undefined {
  const strange = value
    .split(/\s+/)
    .find((word) => !/\.(service|timer|socket|path|mount|automount|swap|target|slice|scope|device)$/.test(word));
  return strange === undefined ? undefined : `${strange} is no name of a unit: those end in .service, .target and so on.`;
}
