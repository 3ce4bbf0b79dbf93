import { forgetBefore, ownFiles, putOwn, putOwnBack } from '../certificates/own';
import type { GivenCertificate } from '../certificates/given';
import { SkylabError } from '../errors';
import type { RemoteCommand } from '../remote/command';
import type { Change, Task } from '../upkeep/task';
import { rootScript, scripted } from '../upkeep/task';
import { FRESH_LISTS } from '../upkeep/packages/install';
import { ANSWERS, confChanges } from './econe';
import { readEconeConf } from './econeConf';
import type { EconeFacts } from './econeFacts';
import { confOf, ECONE_SCRIPT, readEcone } from './econeFacts';
import { ONEADMIN } from './oneadmin';

const NAME = '60-skylab-econe.conf';
const AVAILABLE = `/etc/lighttpd/conf-available/${NAME}`;
const ENABLED = `/etc/lighttpd/conf-enabled/${NAME}`;
/** Milliseconds: packages, and a restart until it answers. */
const LONG_MS = 20 * 60_000;

/** What stands before econe-server. */
export interface ProxyFacts {
  readonly econe: EconeFacts;
  /** Packages come by apt: then lighttpd's folders are Debian's. */
  readonly apt: boolean;
  /** The file that Skylab wrote, where it counts. */
  readonly site?: string;
  /** SHA-256 of the certificate it shows, as openssl prints it. */
  readonly fingerprint?: string;
  readonly active: boolean;
}

const SCRIPT = `${ECONE_SCRIPT}
if command -v apt-get >/dev/null 2>&1; then echo apt; fi
if [ -e ${ENABLED} ]; then
  printf 'site %s\\n' "$(base64 <${AVAILABLE} | tr -d '\\n')"
  pem=$(sed -n 's/^ *ssl.pemfile = "\\(.*\\)"$/\\1/p' ${AVAILABLE})
  printf 'fingerprint %s\\n' "$(openssl x509 -noout -fingerprint -sha256 -in "$pem" 2>/dev/null | sed 's/.*=//')"
fi
if systemctl is-active --quiet lighttpd 2>/dev/null; then echo active; fi`;

