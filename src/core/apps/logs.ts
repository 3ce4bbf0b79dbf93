import type { RemoteCommand } from '../remote/command';
import type { ListedApp } from './list';

/** Where the web server writes about an application. */
const fileLogs = ({ name, serving }: ListedApp): readonly string[] =>
  serving.app.proxy.kind === 'caddy'
    ? [`/var/log/caddy/${name}.log`]
    : [`/var/log/nginx/${name}.access.log`, `/var/log/nginx/${name}.error.log`];

/**
 * Follows the journal of the application's units and the web server's files about it, in one stream; ends with its standard input.
 * @param lines how many earlier lines of each come first
 */
export function followLogs(app: ListedApp, lines: number): RemoteCommand {
  const script = String.raw`lines=$1 count=$2; shift 2
units=; while [ "$count" -gt 0 ]; do units="$units --unit=$1"; shift; count=$((count - 1)); done
journalctl --no-pager --output=short-iso --lines "$lines" --follow $units & journal=$!
for file; do tail --pid=$$ -n "$lines" -F "$file" 2>/dev/null | sed -u "s#^#${'$'}{file##*/}: #" & done
trap 'kill "$journal"' EXIT
cat >/dev/null`;
  const units = app.units.filter(({ name }) => name.endsWith('.service')).map(({ name }) => name);
  return {
    argv: ['sh', '-c', script, 'logs', String(lines), String(units.length), ...units, ...fileLogs(app)],
    sudo: true,
    what: `follow the logs of ${app.name}`,
  };
}
