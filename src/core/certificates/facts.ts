import { parseListening, listeningScript } from '../remote/listening';
import type { ListeningPort } from '../remote/listening';
import type { RemoteCommand } from '../remote/command';
import { taggedLines } from '../remote/taggedLines';
import type { OsRelease } from '../deploy/facts';
import { parseOsRelease } from '../deploy/facts';
import { rootScript } from '../upkeep/task';
import type { ServedStack } from './stackSite';
import { parseStack } from './stackSite';
import type { Certificate } from './x509';
import { firstCertificate } from './x509';

/** Where Skylab puts certificates that a person brings; each in a folder of its site's name. */
export const OWN_FOLDER = '/etc/skylab/tls';

/** What looks after a certificate on a machine. */
export type Keeper = 'caddy' | 'certbot' | 'skylab' | 'other';

/** A certificate that lies on a machine. */
export interface KeptCertificate {
  readonly keeper: Keeper;
  readonly path: string;
  readonly certificate: Certificate;
  /** Whether the private key beside it belongs to it; undefined where that could not be told. */
  readonly keyFits?: boolean;
}

/** A text file as root reads it. */
interface ReadFile {
  readonly path: string;
  readonly text: string;
}

/** All that a machine says about its certificates. */
export interface CertificateFacts {
  readonly os: OsRelease;
  readonly kept: readonly KeptCertificate[];
  readonly ports: readonly ListeningPort[];
  /** Sites of nginx that runs on the machine itself. */
  readonly nginx: readonly ReadFile[];
  /** The Caddyfile of a Caddy that runs on the machine itself. */
  readonly caddyfile?: ReadFile;
  readonly stacks: readonly ServedStack[];
  readonly openssl: boolean;
  /** certbot is installed; `timer`: something runs its renewal by itself, `ownTimer`: it brings a timer; `next`: when, as systemd prints it. */
  readonly certbot?: { readonly timer: boolean; readonly ownTimer?: boolean; readonly next?: string };
}

const SCRIPT = String.raw`set +eu
coded() { base64 <"$1" 2>/dev/null | tr -d '\n'; }
word() { printf '%s' "$1" | base64 | tr -d '\n'; }
sed 's/^/os /' /etc/os-release 2>/dev/null
command -v openssl >/dev/null && echo openssl
cert() {
  [ -r "$2" ] && [ "$(wc -c <"$2")" -lt 200000 ] && grep -q 'BEGIN CERTIFICATE' "$2" || return 0
  fits=unknown
  if [ -r "$3" ] && command -v openssl >/dev/null; then
    a=$(openssl x509 -in "$2" -noout -pubkey 2>/dev/null); b=$(openssl pkey -in "$3" -pubout 2>/dev/null </dev/null)
    [ -n "$a" ] && [ -n "$b" ] && { [ "$a" = "$b" ] && fits=yes || fits=no; }
  fi
  echo "cert $1 $fits $(word "$2") $(coded "$2")"
}
home=$(getent passwd "$1" | cut -d: -f6)
root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)
for store in "${'$'}{root:-/var/lib/docker}"/volumes/*/_data/caddy/certificates /var/lib/caddy/.local/share/caddy/certificates "$home/.local/share/caddy/certificates"; do
  for file in "$store"/*/*/*.crt; do cert caddy "$file" "${'$'}{file%.crt}.key"; done
done
for dir in /etc/letsencrypt/live/*/; do cert certbot "$dir"fullchain.pem "$dir"privkey.pem; done
for dir in ${OWN_FOLDER}/*/; do cert skylab "$dir"fullchain.pem "$dir"privkey.pem; done
if command -v nginx >/dev/null; then
  for file in /etc/nginx/sites-enabled/* /etc/nginx/conf.d/*.conf; do
    [ -f "$file" ] && echo "nginx $(word "$(readlink -f "$file")") $(coded "$file")"
    sed -n 's/^[[:space:]]*ssl_certificate[[:space:]]\{1,\}\([^;]*\);.*/\1/p' "$file" 2>/dev/null
  done | while read -r tag rest; do
    case $tag in nginx) echo "nginx $rest" ;; /etc/letsencrypt/*|${OWN_FOLDER}/*) ;; *) cert other "$tag" "" ;; esac
  done
fi
if systemctl cat caddy.service >/dev/null 2>&1 && [ -f /etc/caddy/Caddyfile ]; then echo "caddyfile $(coded /etc/caddy/Caddyfile)"; fi
if command -v certbot >/dev/null; then
  line=$(systemctl list-timers --no-legend 'certbot*' 'snap.certbot*' 2>/dev/null | head -n 1)
  systemctl cat certbot.timer >/dev/null 2>&1 && echo owntimer
  echo "certbot $( [ -n "$line" ] && echo timer || { grep -qs '^[^#].*certbot' $(grep -Ls run/systemd/system /etc/cron.d/* /etc/crontab) /dev/null && echo cron || echo none; } ) $(printf '%s' "$line" | awk '{ print $1, $2, $3, $4 }')"
fi
if command -v docker >/dev/null; then
  for dir in "$home"/skylab/*/current; do
    release=$(cd "$dir" 2>/dev/null && pwd -P) || continue
    name=${'$'}{dir%/current}; name=${'$'}{name##*/}
    config=$(cd "$release" && docker compose -p "$name" config --format json 2>/dev/null | base64 | tr -d '\n')
    [ -n "$config" ] || continue
    echo "stack $name $(word "$release") $config"
    (cd "$release" && find . -maxdepth 3 -type f \( -name 'Caddyfile*' -o -name '*.caddy' -o -name '*.yml' -o -name '*.yaml' \) -size -128k) | sort | while read -r file; do
      echo "file $name $(word "${'$'}{file#./}") $(coded "$release/${'$'}{file#./}")"
    done
    for container in $(docker ps --quiet --filter "label=com.docker.compose.project=$name"); do
      echo "user $name $(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.Name}} {{.Config.User}}' "$container")"
    done
  done
fi
${listeningScript}
exit 0`;

