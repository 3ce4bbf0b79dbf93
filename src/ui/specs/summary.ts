import { l10n } from 'vscode';
import type { Account, Image } from '../../core/cloud/model';
import type { LaunchSpec } from '../../shared/launchSpec';

/** A launch in a few lines: what it is, who gets in, and what else is asked for. */
export function summaryOf(spec: LaunchSpec, account: Account, image: Image | undefined): readonly string[] {
  const { keyPair, securityGroup: group } = spec;
  const key = {
    new: l10n.t('a new key pair {0}', keyPair.name),
    import: l10n.t('your public key as {0}', keyPair.name),
    existing: l10n.t('the key pair {0}', keyPair.name),
  };
  const ports =
    group.kind === 'existing' ? '' : [group.ssh && 'SSH', group.http && 'HTTP', group.https && 'HTTPS'].filter(Boolean).join(', ');
  const door = group.kind === 'existing' ? l10n.t('the group {0}', group.id) : l10n.t('a new group {0} ({1})', group.name, ports);
  return [
    l10n.t('{0}, {1}, {2} GiB in {3} ({4})', spec.instanceType, image?.label ?? spec.imageId, spec.diskGiB, account.name, account.region),
    l10n.t('Opened by {0}, reached through {1}', key[keyPair.kind], door),
    ...extras(spec),
  ];
}

function extras(spec: LaunchSpec): readonly string[] {
  const { expiry, disks, users, packages, userData, dns, spot, copies } = spec;
  const end = expiry?.action === 'terminate' ? l10n.t('Terminates by itself') : l10n.t('Stops by itself');
  const setUp = [
    ...(packages === undefined ? [] : [l10n.t('{0} packages', packages.length)]),
    ...(users === undefined ? [] : [l10n.t('{0} further logins', users.length)]),
    ...(userData === '' ? [] : [l10n.t('a set-up script')]),
    ...(copies === undefined ? [] : [l10n.t('{0} copies', copies.length)]),
  ];
  return [
    ...(setUp.length === 0 ? [] : [l10n.t('Set up with {0}', setUp.join(', '))]),
    ...(disks === undefined ? [] : [l10n.t('Further disks: {0} GiB', disks.map((disk) => disk.sizeGiB).join(' + '))]),
    ...(expiry === undefined ? [] : [end]),
    ...(spot === undefined ? [] : [l10n.t('Spot: the cloud may take it back')]),
    ...(dns === true ? [l10n.t('With the DNS name {0}', spec.name)] : []),
  ];
}