const look: RemoteCommand<ProxyFacts> = {
  ...rootScript(`set +eu\n${ONEADMIN}\n${SCRIPT}\nexit 0`, [], 'look at the proxy'),
  parse(text) {
    const values = new Map(text.split('\n').map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']));
    const [site, fingerprint] = [values.get('site'), values.get('fingerprint')];
    return {
      econe: readEcone(text),
      apt: values.has('apt'),
      active: values.has('active'),
      ...(site === undefined ? {} : { site: Buffer.from(site, 'base64').toString('utf8') }),
      ...(fingerprint === undefined || fingerprint === '' ? {} : { fingerprint }),
    };
  },
};

/**
 * A site of lighttpd that speaks TLS and leads to econe-server, without the modules it needs, which differ by release. Releases before
 * 1.4.53 send the certificates in between only when they stand in a file of their own.
 */
export function lighttpdSite(host: string, port: number, econePort: string): string {
  return `# Written by Skylab: TLS for the EC2 interface of OpenNebula.
$SERVER["socket"] == ":${port}" {
  ssl.engine = "enable"
  ssl.pemfile = "${ownFiles(host).folder}/server.pem"
  ssl.ca-file = "${ownFiles(host).certificate}"
  proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => ${econePort} ) ) )
}
`;
}

/** Newer releases have TLS in a package of its own. */
const INSTALL = `${FRESH_LISTS}
export DEBIAN_FRONTEND=noninteractive
fresh apt-get -q update
apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends lighttpd openssl
if apt-cache show lighttpd-mod-openssl >/dev/null 2>&1; then apt-get -q -y -o DPkg::Lock::Timeout=600 install lighttpd-mod-openssl; fi`;

/** Parameters: the folder of the certificate; standard input: the site. Modules that are loaded already must not be named again. */
const PUT_SITE = `umask 077
if [ -e ${AVAILABLE} ]; then cp -p ${AVAILABLE} ${AVAILABLE}.before-skylab; else rm -f ${AVAILABLE}.before-skylab; fi
rm -f ${ENABLED}
cat "$1/privkey.pem" "$1/fullchain.pem" >"$1/server.pem"
text=$(cat)
modules=
for name in openssl proxy; do
  if [ "$name" = openssl ] && [ ! -e /usr/lib/lighttpd/mod_openssl.so ]; then continue; fi
  if grep -Eqs "^[^#]*\\"mod_$name\\"" /etc/lighttpd/lighttpd.conf /etc/lighttpd/conf-enabled/*.conf; then continue; fi
  modules="\${modules}server.modules += ( \\"mod_$name\\" )
"
done
printf '%s%s\\n' "$modules" "$text" >${AVAILABLE}
chmod 0644 ${AVAILABLE}
ln -s ../conf-available/${NAME} ${ENABLED}`;

const CHECK = `lighttpd -tt -f /etc/lighttpd/lighttpd.conf >/dev/null`;

/** What lighttpd reads is made of the two files anew. Parameter: the folder. */
const PEM_BACK = `if [ -e "$1/privkey.pem" ]; then cat "$1/privkey.pem" "$1/fullchain.pem" >"$1/server.pem"; systemctl restart lighttpd
else rm -f "$1/server.pem"; rmdir "$1"; fi`;

/** The site that was there before, or none. Parameter: "active" where lighttpd ran. */
const SITE_BACK = `if [ -e ${AVAILABLE}.before-skylab ]; then mv -f ${AVAILABLE}.before-skylab ${AVAILABLE}; ln -sf ../conf-available/${NAME} ${ENABLED}
else rm -f ${ENABLED} ${AVAILABLE}; fi
if [ "$1" = active ]; then systemctl restart lighttpd; else systemctl disable --now lighttpd >/dev/null 2>&1 || :; fi`;

/** Puts lighttpd with TLS before econe-server, which listens on this machine alone from then on. */
export function useProxy(host: string, port: number, given: GivenCertificate): Task<ProxyFacts> {
  const url = `https://${host}${port === 443 ? '' : `:${port}`}/`;
  const title = `Serve the EC2 interface at ${url}`;
  return {
    id: 'openNebula.proxy',
    title,
    look,
    plan(facts) {
      const { econe } = facts;
      const econePort = readEconeConf(confOf(econe)).get('port') ?? '4567';
      if (String(port) === econePort)
        throw new SkylabError(`econe-server itself listens at port ${port}.`, {
          next: 'Choose another port, such as 8443.',
          code: 'PortTaken',
        });
      if (!facts.apt) {
        throw new SkylabError('Skylab sets lighttpd up as Debian and Ubuntu keep it, and this is neither.', {
          next: 'Set a proxy up by hand, and :ssl_server: of econe.conf here.',
          code: 'OtherSystem',
        });
      }
      const text = lighttpdSite(host, port, econePort);
      const same = siteOf(facts.site) === text && facts.fingerprint === given.certificate.fingerprint && facts.active;
      const conf = confChanges(econe, { host: '127.0.0.1', ssl_server: url });
      const { folder } = ownFiles(host);
      const active = facts.active ? 'active' : '';
      const changes: Change[] = [];
      if (!same) {
        if (!econe.lighttpd) {
          changes.push(scripted('installs lighttpd, which also answers at port 80', INSTALL, [], { timeoutMs: LONG_MS, installs: true }));
        }
        const line = `writes ${AVAILABLE}: port ${port} with TLS leads to econe-server`;
        changes.push(
          {
            line: `puts the certificate for ${host} into ${folder}, its key for root only`,
            command: putOwn(host, given, 'root'),
            undo: putOwnBack(host, PEM_BACK),
          },
          { line, command: rootScript(PUT_SITE, [folder], line, text), undo: rootScript(SITE_BACK, [active], 'put lighttpd back') },
          scripted(
            'has lighttpd check its configuration and restart',
            `${CHECK}\nsystemctl enable lighttpd >/dev/null 2>&1\nsystemctl restart lighttpd`,
          ),
        );
      }
      changes.push(...conf.changes);
      if (changes.length === 0) return { acts: [] };
      if (econe.running) {
        changes.push(
          scripted(`sees that it answers at ${url}; else all of this is taken back`, `${ANSWERS}\nanswers "$1" 127.0.0.1`, [url], {
            timeoutMs: 120_000,
          }),
        );
      }
      if (!same) changes.push({ line: 'removes the files that were there before', command: forgetBefore(host) });
      const notes = [
        ...given.notes,
        ...(econe.running ? [] : ['econe-server does not run: nothing answers there until it is started.']),
        'Whoever has an account of this cloud needs its new address: signatures are made for it.',
      ];
      return { acts: [{ name: 'proxy', title, changes }], files: conf.files, notes };
    },
  };
}

/** Without the modules. */
const siteOf = (text: string | undefined): string | undefined => text?.replace(/^server\.modules .*\n/gm, '');

/** Takes the proxy away; econe-server goes on listening on this machine alone. */
export function removeProxy(): Task<ProxyFacts> {
  const title = 'Take the proxy away';
  return {
    id: 'openNebula.proxy.remove',
    title,
    look,
    plan(facts) {
      const conf = confChanges(facts.econe, { ssl_server: undefined });
      const remove = scripted(
        `removes ${AVAILABLE} and restarts lighttpd`,
        `mv -f ${AVAILABLE} ${AVAILABLE}.before-skylab\nrm -f ${ENABLED}\n${CHECK}\nsystemctl restart lighttpd`,
        [],
        {
          undo: rootScript(
            `if [ -e ${AVAILABLE}.before-skylab ]; then mv -f ${AVAILABLE}.before-skylab ${AVAILABLE}; ln -sf ../conf-available/${NAME} ${ENABLED}; systemctl restart lighttpd; fi`,
            [],
            'put the proxy back',
          ),
        },
      );
      const changes = [...(facts.site === undefined ? [] : [remove]), ...conf.changes];
      const notes = ['Whoever has an account of this cloud needs its new address: signatures are made for it.'];
      return { acts: changes.length === 0 ? [] : [{ name: 'proxy', title, changes }], files: conf.files, notes };
    },
  };
}
