import type { LaunchSpec } from '../../src/shared/launchSpec';
import type { FormImage, LaunchFormData } from '../../src/shared/messages';
import { imageOf } from './model';

/** Releases with Python 2, by the label that only their publisher's images get. Debian 11 and Ubuntu 22.04 are the last. */
const WITH_PYTHON2 = /^(?:Ubuntu 2[02]\.04|Debian 1[01])\b/;
const WITHOUT_PYTHON2 = /^(?:Ubuntu|Debian|Amazon Linux) \d/;

/** Why GraphTerm will not run on the chosen image: its last release wants Python 2. */
export function python2Warning(data: LaunchFormData, spec: LaunchSpec): string | undefined {
  const image = imageOf(data, spec);
  if (spec.preset === undefined || image === undefined || WITH_PYTHON2.test(image.label)) return undefined;
  return WITHOUT_PYTHON2.test(image.label)
    ? `GraphTerm needs Python 2, which ${image.label} does not have: choose Ubuntu 22.04 or Debian 11.`
    : 'GraphTerm needs Python 2, which Ubuntu 22.04 and Debian 11 were the last to have.';
}

/** An image that runs GraphTerm: for the same processor before others, the newest release. */
export function python2Image(data: LaunchFormData, spec: LaunchSpec): FormImage | undefined {
  const architecture = imageOf(data, spec)?.architecture;
  const fitting = data.images.filter(({ label }) => WITH_PYTHON2.test(label));
  return [...fitting].sort(
    (a, b) =>
      Number(b.architecture === architecture) - Number(a.architecture === architecture) ||
      Number(b.label.startsWith('Ubuntu')) - Number(a.label.startsWith('Ubuntu')) ||
      (a.createdAt < b.createdAt ? 1 : -1),
  )[0];
}

/** What finds Ubuntu 22.04 in the cloud, as its publisher names it. */
export const python2Search = (data: LaunchFormData, spec: LaunchSpec): string =>
  `ubuntu-jammy-22.04-${imageOf(data, spec)?.architecture === 'arm64' ? 'arm64' : 'amd64'}-server`;
