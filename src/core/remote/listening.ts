import type { RemoteCommand } from './command';

/** A TCP port that something listens on. */
export interface ListeningPort {
  readonly port: number;
  /** Addresses as the machine prints them; `*` is every one. */
  readonly addresses: readonly string[];
  /** The program, where the login user may see it. */
  readonly process?: string;
}

/** Prints who listens: `ss` where it is, the kernel's own table elsewhere (busybox). */
export const listeningScript = String.raw`
if command -v ss >/dev/null 2>&1 && out=$(ss -Hltnp 2>/dev/null); then printf '%s\n' "$out" | sed 's/^/ss /'
else cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed 's/^/proc /'; fi
`;

/** The TCP ports that something on the machine listens on, by number. */
export const listeningPorts: RemoteCommand<readonly ListeningPort[]> = {
  argv: ['sh', '-s'],
  stdin: listeningScript,
  what: 'list the listening ports',
  parse: parseListening,
};

/** Reads what `listeningScript` prints. */
export function parseListening(text: string): readonly ListeningPort[] {
  const found = new Map<number, { addresses: Set<string>; process: string | undefined }>();
  for (const line of text.split('\n')) {
    const one = line.startsWith('ss ') ? ssLine(line.slice(3)) : line.startsWith('proc ') ? procLine(line.slice(5)) : undefined;
    if (one === undefined) continue;
    const known = found.get(one.port) ?? { addresses: new Set(), process: undefined };
    known.addresses.add(one.address);
    known.process ??= one.process;
    found.set(one.port, known);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([port, { addresses, process }]) => ({ port, addresses: [...addresses], ...(process === undefined ? {} : { process }) }));
}

interface Line {
  readonly address: string;
  readonly port: number;
  readonly process?: string | undefined;
}

/** `LISTEN 0 128 127.0.0.1%lo:8888 0.0.0.0:* users:(("jupyter-lab",pid=7,fd=6))` (ss(8), -H -l -t -n -p). */
function ssLine(line: string): Line | undefined {
  const words = line.trim().split(/\s+/);
  const local = words[3] ?? '';
  const cut = local.lastIndexOf(':');
  const port = Number(local.slice(cut + 1));
  if (words[0] !== 'LISTEN' || cut < 0 || !Number.isInteger(port) || port < 1) return undefined;
  return { address: plain(local.slice(0, cut)), port, process: /users:\(\("(.+?)",pid=/.exec(line)?.[1] };
}

/** `0: 0100007F:22B8 00000000:0000 0A …`: addresses in hexadecimal, each 32 bits in the machine's byte order; 0A is LISTEN (proc_pid_net(5)). */
function procLine(line: string): Line | undefined {
  const [, local = '', , state] = line.trim().split(/\s+/);
  const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(local);
  if (match === null || state !== '0A') return undefined;
  return { address: hexAddress(match[1] ?? ''), port: parseInt(match[2] ?? '', 16) };
}

function hexAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => parseInt(byte, 16)));
  if (bytes.every((byte) => byte === 0)) return '*';
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  return Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16)).join(':');
}

function plain(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  return bare === '0.0.0.0' || bare === '::' || bare === '' ? '*' : bare;
}

const wellKnown: Readonly<Record<number, string>> = {
  80: 'HTTP',
  443: 'HTTPS',
  2375: 'Docker',
  3000: 'web app',
  3306: 'MySQL',
  4040: 'Spark',
  5000: 'web app',
  5432: 'Postgres',
  5900: 'VNC',
  6006: 'TensorBoard',
  6379: 'Redis',
  7860: 'Gradio',
  8000: 'JupyterHub',
  8001: 'JupyterHub API',
  8080: 'web app',
  8501: 'Streamlit',
  8787: 'RStudio or Dask',
  8888: 'Jupyter',
  8900: 'GraphTerm',
  27017: 'MongoDB',
};

/** What usually runs on a port, as a person calls it. */
export function portName(port: number): string | undefined {
  return wellKnown[port] ?? (port > 8888 && port < 8900 ? 'Jupyter' : undefined);
}
