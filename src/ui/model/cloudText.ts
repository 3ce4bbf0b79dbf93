import { capabilitiesOf } from '../../core/cloud/capabilities';
import type { EndpointAccount } from '../../core/cloud/model';
import type { L10n } from './l10n';

/** One sentence about what a cloud has and lacks; undefined for one that lacks nothing. */
export function cloudSummary(account: EndpointAccount, l10n: L10n): string | undefined {
  if (account.flavor === undefined || account.flavor === 'moto') return undefined;
  const can = capabilitiesOf(account);
  const lacks = [
    ...(can.securityGroups ? [] : [l10n.t('security groups')]),
    ...(can.console ? [] : [l10n.t('console')]),
    ...(can.attributes ? [] : [l10n.t('resizing')]),
    ...(can.createImage ? [] : [l10n.t('images of machines')]),
    ...(can.spot ? [] : [l10n.t('spot machines')]),
    ...(can.prices ? [] : [l10n.t('prices')]),
  ];
  const kind = account.flavor === 'opennebula' ? 'OpenNebula' : l10n.t('an EC2-compatible cloud');
  const setUp = can.userData ? '' : ` ${l10n.t('Set-up scripts are run over SSH.')}`;
  return l10n.t('{0} is {1}. Its interface has no {2}: these are not offered.', account.name, kind, lacks.join(', ')) + setUp;
}

/** OpenNebula's number, or the id that the EC2 interface makes of it; undefined for anything else. */
export function imageIdOf(text: string): string | undefined {
  const digits = /^\s*(?:ami-)?(\d{1,9})\s*$/.exec(text)?.[1];
  return digits === undefined ? undefined : `ami-${String(Number(digits)).padStart(8, '0')}`;
}
