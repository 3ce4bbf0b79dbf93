import { userInfo } from 'node:os';
import { SkylabError } from '../errors';
import { isAlias } from './alias';
import { configLines } from './configLines';
import { matchesPatterns } from './hostKeys';
import { withJumps } from './jumps';
import type { SshAlias, SshTarget } from './model';

/** How Skylab's ssh files are named inside ssh_config texts: by `~` where ssh expands it to the same folder, by absolute path elsewhere. */
export interface SshPaths {
  /** Argument of the Include, such as `~/.ssh/skylab/*.conf`. */
  readonly include: string;
  readonly knownHosts: string;
}

/**
 * OpenSSH expands `~` by the user database, not by `$HOME`; where these differ, the files are named by absolute path.
 * @param homeDir the folder whose `.ssh` Skylab uses
 */
export function sshPaths(homeDir: string, accountHome = userInfo().homedir): SshPaths {
  const home = sameFolder(homeDir, accountHome) ? '~' : homeDir.replaceAll('\\', '/').replace(/\/+$/, '');
  return { include: `${home}/.ssh/skylab/*.conf`, knownHosts: `${home}/.ssh/skylab/known_hosts` };
}

/**
 * The arguments after `ssh` that open this machine in a terminal: the alias, and `-F` where plain `ssh` would not read the right file
 * (another home folder, or the person declined the Include).
 */
export function sshArgs(
  alias: SshAlias,
  homeDir: string,
  options: { readonly included?: boolean; readonly accountHome?: string } = {},
): readonly string[] {
  const { included = true, accountHome = userInfo().homedir } = options;
  if (included && sameFolder(homeDir, accountHome)) return [alias];
  const separator = homeDir.includes('\\') ? '\\' : '/';
  const file = included ? ['.ssh', 'config'] : ['.ssh', 'skylab', 'hosts.conf'];
  return ['-F', [homeDir.replace(/[\\/]+$/, ''), ...file].join(separator), alias];
}

function sameFolder(a: string, b: string): boolean {
  return a.replace(/[\\/]+$/, '') === b.replace(/[\\/]+$/, '');
}

const header = '# Written by Skylab: it is made anew with every change. Put entries of your own into ~/.ssh/config.\n';

/** The text of `hosts.conf`, with keywords of OpenSSH 7.6 and older only. @throws SkylabError for a value that ssh_config cannot carry */
export function renderHostEntries(targets: readonly SshTarget[], knownHostsFile: string): string {
  const all = new Map(targets.map((target) => [target.alias, target]));
  for (const one of targets.flatMap(withJumps)) if (!all.has(one.alias)) all.set(one.alias, one);
  return header + [...all.values()].map((target) => `\n${renderHostEntry(target, knownHostsFile)}`).join('');
}