/** Certificates, the sites that use them, and who listens, in one round trip. Changes nothing. @param user the login's name */
export const certificateFacts = (user: string): RemoteCommand<CertificateFacts> => ({
  ...rootScript(SCRIPT, [user], 'look at the certificates'),
  parse: parseCertificateFacts,
});

const plain = (coded: string | undefined): string => Buffer.from(coded ?? '', 'base64').toString('utf8');

/** Reads what the script prints: a word for what it is, then values; what may hold spaces is in base64. */
function parseCertificateFacts(text: string): CertificateFacts {
  const of = taggedLines(text);
  const rows = (key: string): readonly string[][] => (of.get(key) ?? []).map((line) => line.split(' '));
  const kept = rows('cert').flatMap(([keeper = '', fits, path, pem]): KeptCertificate[] => {
    const certificate = firstCertificate(plain(pem));
    const who = keeper === 'caddy' || keeper === 'certbot' || keeper === 'skylab' ? keeper : 'other';
    if (certificate === undefined) return [];
    return [{ keeper: who, path: plain(path), certificate, ...(fits === 'yes' || fits === 'no' ? { keyFits: fits === 'yes' } : {}) }];
  });
  const unique = [...new Map(kept.map((one) => [one.path, one])).values()];
  const [caddyfile] = rows('caddyfile');
  const [certbot] = rows('certbot');
  const [timer, ...when] = certbot ?? [];
  const next = when.join(' ').trim();
  return {
    os: parseOsRelease((of.get('os') ?? []).join('\n')),
    kept: unique,
    ports: parseListening(
      [...(of.get('ss') ?? []).map((line) => `ss ${line}`), ...(of.get('proc') ?? []).map((line) => `proc ${line}`)].join('\n'),
    ),
    nginx: rows('nginx').map(([path, coded]) => ({ path: plain(path), text: plain(coded) })),
    ...(caddyfile === undefined ? {} : { caddyfile: { path: '/etc/caddy/Caddyfile', text: plain(caddyfile[0]) } }),
    stacks: rows('stack').flatMap(([name = '', release, config]) => {
      const files = rows('file')
        .filter(([stack]) => stack === name)
        .map(([, path, coded]) => ({ path: plain(path), text: plain(coded) }));
      const containers = rows('user')
        .filter(([stack]) => stack === name)
        .map(([, service = '', container = '', user = '']) => ({ service, container: container.replace(/^\//, ''), user }));
      return parseStack({ name, release: plain(release), config: plain(config), files, containers });
    }),
    openssl: of.has('openssl'),
    ...(certbot === undefined
      ? {}
      : { certbot: { timer: timer !== 'none', ownTimer: of.has('owntimer'), ...(next === '' ? {} : { next }) } }),
  };
}
