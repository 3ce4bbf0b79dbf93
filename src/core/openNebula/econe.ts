import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { Change, Task } from '../upkeep/task';
import { rootScript, scripted } from '../upkeep/task';
import { editEconeConf, readEconeConf } from './econeConf';
import type { EconeFacts } from './econeFacts';
import { confOf, ECONE_CONF, econeFacts } from './econeFacts';
import { ONEADMIN } from './oneadmin';

/** Milliseconds: a restart, and half a minute until it answers. */
const ANSWER_MS = 120_000;

export type ServiceAct = 'start' | 'stop' | 'restart';

/**
 * Shell: `econe start|stop|restart`. OpenNebula's own script leaves a lock behind and says that it stopped what still runs: the process
 * itself is waited for.
 */
const ECONE = `${ONEADMIN}
gone() { i=0; while pgrep -u oneadmin -f 'ruby.*econe-server[.]rb' >/dev/null; do i=$((i + 1)); [ "$i" -lt 100 ] || return 1; sleep 0.1; done; }
econe() {
  if systemctl cat opennebula-econe.service >/dev/null 2>&1; then systemctl "$1" opennebula-econe.service; return; fi
  if [ "$1" != start ]; then
    one econe-server stop >/dev/null 2>&1 || pkill -INT -u oneadmin -f 'ruby.*econe-server[.]rb' || :
    gone || { pkill -KILL -u oneadmin -f 'ruby.*econe-server[.]rb' || :; gone; }
  fi
  # Its own script begins it in the background: a hang-up of this login must not end it.
  if [ "$1" != stop ]; then one setsid econe-server start </dev/null >/dev/null 2>&1 || :; fi
}`;

/**
 * Shell: asks until the EC2 interface answers as it does (401 without a key), for half a minute. Parameters: URL, and "insecure" where
 * only this machine itself is asked.
 */
export const ANSWERS = `answers() {
  i=0
  while :; do
    code=$(ruby -rnet/http -ropenssl -e 'u = URI(ARGV[0]); h = Net::HTTP.new(ARGV[1] || u.host, u.port); h.open_timeout = h.read_timeout = 5
      if u.scheme == "https"; h.use_ssl = true; h.verify_mode = OpenSSL::SSL::VERIFY_NONE; end
      r = Net::HTTP::Post.new(u.path.empty? ? "/" : u.path); r["Host"] = u.host
      r.set_form_data("Action" => "DescribeRegions", "Version" => "2016-11-15"); puts h.request(r).code' "$@" 2>&1 | tail -n 1)
    case $code in 200|401) return 0 ;; esac
    i=$((i + 1)); [ "$i" -lt 30 ] || break
    # one that has ended will not answer later either
    if [ "$i" -ge 5 ] && ! pgrep -u oneadmin -f 'ruby.*econe-server[.]rb' >/dev/null; then break; fi
    sleep 1
  done
  echo "$1 does not answer as an EC2 interface: $code" >&2
  tail -n 5 /var/log/one/econe-server.error >&2 2>/dev/null || :
  return 1
}`;

