import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { UnitFile } from '../units/verify';
import { encodeFiles, verifyFiles } from '../units/verify';
import type { App } from './model';
import { appRoot, WEB_GROUP } from './model';
import { appScript } from './shell';
import type { SiteFile } from './site';
import { CADDY_IMPORT, CADDYFILE, CHALLENGES } from './site';
import { socketPath } from './units';

/** Points `current` to a release in one step; without one, takes it away. */
export function pointTo(app: App, id: string | undefined): RemoteCommand {
  if (id === undefined) return appScript(app, '', 'take the release away', 'rm -f "$root/current"');
  const script = 'ln -sfn "releases/$id" "$root/.current.new"\nmv -T "$root/.current.new" "$root/current"';
  return appScript(app, id, `serve the release ${id}`, script);
}

/**
 * Lets systemd judge the units, with the release in place of the one that serves.
 * @throws SkylabError (code `UnitRefused`) for anything that it says
 */
export function verifyUnits(app: App, id: string, units: readonly UnitFile[]): RemoteCommand<void> {
  const root = appRoot(app.name);
  const files = units.map(({ path, text }) => ({ path, text: text.replaceAll(`${root}/current/`, `${root}/releases/${id}/`) }));
  const { parse, ...command } = verifyFiles(files);
  return {
    ...command,
    parse: (stdout, code) => {
      const [finding] = parse?.(stdout, code) ?? [];
      if (finding === undefined) return;
      throw new SkylabError(`systemd does not take ${finding.path ?? 'a unit'}: ${finding.message}`, { code: 'UnitRefused' });
    },
  };
}

/** Writes unit files and removes those that are no more, stopping them first. */
export function putUnits(app: App, files: readonly UnitFile[], gone: readonly string[]): RemoteCommand {
  const script = String.raw`for old; do systemctl disable --now --quiet "$old" 2>/dev/null || :; rm -f "/etc/systemd/system/$old"; done
cd /etc/systemd/system
while read -r path data; do printf '%s' "$data" | base64 -d >".$path.new"; chmod 644 ".$path.new"; mv ".$path.new" "$path"; done
systemctl daemon-reload`;
  return appScript(app, '', 'write the units', script, { values: gone, stdin: encodeFiles(files) });
}

/** Starts the units anew; the socket stays, so that requests wait instead of failing. Says the last lines of what did not start. */
export function restartUnits(app: App, units: readonly string[]): RemoteCommand {
  const script = String.raw`systemctl reset-failed "$@" 2>/dev/null || :
systemctl enable --quiet "$@"
systemctl start "$name.socket"
for unit; do
  case $unit in *.socket) continue ;; esac
  systemctl restart "$unit" || { journalctl --no-pager --output=cat --unit "$unit" --lines 12 >&2; echo "$unit did not start." >&2; exit 1; }
done`;
  return appScript(app, '', 'start the application', script, { values: units });
}

/** The gate: what is asked, and what the answer has to be. */
interface Question {
  readonly units: readonly string[];
  /** Asks gunicorn itself, so that a maintenance page does not answer in its place. */
  readonly direct: boolean;
}

/**
 * Asks until the answer is the right one and no unit has ended, at most as long as the application has.
 * @throws SkylabError (code `AppIll`) with what came instead
 */
