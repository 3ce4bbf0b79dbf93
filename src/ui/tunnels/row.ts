import { sentenceOf } from '../../core/errors';
import { addressText } from '../../core/remote/address';
import type { StreamAddress } from '../../core/remote/session';
import type { TunnelSpec } from '../../core/ssh/tunnels/spec';
import { isOpenToOthers, sshOption } from '../../core/ssh/tunnels/spec';
import type { TunnelState } from '../../core/ssh/tunnels/tunnel';
import type { Tunnel } from '../../core/ssh/tunnels/tunnels';
import { bytesText } from '../model/bytes';
import type { L10n } from '../model/l10n';
import { factTable } from '../model/markdown';
import type { Row } from '../model/row';

const icons: Record<TunnelState['name'], Row['icon']> = {
  stopped: { id: 'circle-outline', color: 'disabledForeground' },
  opening: { id: 'sync~spin' },
  open: { id: 'plug', color: 'testing.iconPassed' },
  waiting: { id: 'watch', color: 'list.warningForeground' },
  reconnecting: { id: 'sync~spin', color: 'list.warningForeground' },
  taken: { id: 'warning', color: 'list.warningForeground' },
  refused: { id: 'circle-slash', color: 'testing.iconFailed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
};

function stateWord(state: TunnelState, l10n: L10n): string {
  const words: Record<TunnelState['name'], string> = {
    stopped: l10n.t('stopped'),
    opening: l10n.t('connecting'),
    open: l10n.t('open'),
    waiting: l10n.t('waiting'),
    reconnecting: l10n.t('reconnecting'),
    taken: l10n.t('port taken'),
    refused: l10n.t('refused'),
    failed: l10n.t('failed'),
  };
  return words[state.name];
}

/** Why a tunnel is not open, as a sentence. */
export function stateReason(state: TunnelState): string | undefined {
  if ('reason' in state) return state.reason;
  return 'error' in state ? sentenceOf(state.error) : undefined;
}

/** `8888 → ada:8888`, `ada:9000 → 3000`, `1080 → SOCKS via ada`. */
export function tunnelLabel(spec: TunnelSpec, machine: string, l10n: L10n, remotePort?: number): string {
  const here = (end: StreamAddress): string => addressText(end).replace(/^localhost:/, '');
  const there = (end: StreamAddress): string => {
    if ('path' in end) return `${machine}:${end.path}`;
    return end.host === 'localhost' ? `${machine}:${end.port}` : l10n.t('{0} via {1}', addressText(end), machine);
  };
  switch (spec.kind) {
    case 'local':
      return `${here(spec.listen)} → ${there(spec.to)}`;
    case 'reverse': {
      const chosen = 'port' in spec.listen && remotePort !== undefined ? { ...spec.listen, port: remotePort } : spec.listen;
      return `${there(chosen)} → ${here(spec.to)}`;
    }
    case 'socks':
      return `${here(spec.listen)} → ${l10n.t('SOCKS via {0}', machine)}`;
  }
}

/** True when what comes out can be looked at in a browser. */
export const isWeb = (tunnel: Tunnel): boolean => tunnel.spec.kind === 'local' && 'port' in tunnel.spec.listen;

/** A tunnel's row. @param machine its machine's name */
export function tunnelRow(tunnel: Tunnel, machine: string, l10n: L10n): Row {
  const { spec, state, openAtStart, remotePort } = tunnel;
  const label = tunnelLabel(spec, machine, l10n, remotePort);
  const word = stateWord(state, l10n);
  const reason = stateReason(state);
  const warning = isOpenToOthers(spec) ? l10n.t('others can connect') : undefined;
  const description = [word, reason, warning].filter((part) => part !== undefined).join(' · ');
  const running =
    state.name !== 'stopped' && state.name !== 'taken' && state.name !== 'failed' && !(state.name === 'refused' && spec.kind === 'reverse');
  const kind = isWeb(tunnel) ? 'web' : spec.kind === 'reverse' || 'path' in spec.listen ? 'plain' : 'port';
  return {
    label,
    description,
    icon: icons[state.name],
    contextValue: `tunnel.${kind}.${running ? 'on' : 'off'}${openAtStart ? '.marked' : ''}`,
    aria: `${l10n.t('tunnel')} ${label}, ${description}`,
  };
}

/** The hover: where it leads, what went through, and the same in OpenSSH's words. */
export function tunnelTooltip(tunnel: Tunnel, machine: string, l10n: L10n): string {
  const { spec, state, traffic, openAtStart } = tunnel;
  return factTable(tunnelLabel(spec, machine, l10n, tunnel.remotePort), [
    [l10n.t('State'), [stateWord(state, l10n), stateReason(state)].filter((part) => part !== undefined).join(': ')],
    [l10n.t('Connections'), l10n.t('{0} open, {1} in all', traffic.open, traffic.total)],
    [l10n.t('Sent'), bytesText(traffic.sent)],
    [l10n.t('Received'), bytesText(traffic.received)],
    [l10n.t('Opens at start'), openAtStart ? l10n.t('yes') : l10n.t('no')],
    [l10n.t('Like'), `ssh ${sshOption(spec).join(' ')}`],
  ]);
}
