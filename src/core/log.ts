/** Where core and adapters log; the UI backs it with a LogOutputChannel. Callers never pass secrets. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