export function askHealth(app: App, { units, direct }: Question): RemoteCommand<void> {
  const { health, proxy, source } = app;
  const script = String.raw`url=$1 want=$2 seconds=$3 socket=$4 host=$5; shift 5
set +e
restarts() { for one; do echo "$one $(systemctl show --property=NRestarts --value "$one")"; done; }
end=$(( $(date +%s) + seconds ))
body=$(mktemp); trap 'rm -f "$body"' EXIT
while :; do
  if [ -n "$socket" ]; then
    code=$(curl -sS -o "$body" -w '%{http_code}' --max-time 15 --unix-socket "$socket" -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-For: 127.0.0.1' "$url" 2>"$body.err")
  else
    code=$(curl -ksS -o "$body" -w '%{http_code}' --max-time 15 --resolve "$host:80:127.0.0.1" --resolve "$host:443:127.0.0.1" "$url" 2>"$body.err")
  fi
  ended=
  for unit; do systemctl is-failed -q "$unit" && ended="$ended $unit"; done
  if [ "$code" = "$want" ] && [ -z "$ended" ]; then
    # A worker that ends at once is started anew by systemd again and again: it is watched for a while.
    before=$(restarts "$@")
    [ -z "$socket" ] || sleep 3
    shaky=
    for unit; do
      if ! systemctl is-active -q "$unit" || ! printf '%s\n' "$before" | grep -qxF "$(restarts "$unit")"; then shaky="$shaky $unit"; fi
    done
    if [ -z "$shaky" ]; then rm -f "$body.err"; echo "answered $code"; exit 0; fi
  fi
  if [ -n "$ended" ] || [ "$(date +%s)" -ge "$end" ]; then break; fi
  sleep 0.5
done
[ "$code" != "$want" ] || ended=${'$'}{ended:-$shaky}
if [ -n "$ended" ]; then echo "ended$ended"; elif [ "$code" = 000 ]; then echo "silent $(tail -n 1 "$body.err")"; else echo "answered $code"; fi
rm -f "$body.err"
set -- $ended
journalctl --no-pager --output=cat --unit "${'$'}{1:-$name.service}" --lines 150 | grep -vE '"(GET|HEAD) |^[a-z0-9-]+\.service: |^(Started|Starting|Stopped|Stopping) ' | tail -n 60
exit 91`;
  const url = `${proxy.https && !direct ? 'https' : 'http'}://${proxy.domain}${health.path}`;
  return appScript(app, '', source.git, script, {
    values: [url, String(health.status), String(health.seconds), direct ? socketPath(app.name) : '', proxy.domain, ...units],
    okCodes: [0, 91],
    parse: (stdout, code) => {
      if (code === 0) return;
      const [first = '', ...rest] = stdout.trim().split('\n');
      const [word, ...what] = first.split(' ');
      const said = lastWords(rest);
      const found =
        word === 'ended'
          ? `${what.join(', ')} ended`
          : word === 'silent'
            ? `${url} gave no answer (${what.join(' ')})`
            : `${url} answered ${what.join(' ')} instead of ${health.status}`;
      throw new SkylabError(
        `${app.name} is not well: ${found}.${said === '' ? '' : ` Its journal ends with “${said.trim().slice(0, 300)}”.`}`,
        {
          code: 'AppIll',
          next: 'The log has the last lines of its journal.',
          remedies: [{ kind: 'showLog' }],
        },
      );
    },
  });
}

/** What the application itself said last; that gunicorn halts, and where in its own code, is only what follows from it. */
function lastWords(journal: readonly string[]): string {
  const own = journal.filter((line) => /^\S/.test(line) && !/^gunicorn\.errors\.|^Traceback /.test(line));
  return own.findLast((line) => /^[\w.]+: /.test(line)) ?? own.at(-1) ?? '';
}

/** Debian's nginx has its sites in one folder and links to those that serve in another. */
const PUT_SITE = String.raw`path=$1 proxy=$2 caddy=$3 again=$4; shift 4
mkdir -p "$(dirname "$path")"
keep() { [ "$again" != again ] || return 0; if [ -e "$1" ]; then cp -p "$1" "$1.skylab-before"; else rm -f "$1.skylab-before"; fi; }
keep "$path"
cat >"$path.new"; mv "$path.new" "$path"
user=$proxy
if [ "$proxy" = nginx ]; then user=$(sed -n 's/^ *user  *\([a-z_-]*\).*/\1/p' /etc/nginx/nginx.conf | head -n 1); fi
member=reload
if ! id -nG "$user" | tr ' ' '\n' | grep -qx ${WEB_GROUP}; then usermod -a -G ${WEB_GROUP} "$user"; member=restart; fi
case $path in /etc/nginx/sites-available/*) ln -sfn "$path" "/etc/nginx/sites-enabled/${'$'}{path##*/}" ;; esac
if [ "$proxy" = caddy ]; then
  keep ${CADDYFILE}
  if [ "$caddy" = whole ]; then echo '${CADDY_IMPORT}' >${CADDYFILE}
  elif ! grep -qxF '${CADDY_IMPORT}' ${CADDYFILE} 2>/dev/null; then printf '\n${CADDY_IMPORT}\n' >>${CADDYFILE}; fi
  mkdir -p /var/log/caddy; chown "$user": /var/log/caddy
  runuser -u "$user" -- env HOME=/var/lib/caddy caddy validate --config ${CADDYFILE} --adapter caddyfile >/dev/null 2>"$path.said" || { tail -n 1 "$path.said" >&2; rm -f "$path.said"; exit 1; }
  rm -f "$path.said"
else
  mkdir -p ${CHALLENGES}
  nginx -t -q
fi
systemctl enable --quiet "$proxy"
if systemctl is-active -q "$proxy"; then systemctl "$member" "$proxy"; else systemctl start "$proxy"; fi`;

