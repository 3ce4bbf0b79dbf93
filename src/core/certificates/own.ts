import { posix } from 'node:path';
import { SkylabError } from '../errors';
import { applyEdits } from '../deploy/edits';
import type { RemoteCommand } from '../remote/command';
import { Secret } from '../secret';
import { installPackages } from '../upkeep/packages/install';
import { familyOf } from '../upkeep/system/facts';
import type { Change, Task } from '../upkeep/task';
import { putFile, rootScript, scripted } from '../upkeep/task';
import { useFilesInCaddyfile, tlsSites } from './caddyTls';
import type { CertificateFacts } from './facts';
import { certificateFacts, OWN_FOLDER } from './facts';
import type { GivenCertificate } from './given';
import { nginxServers, useFilesInNginx } from './nginxTls';
import type { ServedStack } from './stackSite';

/** A site on a machine that a certificate can be given to. */
export type Target =
  | { readonly kind: 'stack'; readonly stack: string; readonly host: string; readonly port: number }
  | { readonly kind: 'nginx' | 'caddy'; readonly path: string; readonly host: string; readonly port: number };

/** The sites that serve TLS under a name, and those of nginx that could. */
export function targetsOf(facts: CertificateFacts): readonly Target[] {
  const named = (host: string): boolean => /^[A-Za-z0-9*][A-Za-z0-9*.-]*$/.test(host) && host.includes('.');
  const stacks = facts.stacks.flatMap(({ name, sites }) =>
    sites.flatMap(({ host, published }): Target[] =>
      named(host) && published !== undefined ? [{ kind: 'stack', stack: name, host, port: published }] : [],
    ),
  );
  const nginx = facts.nginx.flatMap(({ path, text }) =>
    nginxServers(text).flatMap(({ names, tlsPorts }) =>
      names.filter(named).map((host): Target => ({ kind: 'nginx', path, host, port: tlsPorts[0] ?? 443 })),
    ),
  );
  const { caddyfile } = facts;
  const caddy =
    caddyfile === undefined
      ? []
      : tlsSites(caddyfile.text, (word) => word).flatMap(({ served }) =>
          served.flatMap(({ host, port }): Target[] => (named(host) ? [{ kind: 'caddy', path: caddyfile.path, host, port }] : [])),
        );
  const all = [...stacks, ...caddy, ...nginx];
  // nginx answers plain and over TLS in two blocks of the same name
  return all.filter(
    (one, index) => all.findIndex((other) => other.kind === one.kind && other.host === one.host && other.port === one.port) === index,
  );
}

/** Where the files of a site's own certificate lie; a stack has them at the same place inside of its container. */
export function ownFiles(host: string): { readonly folder: string; readonly certificate: string; readonly key: string } {
  const folder = posix.join(OWN_FOLDER, host.replaceAll('*', '_'));
  return { folder, certificate: `${folder}/fullchain.pem`, key: `${folder}/privkey.pem` };
}

/** The stack that a target stands for. @throws SkylabError `NoTlsSite` */
export function stackOf(facts: CertificateFacts, target: Target & { readonly kind: 'stack' }): ServedStack {
  const stack = facts.stacks.find(({ name, sites }) => name === target.stack && sites.some(({ host }) => host === target.host));
  if (stack !== undefined) return stack;
  throw new SkylabError(`${target.stack} does not serve ${target.host} any more.`, {
    next: 'Look at the certificates again.',
    code: 'NoTlsSite',
  });
}

/** Whether a site takes its certificate from the place of Skylab's already: then nothing but the files is changed. */
export function usesOwn(facts: CertificateFacts, target: Target): boolean {
  const { certificate } = ownFiles(target.host);
  if (target.kind !== 'stack') return false;
  const { sites, mounts } = stackOf(facts, target);
  const mounted = mounts.some(
    ({ source, target: inside }) => source === posix.dirname(certificate) && inside === posix.dirname(certificate),
  );
  return mounted && sites.some(({ host, files }) => host === target.host && files?.certificate === certificate);
}

