import type { OperationView } from '../../shared/operation';
import type { LedgerRecord } from '../operations/operations';
import type { Private } from './redact';
import { redact } from './redact';

/** Everything that helps somebody else to understand what went wrong here. */
export interface BundleParts {
  readonly at: Date;
  /** What runs: name -> version. */
  readonly versions: Readonly<Record<string, string>>;
  /** Settings of Skylab that differ from their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** This window's operations with their logs, newest first. */
  readonly operations: readonly { readonly view: OperationView; readonly log: readonly string[] }[];
  /** What operations of windows that are gone have left behind. */
  readonly leftovers: readonly LedgerRecord[];
  /** The end of Skylab's log. */
  readonly log: string;
}

/** Lines of the log that go in. */
const LOG_LINES = 2000;
const OPERATIONS = 20;
const OPERATION_LINES = 400;
const SECRET_NAME = /pass|secret|token|credential|apikey|privatekey/i;

/** One text that can be read before it is sent: every line of it is redacted. */
export function bundleText(parts: BundleParts, own: Private): string {
  const sections = [
    section(
      'Versions',
      Object.entries(parts.versions).map(([name, version]) => `${name}: ${version}`),
    ),
    section(
      'Settings that were changed',
      Object.entries(parts.settings).map(([key, value]) => `${key}: ${SECRET_NAME.test(key) ? '[removed]' : JSON.stringify(value)}`),
    ),
    section('Left behind by windows that are gone', parts.leftovers.map(leftoverText)),
    ...parts.operations.slice(0, OPERATIONS).map(({ view, log }) => section(`Operation: ${view.title}`, operationLines(view, log))),
    section('The end of the log', parts.log.split('\n').slice(-LOG_LINES)),
  ];
  const head = `Skylab support bundle, ${parts.at.toISOString()}\nRead it before you send it: passwords, keys and tokens were taken out, addresses and names of machines were not.\n`;
  return redact(`${head}\n${sections.join('\n')}`, own);
}

function section(title: string, lines: readonly string[]): string {
  const said = lines.filter((line, index) => line !== '' || index > 0);
  return `== ${title}\n${said.length === 0 ? '(none)' : said.join('\n').trimEnd()}\n`;
}

function leftoverText({ title, kind, startedAt, created }: LedgerRecord): string {
  return `${new Date(startedAt).toISOString()} ${kind} “${title}”: ${created.map((one) => `${one.kind} ${one.label}`).join(', ')}`;
}

function operationLines(view: OperationView, log: readonly string[]): string[] {
  const steps = view.steps.map(({ name, state, detail, startedAt, endedAt }) => {
    const seconds = startedAt === undefined || endedAt === undefined ? '' : ` ${((endedAt - startedAt) / 1000).toFixed(1)} s`;
    return `  ${state.padEnd(9)} ${name}${seconds}${detail === undefined ? '' : ` (${detail})`}`;
  });
  return [
    `${view.kind} ${view.state}, began ${new Date(view.startedAt).toISOString()}${view.error === undefined ? '' : `: ${view.error}`}`,
    ...steps,
    ...log.slice(-OPERATION_LINES),
  ];
}