interface PutOptions {
  /** Caddy's own file holds nothing of the person's. */
  readonly whole?: boolean;
  /** It was written a moment ago: what was there before that is kept. */
  readonly again?: boolean;
}

/** Writes the site's file, has the web server check it, and brings it into use. */
export function putSite(app: App, { path, text }: SiteFile, { whole = false, again = false }: PutOptions = {}): RemoteCommand {
  const values = [path, app.proxy.kind, whole ? 'whole' : '', again ? 'again' : ''];
  return appScript(app, '', `write ${path}`, PUT_SITE, { values, stdin: text });
}

/**
 * Has certbot fetch the certificate for nginx, which it renews by its timer from then on.
 * @throws SkylabError (code `NoCertificate`) with what the authority says
 */
export function fetchCertificate(app: App): RemoteCommand<void> {
  const { domain, email } = app.proxy;
  const script = String.raw`domain=$1 challenges=$2; shift 2
mkdir -p "$challenges"
out=$(mktemp); trap 'rm -f "$out"' EXIT
if certbot certonly --webroot --webroot-path "$challenges" --domain "$domain" --non-interactive --agree-tos --keep-until-expiring --deploy-hook 'systemctl reload nginx' "$@" >"$out" 2>&1; then cat "$out"
else grep -E '^ *(Detail|Hint):|rror' "$out" | tail -n 3; exit 92; fi
for timer in certbot.timer certbot-renew.timer snap.certbot.renew.timer; do systemctl enable --now --quiet "$timer" 2>/dev/null || :; done`;
  return appScript(app, '', 'fetch the certificate', script, {
    values: [domain, CHALLENGES, ...(email === undefined ? ['--register-unsafely-without-email'] : ['--email', email])],
    okCodes: [0, 92],
    parse: (stdout, code) => {
      if (code === 0) return;
      throw new SkylabError(`certbot got no certificate for ${domain}: ${stdout.trim().replaceAll(/\s+/g, ' ')}`, {
        code: 'NoCertificate',
        next: 'The name has to lead to this machine, and port 80 has to be open to the world.',
      });
    },
  });
}

/** Puts back what `putSite` has replaced. */
export function restoreSite(app: App, path: string): RemoteCommand {
  const script = String.raw`path=$1 proxy=$2
back() { if [ -e "$1.skylab-before" ]; then mv "$1.skylab-before" "$1"; else rm -f "$1"; fi; }
back "$path"
if [ ! -e "$path" ]; then rm -f "/etc/nginx/sites-enabled/${'$'}{path##*/}"; fi
if [ "$proxy" = caddy ]; then back ${CADDYFILE}; fi
systemctl is-active -q "$proxy" && systemctl reload "$proxy" || :`;
  return appScript(app, '', `put ${path} back`, script, { values: [path, app.proxy.kind] });
}

/** After everything else was put back: the release before serves again, and answers. With none before, nothing is left running. */
export function serveAgain(app: App, units: readonly string[], before: readonly string[]): RemoteCommand {
  const script = String.raw`rm -f "$root/shared/maintenance.on"
if [ ! -e "$root/current" ]; then exit 0; fi
systemctl reset-failed "$@" 2>/dev/null || :
for unit; do case $unit in *.socket) systemctl start "$unit" ;; *) systemctl restart "$unit" ;; esac; done`;
  return appScript(app, '', 'serve the release before again', script, { values: before.length > 0 ? before : units });
}

/** Takes the site from the web server, which serves its others on. */
export function removeSite(app: App, path: string): RemoteCommand {
  const script = String.raw`rm -f "$1" "$1.skylab-before" "/etc/nginx/sites-enabled/${'$'}{1##*/}"
if systemctl is-active -q "$2"; then systemctl reload "$2"; fi`;
  return appScript(app, '', `remove ${path}`, script, { values: [path, app.proxy.kind] });
}

/** Removes releases and the clone; with `all` also what is kept across releases, and the user. */
export function removeFiles(app: App, all: boolean): RemoteCommand {
  const some = 'rm -rf --one-file-system "$root/releases" "$root/current" "$root/home/repo.git" "$root/shared/maintenance.on"';
  const whole = 'rm -rf --one-file-system "$root"\nuserdel "$name" 2>/dev/null || :';
  return appScript(app, '', 'remove its files', all ? whole : some);
}