/** Old files stay beside the new ones until the site was seen with these. Parameters: folder, group of the key; standard input has both. */
const PUT = `umask 022
mkdir -p "$1"
umask 077
new=$(mktemp "$1/.new.XXXXXX"); trap 'rm -f "$new"' EXIT
cat >"$new"
for name in fullchain privkey; do
  [ -e "$1/$name.pem.before" ] || { [ ! -e "$1/$name.pem" ] || cp -p "$1/$name.pem" "$1/$name.pem.before"; }
done
sed -n '/^-----BEGIN CERTIFICATE/,/^-----END CERTIFICATE/p' "$new" >"$1/fullchain.pem.new"
sed -n '/^-----BEGIN PRIVATE KEY/,/^-----END PRIVATE KEY/p' "$new" >"$1/privkey.pem.new"
chmod 0644 "$1/fullchain.pem.new"
chown "root:$2" "$1/privkey.pem.new"; chmod 0640 "$1/privkey.pem.new"
mv -f "$1/privkey.pem.new" "$1/privkey.pem"; mv -f "$1/fullchain.pem.new" "$1/fullchain.pem"
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$1" || :; fi`;

const PUT_BACK = `for name in fullchain privkey; do
  if [ -e "$1/$name.pem.before" ]; then mv -f "$1/$name.pem.before" "$1/$name.pem"; else rm -f "$1/$name.pem" "$1/$name.pem.new"; fi
done
rmdir "$1" 2>/dev/null || :`;

/** Puts the files of a certificate on the machine: the key for root and one group only. @param group a name or a number */
export function putOwn(host: string, { chain, key }: GivenCertificate, group: string): RemoteCommand {
  const command = rootScript(PUT, [ownFiles(host).folder, group], `put the certificate for ${host} in place`);
  return { ...command, stdin: new Secret(chain + key.reveal()) };
}

/** The files that were there before, or none. @param reload shell that has the server read them again */
export function putOwnBack(host: string, reload = ':'): RemoteCommand {
  // the files are what counts: a server that refuses its configuration still runs with what it read before
  return rootScript(`${PUT_BACK}\n(${reload}\n) || :`, [ownFiles(host).folder], `put the certificate for ${host} back`);
}

/** Nothing needs the old files any more. */
export function forgetBefore(host: string): RemoteCommand {
  return rootScript('rm -f "$1/fullchain.pem.before" "$1/privkey.pem.before"', [ownFiles(host).folder], 'remove the old certificate');
}

/** Asks the server itself which certificate it shows, for up to twenty seconds. Parameters: port, name, fingerprint. */
const PROVE = `i=0
while :; do
  got=$(openssl s_client -connect "127.0.0.1:$1" -servername "$2" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null) || got=
  [ "\${got#*=}" = "$3" ] && exit 0
  i=$((i + 1)); [ "$i" -lt 20 ] || break
  sleep 1
done
echo "the server on port $1 shows another certificate for $2" >&2
exit 1`;

/**
 * Gives a site a certificate of the person's own. A stack takes this way only when it reads the files of Skylab's already
 * (`usesOwn`): else it needs a new release.
 * @param user the login's name
 */
