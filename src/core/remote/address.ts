import type { StreamAddress } from './session';

/** An address as ssh and browsers write it: `localhost:8888`, `[::1]:8888`, `/run/app.sock`. */
export function addressText(address: StreamAddress): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
