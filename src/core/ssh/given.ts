import { isIPv4, isIPv6 } from 'node:net';
import type { ConfigLine } from './configLines';
import { configLines } from './configLines';
import { matchesPatterns } from './hostKeys';

/** What a pasted text says about a machine. What it leaves out is asked. */
export interface GivenDraft {
  readonly name: string;
  readonly hostName: string;
  /** 22 unless said. */
  readonly port: number;
  readonly user?: string;
  /** As pasted; `~/` becomes the home folder where one was handed in. */
  readonly identityFile?: string;
  /** Machines on the way, in the order in which they are passed. */
  readonly jumps?: readonly GivenHop[];
}

/** A machine on the way. What the text leaves out is asked, or taken over from the machine behind it. */
interface GivenHop {
  readonly hostName: string;
  readonly port: number;
  readonly user?: string;
  readonly identityFile?: string;
}

/** A sentence for the person: what the text lacks. */
export interface GivenProblem {
  readonly problem: string;
}

interface Found {
  alias?: string;
  hostName?: string;
  port?: string;
  user?: string;
  identityFile?: string;
  /** As ProxyJump names them: `[user@]host[:port]`, separated by commas. */
  jump?: string;
  /** A ProxyCommand that is no simple jump. */
  command?: boolean;
}

/**
 * Reads what an instructor hands out: a host name, `user@host:port`, `ssh://…`, an `ssh -i key -p 22 user@host` line,
 * an ssh config block, or a course's lines with both (a `Host *.domain` block and the `ssh NAME.domain` line that uses it).
 * @param homeDir replaces a leading `~/` of the key's path
 */