function renderHostEntry(target: SshTarget, knownHostsFile: string): string {
  if (!isAlias(target.alias)) throw cannotWrite(target, 'name', target.alias);
  if (target.jump !== undefined && !isAlias(target.jump.alias)) throw cannotWrite(target, 'jump host', target.jump.alias);
  if (!/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/.test(target.hostName)) throw cannotWrite(target, 'host name', target.hostName);
  if (!/^[^\s"'#%\\-][^\s"'#%\\]*$/.test(target.user) || hasControl(target.user)) throw cannotWrite(target, 'user', target.user);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(target.hostKeyAlias)) throw cannotWrite(target, 'host key name', target.hostKeyAlias);
  if (!Number.isInteger(target.port) || target.port < 1 || target.port > 65535) throw cannotWrite(target, 'port', String(target.port));
  const lines = [
    `Host ${target.alias}`,
    `HostName ${target.hostName.replaceAll('%', '%%')}`,
    `Port ${target.port}`,
    `User ${target.user}`,
    ...(target.identityFile === undefined ? [] : [`IdentityFile ${quotePath(target, target.identityFile)}`, 'IdentitiesOnly yes']),
    ...(target.jump === undefined ? [] : [`ProxyJump ${target.jump.alias}`]),
    `HostKeyAlias ${target.hostKeyAlias}`,
    `UserKnownHostsFile ${quotePath(target, knownHostsFile)}`,
    'StrictHostKeyChecking yes',
    'CheckHostIP no',
    'ServerAliveInterval 15',
    'ServerAliveCountMax 3',
  ];
  return `${lines.join('\n  ')}\n`;
}

/** A quoted path: ssh_config has no escape for `"` before OpenSSH 8.7, doubles `%`, and replaces `${…}` by the environment. */
function quotePath(target: SshTarget, path: string): string {
  const slashed = /^[A-Za-z]:\\|^\\\\/.test(path) ? path.replaceAll('\\', '/') : path;
  if (/["\\]|\$\{/.test(slashed) || hasControl(slashed)) throw cannotWrite(target, 'file name', path);
  return `"${slashed.replaceAll('%', '%%')}"`;
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function cannotWrite(target: SshTarget, what: string, value: string): SkylabError {
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  return new SkylabError(`The ${what} of ${target.alias} cannot stand in an ssh configuration: ${JSON.stringify(shown)}.`, {
    code: 'BadHostEntry',
    next: 'Use one without quotes, backslashes or control characters.',
  });
}

/** Reads `hosts.conf` back. Blocks without HostName or User, and keywords that Skylab does not write, are left out. */
export function parseHostEntries(text: string): readonly SshTarget[] {
  const targets: Read[] = [];
  let block: Map<string, string> | undefined;
  const finish = (): void => {
    const target = block === undefined ? undefined : targetOf(block);
    if (target !== undefined) targets.push(target);
  };
  for (const { keyword, args } of configLines(text)) {
    if (keyword === 'host' || keyword === 'match') {
      finish();
      block = new Map(keyword === 'host' && args.length === 1 ? [['host', args[0] ?? '']] : []);
    } else if (block !== undefined && !block.has(keyword)) block.set(keyword, args[0] ?? '');
  }
  finish();
  return targets.map((one) => linked(one, targets, new Set()));
}

/** An entry with the alias of the machine on its way. */
interface Read {
  readonly target: SshTarget;
  readonly via: string | undefined;
}

function linked({ target, via }: Read, all: readonly Read[], seen: ReadonlySet<string>): SshTarget {
  const next = via === undefined || seen.has(via) ? undefined : all.find((one) => one.target.alias === via);
  return next === undefined ? target : { ...target, jump: linked(next, all, new Set([...seen, target.alias])) };
}

function targetOf(block: ReadonlyMap<string, string>): Read | undefined {
  const plain = (keyword: string): string | undefined => block.get(keyword)?.replaceAll('%%', '%');
  const alias = block.get('host') ?? '';
  const hostName = plain('hostname');
  const user = plain('user');
  const port = Number(block.get('port') ?? 22);
  if (!isAlias(alias) || hostName === undefined || user === undefined || !Number.isInteger(port)) return undefined;
  const identityFile = plain('identityfile');
  const target = {
    alias,
    hostName,
    port,
    user,
    ...(identityFile === undefined ? {} : { identityFile }),
    hostKeyAlias: block.get('hostkeyalias') ?? alias,
  };
  return { target, via: block.get('proxyjump') };
}

/**
 * The person's `~/.ssh/config` with Skylab's Include as its first line, or undefined when it is there already with nothing but other
 * Includes before it (a later one can lose to an earlier `Host *`, or be swallowed by a block). Every other character stays,
 * save a byte order mark: ssh refuses a file that has one.
 */
export function withInclude(configText: string, include: string): string | undefined {
  if (hasInclude(configText, include)) return undefined;
  const text = configText.replace(/^\uFEFF/, '');
  const newline = /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
  return `Include "${include}"${newline}${text}`;
}

function hasInclude(configText: string, include: string): boolean {
  const names = new Set([include, ...(include.startsWith('~/.ssh/') ? [include.slice('~/.ssh/'.length)] : [])]);
  if (configText.startsWith('\uFEFF')) return false;
  for (const { keyword, args } of configLines(configText)) {
    if (keyword !== 'include') return false;
    if (args.some((arg) => names.has(arg))) return true;
  }
  return false;
}

/**
 * Where the person's config sets something for this alias before Skylab's Include is reached, so that theirs would win.
 * @returns the line's number and its text as read, or undefined
 */
export function definedEarlier(configText: string, alias: SshAlias, include: string): { line: number; text: string } | undefined {
  const lines = configLines(configText);
  for (const { keyword, args, line } of lines) {
    const text = [keyword, ...args].join(' ');
    if (keyword === 'include' && args.includes(include)) return undefined;
    if (keyword === 'host' ? matchesPatterns(args, alias) : keyword !== 'include' && isGlobal(lines, line)) return { line, text };
  }
  return undefined;
}

/** Does the directive stand before every Host and Match block? */
function isGlobal(lines: readonly { keyword: string; line: number }[], line: number): boolean {
  const first = lines.find(({ keyword }) => keyword === 'host' || keyword === 'match');
  return first === undefined || line < first.line;
}
