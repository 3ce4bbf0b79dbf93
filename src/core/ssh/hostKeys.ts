import { createHash, createHmac } from 'node:crypto';
import type { Fingerprint, HostKey } from './model';

export type ConsoleHostKeys =
  { readonly outcome: 'blank' } | { readonly outcome: 'absent' } | { readonly outcome: 'keys'; readonly keys: readonly HostKey[] };

const keyTypes = 'ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com';
const keyInLine = new RegExp(`(?:^|[\\s:])(${keyTypes})\\s+([A-Za-z0-9+/]+={0,2})(?=\\s|$)`);

/**
 * The host keys in the last complete block that cloud-init prints to the console
 * (`-----BEGIN SSH HOST KEY KEYS-----` to `-----END …`, module cc_keys_to_console). Lines may carry syslog or kernel prefixes.
 * `blank`: nothing was printed yet. `absent`: the console shows text, but no complete block with a key in it.
 */
export function parseConsoleHostKeys(console: string): ConsoleHostKeys {
  if (console.trim() === '') return { outcome: 'blank' };
  let open: HostKey[] | undefined;
  let last: readonly HostKey[] = [];
  for (const line of console.split(/\r\n|\r|\n/)) {
    if (line.includes('-----BEGIN SSH HOST KEY KEYS-----')) open = [];
    else if (open !== undefined && line.includes('-----END SSH HOST KEY KEYS-----')) {
      if (open.length > 0) last = open;
      open = undefined;
    } else if (open !== undefined) {
      const [, type, blob] = keyInLine.exec(line) ?? [];
      const key = hostKey(type, blob);
      if (key !== undefined) open.push(key);
    }
  }
  return last.length > 0 ? { outcome: 'keys', keys: last } : { outcome: 'absent' };
}

/** A key whose blob names the same type as the text beside it (RFC 4253, 6.6), or undefined. */
function hostKey(type: string | undefined, blob: string | undefined): HostKey | undefined {
  if (type === undefined || blob === undefined || typeOfBlob(Buffer.from(blob, 'base64')) !== type) return undefined;
  return { type, blob };
}

/** The key type at the start of a public key blob, or undefined when it is none. */
export function typeOfBlob(blob: Uint8Array): string | undefined {
  const bytes = Buffer.from(blob);
  if (bytes.length < 8) return undefined;
  const length = bytes.readUInt32BE(0);
  return length > 0 && length < 64 && bytes.length > 4 + length ? bytes.toString('latin1', 4, 4 + length) : undefined;
}

/** SHA256 fingerprint as `ssh-keygen -l` prints it: of the blob, base64 without padding. */
export function fingerprintOf(key: HostKey): Fingerprint {
  const digest = createHash('sha256').update(Buffer.from(key.blob, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}` as Fingerprint;
}

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHostLine {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** The host field as written: comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  readonly key: HostKey;
}

/** One line, or undefined for a comment, an empty line, or one that OpenSSH would skip too. */
export function parseKnownHostLine(line: string): KnownHostLine | undefined {
  const words = line.trim().split(/[ \t]+/);
  const first = words[0] ?? '';
  if (first === '' || first.startsWith('#')) return undefined;
  const marker = first === '@revoked' ? 'revoked' : first === '@cert-authority' ? 'cert-authority' : 'none';
  if (marker === 'none' && first.startsWith('@')) return undefined;
  const [hosts, type, blob] = marker === 'none' ? words : words.slice(1);
  const key = hostKey(type, blob);
  return hosts === undefined || key === undefined ? undefined : { marker, hosts, key };
}

/** All lines of a known_hosts file that carry a key. */
export function parseKnownHosts(text: string): readonly KnownHostLine[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(parseKnownHostLine)
    .filter((line) => line !== undefined);
}

/** The name under which OpenSSH keeps a host: `host` on port 22, `[host]:port` on any other. */
export function knownHostName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

/** Does the line speak for this name? Handles hashed names, `*`, `?` and negation as OpenSSH's `match_hostname` does. */
export function matchesHost(line: KnownHostLine, name: string): boolean {
  if (line.hosts.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = line.hosts.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  return matchesPatterns(line.hosts.split(','), name);
}

/** OpenSSH's pattern list: any negated match refuses, otherwise one match is enough. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  const matches = (pattern: string): boolean => glob(pattern.toLowerCase()).test(lower);
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern));
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}

export type Judgement = 'match' | 'unknown' | 'changed' | 'revoked';

/**
 * What an offered key is, given the trusted and revoked ones. A key of another type than every trusted one counts as `changed`:
 * offering a new type must not turn a refusal into a question.
 */
export function judge(key: HostKey, trusted: readonly HostKey[], revoked: readonly HostKey[]): Judgement {
  const same = (other: HostKey): boolean => other.type === key.type && other.blob === key.blob;
  if (revoked.some(same)) return 'revoked';
  if (trusted.length === 0) return 'unknown';
  return trusted.some(same) ? 'match' : 'changed';
}