export function parseGiven(text: string, homeDir?: string): GivenDraft | GivenProblem {
  const lines = text.split(/\r?\n/).map((line) => line.trim().replace(/^[`$>\s]+|[`\s]+$|(?<=\w)[`.]+$/g, ''));
  const commands = lines.filter((line) => /^ssh\s/.test(line));
  const blocks = configLines(lines.join('\n')).filter(({ keyword }) => configKeywords.has(keyword));
  const bare = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const first = bare[0];
  if (first === undefined) return { problem: 'Paste a host name, an ssh command or the lines that you were given.' };
  const found = commands[0] !== undefined ? fromCommand(commands[0]) : fromBlockOrName(blocks, bare);
  if ('problem' in found) return found;
  fill(found, blocks);
  const jumps = hops(found, blocks, homeDir, 0);
  if ('problem' in jumps) return jumps;
  const given = draft(found, homeDir);
  return 'problem' in given || jumps.length === 0 ? given : { ...given, jumps };
}

/** As long as ssh itself would hardly follow. */
const MAX_HOPS = 8;

/** The machines on the way; one that the pasted blocks describe is taken from there, with its own way. */
function hops(found: Found, blocks: readonly ConfigLine[], homeDir: string | undefined, depth: number): readonly GivenHop[] | GivenProblem {
  if (found.command === true)
    return { problem: 'These lines reach it by a ProxyCommand of their own: add the host to ~/.ssh/config instead, or use ProxyJump.' };
  if (found.jump === undefined) return [];
  if (depth > MAX_HOPS) return { problem: 'These jump hosts lead in a circle.' };
  const all: GivenHop[] = [];
  for (const [index, word] of found.jump.split(',').entries()) {
    const hop = fromDestination(word.trim());
    if ('problem' in hop) return hop;
    fill(hop, blocks);
    // ssh goes to the first by the way that its own block says, and to the next through the one before
    const before = index === 0 ? hops(hop, blocks, homeDir, depth + 1) : [];
    if ('problem' in before) return before;
    const given = draft(hop, homeDir);
    if ('problem' in given) return given;
    const { hostName, port, user, identityFile } = given;
    all.push(...before, { hostName, port, ...(user !== undefined && { user }), ...(identityFile !== undefined && { identityFile }) });
  }
  return all;
}

const configKeywords = new Set(['host', 'hostname', 'user', 'port', 'identityfile', 'proxyjump', 'proxycommand']);

function fromBlockOrName(blocks: readonly ConfigLine[], bare: readonly string[]): Found | GivenProblem {
  const hosts = blocks.filter(({ keyword }) => keyword === 'host').flatMap(({ args }) => args);
  const named = hosts.find((host) => !/[*?!]/.test(host));
  if (named !== undefined) return { alias: named };
  const name =
    bare.find((line) => !/\s|=/.test(line) && /[.:@]/.test(line)) ?? (bare.length === 1 && hosts.length === 0 ? bare[0] : undefined);
  if (name !== undefined && !/\s/.test(name)) return fromDestination(name);
  const pattern = hosts[0];
  if (pattern !== undefined)
    return {
      problem: `These lines speak of ${pattern}: add a line with the full name of your machine, such as ${pattern.replace('*', 'ada')}.`,
    };
  if (blocks.some(({ keyword }) => keyword === 'hostname')) return {};
  return { problem: 'This is neither a host name nor an ssh command: paste one such as ada.example.org or ssh user@ada.example.org.' };
}

/** Options of ssh(1) that take an argument. */
const withArgument = 'BbcDEeFIiJLlmOoPpQRSWw';

function fromCommand(line: string): Found | GivenProblem {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '').slice(1);
  const found: Found = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!/^-./.test(word)) {
      const destination = fromDestination(word);
      if ('problem' in destination) return destination;
      return { ...destination, ...found };
    }
    const at = Array.from(word.slice(1)).findIndex((letter) => withArgument.includes(letter)) + 1;
    if (at === 0) continue;
    const value = word.length > at + 1 ? word.slice(at + 1) : (words[++i] ?? '');
    take(found, word.charAt(at), value);
  }
  return { problem: 'This ssh command names no machine: paste one such as ssh user@ada.example.org.' };
}

function take(found: Found, option: string, value: string): void {
  if (option === 'i') found.identityFile = value;
  else if (option === 'p') found.port = value;
  else if (option === 'l') found.user = value;
  else if (option === 'J') found.jump = value;
  else if (option === 'o') fill(found, configLines(value));
}

/** `[user@]host[:port]`, `ssh://[user@]host[:port]`, IPv6 with or without brackets. */
function fromDestination(text: string): Found | GivenProblem {
  const url = /^(?:ssh|sftp):\/\//i.test(text);
  const plain = text.replace(/^(?:ssh|sftp):\/\//i, '').replace(/\/.*$/, '');
  const at = plain.lastIndexOf('@');
  const user = at > 0 ? plain.slice(0, at) : undefined;
  const rest = plain.slice(at + 1);
  const [, bracketed, named, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(rest) ?? [];
  const host = bracketed ?? named ?? (isIPv6(rest) ? rest : undefined);
  if (host === undefined || host === '')
    return { problem: `“${short(text)}” is not an address of a machine${url ? '' : ': use user@host or user@host:port'}.` };
  return { alias: host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** Takes what the config blocks that match say and the text before did not, first value first, as ssh does. */
function fill(found: Found, lines: readonly ConfigLine[]): void {
  let applies = true;
  for (const { keyword, args } of lines) {
    const value = args[0] ?? '';
    if (keyword === 'host') applies = found.alias === undefined || matchesPatterns(args, found.alias);
    else if (!applies) continue;
    else if (keyword === 'hostname') found.hostName ??= value.replaceAll('%h', found.alias ?? '%h');
    else if (keyword === 'user') found.user ??= value;
    else if (keyword === 'port') found.port ??= value;
    else if (keyword === 'identityfile') found.identityFile ??= value;
    else if (keyword === 'proxyjump') {
      // the first one counts, also where it says that there is no way
      if (found.jump === undefined && value.toLowerCase() !== 'none') found.jump = value;
    } else if (keyword === 'proxycommand' && found.jump === undefined && value.toLowerCase() !== 'none') {
      const by = simpleJump(args.join(' '));
      if (by === undefined) found.command = true;
      else found.jump = by;
    }
  }
}

/** The machine of a ProxyCommand that does what ProxyJump does: `ssh -W %h:%p bastion`, `ssh bastion nc %h %p`. */
function simpleJump(command: string): string | undefined {
  const [, first, last] =
    /^ssh\s+(?:-q\s+)?(?:(?:-W\s*\[?%h\]?:%p)\s+([^\s-]\S*)|([^\s-]\S*)\s+(?:-W\s*\[?%h\]?:%p|nc\s+(?:-\w+\s+)*%h\s+%p))(?:\s+2>\s*\/dev\/null)?$/.exec(
      command,
    ) ?? [];
  return first ?? last;
}

function draft(found: Found, homeDir: string | undefined): GivenDraft | GivenProblem {
  const hostName = found.hostName ?? found.alias ?? '';
  const placeholder = /<[^>]*>|your[-_][a-z_-]+|\bx{2,}\.x{2,}/i.exec(hostName)?.[0];
  if (placeholder !== undefined) return { problem: `Put your own name or address in place of ${short(placeholder)}.` };
  if (!isHost(hostName)) return { problem: `“${short(hostName)}” is not a host name or address.` };
  const port = Number(found.port ?? '22');
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    return { problem: `${short(found.port ?? '')} is not a port: use a number from 1 to 65535.` };
  if (found.user !== undefined && !/^[^\s"'#%\\-][^\s"'#%\\]*$/.test(found.user))
    return { problem: `“${short(found.user)}” is not a user name.` };
  const alias = found.alias ?? hostName;
  const named = isIPv4(alias) || isIPv6(alias) ? alias : (alias.split('.')[0] ?? alias);
  return {
    name: named,
    hostName,
    port,
    ...(found.user === undefined ? {} : { user: found.user }),
    ...(found.identityFile === undefined || found.identityFile === '' ? {} : { identityFile: expandHome(found.identityFile, homeDir) }),
  };
}

function isHost(text: string): boolean {
  return isIPv6(text) || (text.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(text) && !text.includes('..'));
}

function expandHome(path: string, homeDir: string | undefined): string {
  return homeDir === undefined ? path : path.replace(/^~(?=\/|\\|$)|^\$HOME(?=\/)/, () => homeDir);
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
