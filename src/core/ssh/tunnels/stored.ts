import type { Memento } from '../../cloud/ports';
import type { StoredTunnel } from './tunnel';

export const TUNNELS = 'skylab.tunnels';

/** The remembered tunnels; what another version wrote and this one cannot read is left out. */
export function readTunnels(memento: Memento): readonly StoredTunnel[] {
  const value = memento.get<unknown>(TUNNELS);
  return Array.isArray(value) ? value.filter(isStored) : [];
}

function isStored(value: unknown): value is StoredTunnel {
  if (!isObject(value)) return false;
  const { id, key, machineName, openAtStart, spec } = value;
  return (
    typeof id === 'string' && typeof key === 'string' && typeof machineName === 'string' && typeof openAtStart === 'boolean' && isSpec(spec)
  );
}

function isSpec(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { kind, listen, to } = value;
  if (kind === 'socks') return isEnd(listen) && 'port' in listen;
  return (kind === 'local' || kind === 'reverse') && isEnd(listen) && isEnd(to);
}

function isEnd(value: unknown): value is object {
  if (!isObject(value)) return false;
  return typeof value['path'] === 'string' || (typeof value['host'] === 'string' && Number.isInteger(value['port']));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
