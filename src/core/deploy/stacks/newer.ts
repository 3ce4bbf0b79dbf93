import { ENGINE_SCRIPT } from '../../docker/engine';
import type { RemoteCommand } from '../../remote/command';

/** An image that a stack's containers run, against what its registry has under the same name now. */
export interface ImageNews {
  readonly image: string;
  readonly services: readonly string[];
  /** `local`: made on the machine. `pinned`: by its digest, so that nothing newer can come. `unknown`: the registry could not be asked. */
  readonly state: 'same' | 'newer' | 'local' | 'pinned' | 'unknown';
  /** Digest of what runs. */
  readonly here?: string;
  /** Digest at the registry. */
  readonly there?: string;
  /** Why the registry could not be asked. */
  readonly why?: string;
}

/**
 * Docker's engine asks the registry, so that its mirrors and certificates count, with the account that `docker login` has kept there
 * (https://docs.docker.com/reference/api/engine/#tag/Distribution). The account goes by standard input: no argument shows it.
 */
const SCRIPT = String.raw`${ENGINE_SCRIPT}
[ -n "$D" ] || exit 0
S=; case $D in sudo*) S='sudo -n';; esac
command -v curl >/dev/null 2>&1 || { printf 'fault\tcurl is not installed on the machine\n'; exit 0; }
quoted() { printf %s "$1" | sed 's/[\\"]/\\&/g'; }
account() {
  f=$HOME/.docker/config.json; [ -r "$f" ] || return 0
  a=$(tr -d ' \n\t' <"$f" | sed -n "s|.*\"$1\":{[^}]*\"auth\":\"\([^\"]*\)\".*|\1|p"); [ -n "$a" ] || return 0
  both=$(printf %s "$a" | base64 -d)
  h=$(printf '{"username":"%s","password":"%s","serveraddress":"%s"}' "$(quoted "\${both%%:*}")" "$(quoted "\${both#*:}")" "$1" | base64 -w0 | tr '+/' '-_')
  printf 'header = "X-Registry-Auth: %s"\n' "$h"
}
ids=$($D ps -aq --filter "label=com.docker.compose.project=$1"); [ -n "$ids" ] || exit 0
$D inspect --format '{{.Config.Image}}|{{.Image}}|{{index .Config.Labels "com.docker.compose.service"}}' $ids | sort -u | while IFS='|' read -r ref id service; do
  here=$($D image inspect --format '{{range .RepoDigests}}{{.}} {{end}}' "$id" 2>/dev/null)
  code=; said=
  case $ref in
  *@*|sha256:*) ;;
  *) case $ref in localhost/*|*.*/*|*:*/*) registry=\${ref%%/*} ;; *) registry=https://index.docker.io/v1/ ;; esac
    said=$(account "$registry" | $S curl -sS -m 20 -K - --unix-socket /var/run/docker.sock "http://localhost/distribution/$ref/json" 2>&1 | tr -d '\n\t|') ;;
  esac
  printf 'image\t%s|%s|%s|%s\n' "$ref" "$service" "$here" "$said"
done
`.replaceAll('\\${', '${');

/** Asks the registries about the images of a stack. @param name the Compose project */
export function newerCommand(name: string): RemoteCommand<readonly ImageNews[]> {
  return { argv: ['sh', '-c', SCRIPT, 'newer', name], parse: parseNewer, what: 'ask the registries' };
}

/** Reads what the script prints; images in their order, each once. */
function parseNewer(stdout: string): readonly ImageNews[] {
  const found = new Map<string, ImageNews>();
  let fault: string | undefined;
  for (const line of stdout.split('\n')) {
    const [kind, value = ''] = line.split('\t');
    if (kind === 'fault') fault = value;
    if (kind !== 'image') continue;
    const [image = '', service = '', here = '', said = ''] = value.split('|');
    const before = found.get(image);
    const services = [...(before?.services ?? []), service];
    found.set(image, { ...(before ?? judged(image, here, said)), services });
  }
  return fault === undefined ? [...found.values()] : [{ image: '', services: [], state: 'unknown', why: fault }];
}

function judged(image: string, here: string, said: string): Omit<ImageNews, 'services'> {
  const digests = here.split(' ').flatMap((one) => one.split('@')[1] ?? []);
  const [own] = digests;
  const mine = own === undefined ? {} : { here: own };
  if (image.includes('@') || image.startsWith('sha256:')) return { image, state: 'pinned', ...mine };
  const there = /"digest":"(sha256:[0-9a-f]{64})"/.exec(said)?.[1];
  if (there === undefined) {
    // what was built there has no digest of a registry, and none of them knows it
    if (own === undefined) return { image, state: 'local' };
    const why = /"message":"((?:[^"\\]|\\.)*)"/.exec(said)?.[1]?.replaceAll('\\"', '"') ?? said.slice(0, 200);
    return { image, state: 'unknown', ...mine, why: why === '' ? 'Docker gave no answer' : why };
  }
  return { image, state: digests.includes(there) ? 'same' : 'newer', ...mine, there };
}
