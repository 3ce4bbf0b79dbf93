import { l10n } from 'vscode';
import type { LaunchOptions } from '../../core/cloud/launch';
import type { Image } from '../../core/cloud/model';
import { parseSpec, SpecRefused } from '../../shared/launchSpec';
import type { LaunchSpec } from '../../shared/launchSpec';
import type { LaunchFormData } from '../../shared/messages';

/**
 * The spec that the form sent, held to what the form was offered.
 * @param found images that a search has found since
 * @throws SpecRefused also for an account or a key file that the form was not offered
 */
export function takeSpec(
  value: unknown,
  { data, options }: { readonly data: LaunchFormData; readonly options: LaunchOptions },
  found: readonly Image[],
): LaunchSpec {
  const subnets = options.offers?.networks.flatMap((network) => network.subnets);
  const spec = parseSpec(value, {
    ...(subnets !== undefined && subnets.length > 0 && { subnets }),
    images: [...options.images, ...found],
    instanceTypes: options.instanceTypes,
    keyPairs: options.keyPairs,
    securityGroups: options.securityGroups,
  });
  if (spec.accountId !== data.accountId) throw new SpecRefused({ accountId: l10n.t('Choose an account.') });
  const { keyPair } = spec;
  if (keyPair.kind === 'import' && !data.publicKeys.some((key) => key.path === keyPair.publicKeyFile))
    throw new SpecRefused({ 'keyPair.publicKeyFile': l10n.t('Choose the public key to import.') });
  return spec;
}