/** Where econe-server listens, as this machine itself reaches it. */
export function localUrl(conf: string): string {
  const values = readEconeConf(conf);
  const host = values.get('host') ?? 'localhost';
  const asked = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${asked.includes(':') ? `[${asked}]` : asked}:${values.get('port') ?? '4567'}/`;
}

const restartAnd = (what: ServiceAct, url: string): RemoteCommand =>
  rootScript(`${ECONE}\n${ANSWERS}\necone "$1"\nanswers "$2"`, [what, url], `${what} econe-server`);

/** Starts, stops or restarts econe-server; a start counts once it answers. */
export function runEcone(act: ServiceAct): Task<EconeFacts> {
  const title = { start: 'Start econe-server', stop: 'Stop econe-server', restart: 'Restart econe-server' }[act];
  return {
    id: `openNebula.econe.${act}`,
    title,
    look: econeFacts,
    plan(facts) {
      const url = localUrl(confOf(facts));
      if (facts.service === 'none') throw noServer();
      if ((act === 'stop' && !facts.running) || (act === 'start' && facts.running)) return { acts: [] };
      const change: Change =
        act === 'stop'
          ? scripted('stops econe-server: nobody reaches the EC2 interface', `${ECONE}\necone stop`)
          : { line: `${act}s econe-server and sees that it answers at ${url}`, command: restartAnd(act, url), timeoutMs: ANSWER_MS };
      return { acts: [{ name: act, title, changes: [change] }] };
    },
  };
}

const noServer = (): SkylabError =>
  new SkylabError('There is an econe.conf, but no econe-server.', { next: 'Install it from the packages of OpenNebula.', code: 'NoEcone' });

/** Ruby reads the new file as econe-server will, before it counts. */
const READS = `ruby -ryaml -e 't = File.read(ARGV[0]); c = YAML.respond_to?(:unsafe_load) ? YAML.unsafe_load(t) : YAML.load(t)
  abort "econe-server could not read it: :host and :port are missing" unless c.is_a?(Hash) && c[:host] && c[:port]' "$new"`;

/**
 * Shell that replaces a file of OpenNebula's with standard input, whole or not at all; owner and mode stay, the previous one stays beside it.
 * Parameter: path.
 * @param check shell that looks at `$new`
 */
export const replaceKept = (check = ':'): string => `umask 077
new=$(mktemp "$1.skylab.XXXXXX"); trap 'rm -f "$new"' EXIT
cat >"$new"
${check}
chown --reference="$1" "$new"; chmod --reference="$1" "$new"
cp -p "$1" "$1.before-skylab"
mv -f "$new" "$1"`;

const PUT_CONF = replaceKept(READS);

/**
 * What changes econe.conf: the file, and, where econe-server runs, its restart and the proof that it answers; else the old file comes back.
 * @param changes see `editEconeConf`
 */
export function confChanges(
  facts: EconeFacts,
  changes: Readonly<Record<string, string | undefined>>,
): { readonly changes: readonly Change[]; readonly files: readonly { path: string; before: string; after: string }[] } {
  const before = confOf(facts);
  const after = editEconeConf(before, changes);
  if (after === before) return { changes: [], files: [] };
  const words = Object.entries(changes)
    .filter(([key, value]) => readEconeConf(before).get(key) !== value)
    .map(([key, value]) => (value === undefined ? `:${key}: no longer` : `:${key}: ${value}`));
  const line = `writes ${ECONE_CONF}: ${words.join(', ')}; the previous file stays beside it`;
  const putBack = rootScript(
    `${ECONE}\n${ANSWERS}\n( ${PUT_CONF} )\n${facts.running ? 'econe restart\nanswers "$2"' : ''}`,
    [ECONE_CONF, localUrl(before)],
    `put ${ECONE_CONF} back`,
    before,
  );
  return {
    files: [{ path: ECONE_CONF, before, after }],
    changes: [
      { line, command: rootScript(PUT_CONF, [ECONE_CONF], `write ${ECONE_CONF}`, after), undo: putBack },
      ...(facts.running
        ? [
            {
              line: `restarts econe-server and sees that it answers at ${localUrl(after)}; else the old file comes back`,
              command: restartAnd('restart', localUrl(after)),
              timeoutMs: ANSWER_MS,
            },
          ]
        : []),
    ],
  };
}

/** Changes keys of econe.conf. */
export function setEcone(changes: Readonly<Record<string, string | undefined>>): Task<EconeFacts> {
  const title = `Change ${Object.keys(changes)
    .map((key) => `:${key}:`)
    .join(', ')} of econe.conf`;
  return {
    id: 'openNebula.econe.conf',
    title,
    look: econeFacts,
    plan(facts) {
      const edit = confChanges(facts, changes);
      if (edit.changes.length === 0) return { acts: [] };
      const notes = facts.running ? [] : ['econe-server does not run: it reads the file when it is started.'];
      return { acts: [{ name: 'conf', title, changes: edit.changes }], files: edit.files, notes };
    },
  };
}

/** The files that OpenNebula writes of what it does. */
export type CloudLog = 'econe-server.log' | 'econe-server.error' | 'oned.log' | 'sched.log';

/** The last lines of a log. */
export function readCloudLog(name: CloudLog, lines = 2_000): RemoteCommand {
  return rootScript('if [ -e "$1" ]; then tail -n "$2" "$1"; fi', [`/var/log/one/${name}`, String(lines)], `read ${name}`);
}