export function useOwn(user: string, target: Target, given: GivenCertificate): Task<CertificateFacts> {
  const { host, port } = target;
  const title = `Use the certificate for ${host}`;
  return {
    id: 'certificates.use',
    title,
    look: certificateFacts(user),
    plan(facts) {
      const files = ownFiles(host);
      const there = facts.kept.find(({ path }) => path === files.certificate);
      const same = there?.keyFits !== false && there?.certificate.fingerprint === given.certificate.fingerprint;
      const edited = target.kind === 'stack' ? undefined : editOf(facts, target, files);
      if (same && edited === undefined) return { acts: [] };
      const server = serverOf(facts, target);
      const changes: Change[] = [
        ...(facts.openssl ? [] : installPackages(familyOf(facts.os), ['openssl'])),
        {
          line: `puts the certificate for ${host} into ${files.folder}, its key for root and the server only`,
          command: putOwn(host, given, server.group),
          undo: putOwnBack(host, server.reload),
        },
        ...(edited === undefined
          ? []
          : [
              {
                line: `has ${edited.path} use it`,
                command: putFile(edited.path, '0644', edited.after),
                undo: putFile(edited.path, '0644', edited.before),
              },
            ]),
        scripted(`has ${server.name} read it, without a gap`, server.reload),
        scripted(`sees that port ${port} shows it for ${host}; else all of this is taken back`, PROVE, [
          String(port),
          host,
          given.certificate.fingerprint,
        ]),
        { line: 'removes the files that were there before', command: forgetBefore(host) },
      ];
      return { acts: [{ name: 'certificate', title, changes }], notes: given.notes };
    },
  };
}

/** The file of a server's sites as it would be; undefined where nothing changes. @throws SkylabError `NoTlsSite` */
export function editOf(
  facts: CertificateFacts,
  target: Target & { readonly kind: 'nginx' | 'caddy' },
  files: { readonly certificate: string; readonly key: string },
): { readonly path: string; readonly before: string; readonly after: string } | undefined {
  const file =
    target.kind === 'caddy' ? facts.caddyfile : facts.nginx.find(({ path, text }) => path === target.path && serves(text, target.host));
  if (file === undefined) {
    throw new SkylabError(`${target.path} is not there any more.`, { next: 'Look at the certificates again.', code: 'NoTlsSite' });
  }
  const { path, text } = file;
  const edits =
    target.kind === 'caddy'
      ? useFilesInCaddyfile(path, text, target.host, files, (word) => word)
      : useFilesInNginx(path, text, target.host, files);
  return edits.length === 0 ? undefined : { path, before: text, after: applyEdits(path, text, edits) };
}

const serves = (text: string, host: string): boolean => nginxServers(text).some(({ names }) => names.includes(host));

/** Checked before, with the user and the environment of the one that runs: a reload that Caddy refuses makes systemd wait for a minute and a half. */
const RELOAD_CADDY = `pid=$(systemctl show --property=MainPID --value caddy); user=$(systemctl show --property=User --value caddy)
[ "$pid" != 0 ] || { echo "Caddy does not run" >&2; exit 1; }
said=$(xargs -0 -a "/proc/$pid/environ" sh -c 'exec runuser -u "$0" -- env "$@" caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile' "\${user:-root}" 2>&1) || { printf '%s\\n' "$said" | tail -n 1 >&2; exit 1; }
systemctl reload caddy`;

/** How a server is had to read its files again, and which group reads its keys. */
function serverOf(facts: CertificateFacts, target: Target): { readonly name: string; readonly reload: string; readonly group: string } {
  switch (target.kind) {
    case 'nginx':
      return { name: 'nginx', reload: 'nginx -t -q\nsystemctl reload nginx', group: 'root' };
    case 'caddy':
      return { name: 'Caddy', reload: RELOAD_CADDY, group: 'caddy' };
    case 'stack': {
      const { container, caddyfile, gid } = stackOf(facts, target);
      if (container === undefined) {
        throw new SkylabError(`Caddy of ${target.stack} does not run.`, { next: 'Start it first.', code: 'NotRunning' });
      }
      // "force": the configuration is the same, the files it names are not
      const words = `docker exec '${container}' caddy reload --force --adapter caddyfile --config '${caddyfile.inside}'`;
      return {
        name: `Caddy of ${target.stack}`,
        reload: `out=$(${words} 2>&1) || { printf '%s\\n' "$out" | tail -n 3 >&2; exit 1; }`,
        group: String(gid),
      };
    }
  }
}
