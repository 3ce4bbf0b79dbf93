import type { Secret } from '../secret';

/**
 * A command for a remote POSIX shell, as data: built and tested without a connection.
 * Secrets go through `stdin`, never through `argv`.
 */
export interface RemoteCommand<T = string> {
  readonly argv: readonly string[];
  readonly stdin?: string | Buffer | Secret;
  /** Run by root through `sudo -n` when the login user is not root. */
  readonly sudo?: boolean;
  /** Working directory, absolute or relative to the login folder. */
  readonly cwd?: string;
  /** Exit codes that are not failures; 0 unless given. */
  readonly okCodes?: readonly number[];
  /** Makes the value from what was printed; standard output without its last newline unless given. */
  readonly parse?: (stdout: string, code: number) => T;
  /** What a person would call it, for errors: "read the service's state". */
  readonly what?: string;
}

/** Quotes one word for a POSIX shell: single quotes, with `'` written as `'\''`. Words of safe characters stay bare. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command line for a POSIX shell. @param asRoot true when the login user is root, so that sudo is not needed */
export function commandLine(command: RemoteCommand<unknown>, asRoot = false): string {
  const words = command.argv.map(quote).join(' ');
  const line = command.sudo && !asRoot ? `sudo -n -- ${words}` : words;
  return command.cwd === undefined ? line : `cd ${quote(command.cwd)} && ${line}`;
}
