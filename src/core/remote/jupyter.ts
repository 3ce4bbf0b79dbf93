import { finished } from 'node:stream';
import { Secret } from '../secret';
import type { RemoteCommand } from './command';
import { listeningPorts } from './listening';
import type { RemoteSession, TcpAddress } from './session';

/** A Jupyter server that runs on a machine. */
export interface JupyterServer {
  /** Where it is reached, as the machine sees it. */
  readonly at: TcpAddress;
  readonly secure: boolean;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** Absent where the server wants a password, or keeps its token from the login user. */
  readonly token?: Secret;
  /** Where its notebooks are, on the machine or in the container. */
  readonly folder?: string;
  /** The container that it runs in. */
  readonly container?: string;
}

/**
 * Prints the files in which running servers describe themselves (`jupyter server list` reads the same ones), of the login user and of
 * containers. A file whose process is gone is left out.
 */
const script = String.raw`
export LC_ALL=C
limit() { if command -v timeout >/dev/null 2>&1; then timeout 8 "$@"; else "$@"; fi; }
show='for d in "$JUPYTER_RUNTIME_DIR" "$JUPYTER_DATA_DIR/runtime" "$XDG_DATA_HOME/jupyter/runtime" "$HOME/.local/share/jupyter/runtime" /home/*/.local/share/jupyter/runtime; do
  for f in "$d"/jpserver-*.json "$d"/nbserver-*.json; do
    [ -r "$f" ] || continue
    p=$(printf %s "$f" | tr -cd 0-9- | sed "s/.*-//"); [ -d /proc ] && [ ! -d "/proc/$p" ] && continue
    printf "server "; tr -d "\n\r" <"$f"; echo
  done
done'
echo 'at machine'
sh -c "$show"
if command -v docker >/dev/null 2>&1; then
  D=docker; limit docker ps >/dev/null 2>&1 || D='sudo -n docker'
  for id in $(limit $D ps -q 2>/dev/null | head -n 30); do
    limit $D inspect -f 'at container {{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}},{{end}} {{range $p, $b := .NetworkSettings.Ports}}{{range $b}}{{$p}}={{.HostIp}}={{.HostPort}};{{end}}{{end}}' "$id" 2>/dev/null
    limit $D exec "$id" sh -c "$show" 2>/dev/null </dev/null
  done
fi
exit 0
`;

const runningServers: RemoteCommand<readonly JupyterServer[]> = {
  argv: ['sh', '-s'],
  stdin: script,
  what: 'look for Jupyter servers',
  parse: parseJupyter,
};

/** Ports on which Jupyter is looked for where no file tells of it. */
const usual = { first: 8888, last: 8899 };
const probeMs = 4000;
const maxAnswer = 64 * 1024;

/** The servers of a machine: those that describe themselves, then those that answer on Jupyter's usual ports. */
export async function findJupyter(session: RemoteSession, signal?: AbortSignal): Promise<readonly JupyterServer[]> {
  const options = signal === undefined ? {} : { signal };
  const [told, listening] = await Promise.all([session.run(runningServers, options), session.run(listeningPorts, options)]);
  const open = new Set(listening.map(({ port }) => port));
  const alive = told.filter(({ at, container }) => container !== undefined || open.has(at.port));
  const known = new Set(alive.map(({ at }) => at.port));
  const candidates = [...open].filter((port) => port >= usual.first && port <= usual.last && !known.has(port));
  const probed = await Promise.all(
    candidates.map(async (port): Promise<JupyterServer[]> => {
      const at = { host: 'localhost', port };
      return (await isJupyter(session, at)) ? [{ at, secure: false, basePath: '/' }] : [];
    }),
  );
  return [...alive, ...probed.flat()];
}

/** Reads what the script prints. */
export function parseJupyter(text: string): readonly JupyterServer[] {
  const servers = new Map<string, JupyterServer>();
  let container: Container | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('at ')) container = containerOf(line);
    if (!line.startsWith('server ')) continue;
    const server = serverOf(line.slice('server '.length), container);
    if (server !== undefined) servers.set(`${server.at.host}:${server.at.port}`, server);
  }
  return [...servers.values()];
}

interface Container {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Port inside -> where it is published. */
  readonly published: ReadonlyMap<number, TcpAddress>;
}

/** `at container /lab 172.17.0.2, 8888/tcp=0.0.0.0=8888;` */
function containerOf(line: string): Container | undefined {
  const [, kind, name = '', addresses = '', ports = ''] = line.split(' ');
  if (kind !== 'container') return undefined;
  const published = new Map<number, TcpAddress>();
  for (const port of ports.split(';')) {
    const [inside, address = '', outside] = port.split('=');
    const match = /^(\d+)\/tcp$/.exec(inside ?? '');
    if (match === null || !(Number(outside) > 0)) continue;
    const host = isWildcard(address) || address === '127.0.0.1' ? 'localhost' : address;
    if (!published.has(Number(match[1]))) published.set(Number(match[1]), { host, port: Number(outside) });
  }
  return { name: name.replace(/^\//, ''), addresses: addresses.split(',').filter((one) => one !== ''), published };
}

/** The fields that jupyter_server and notebook write into `jpserver-PID.json`. */
function serverOf(json: string, container: Container | undefined): JupyterServer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // half-written, or not Jupyter's
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { port, hostname, base_url, token, secure, root_dir, notebook_dir } = value as Record<string, unknown>;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) return undefined;
  const host = typeof hostname === 'string' && !isWildcard(hostname) && hostname !== '127.0.0.1' ? hostname : 'localhost';
  const inside = container?.addresses[0];
  const at = container === undefined ? { host, port } : (container.published.get(port) ?? (inside && { host: inside, port }));
  if (at === undefined || at === '') return undefined;
  const folder = root_dir ?? notebook_dir;
  return {
    at,
    secure: secure === true,
    basePath: typeof base_url === 'string' && /^\/[\w./~%@-]*$/.test(base_url) ? base_url.replace(/\/*$/, '/') : '/',
    ...(typeof token === 'string' && token !== '' ? { token: new Secret(token) } : {}),
    ...(typeof folder === 'string' ? { folder } : {}),
    ...(container === undefined ? {} : { container: container.name }),
  };
}

const isWildcard = (address: string): boolean => ['', '*', '0.0.0.0', '::', '[::]'].includes(address);

/** Asks for `/api`, which every Jupyter server answers with its version and without a login. */
async function isJupyter(session: RemoteSession, at: TcpAddress): Promise<boolean> {
  try {
    const stream = await session.connect(at, { timeoutMs: probeMs });
    stream.on('error', () => undefined);
    let answer = '';
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => stream.destroy(), probeMs);
      finished(stream, { writable: false }, () => {
        clearTimeout(timer);
        resolve();
      });
      stream.on('data', (piece: Buffer) => {
        answer += piece.toString('latin1');
        if (answer.length > maxAnswer) stream.destroy();
      });
      stream.write(`GET /api HTTP/1.1\r\nHost: localhost:${at.port}\r\nConnection: close\r\n\r\n`);
    });
    stream.destroy();
    return /^HTTP\/1\.\d 200\b/.test(answer) && /\{\s*"version"\s*:\s*"[\d.]+\w*"\s*\}/.test(answer);
  } catch {
    // what does not answer is no Jupyter server
    return false;
  }
}
