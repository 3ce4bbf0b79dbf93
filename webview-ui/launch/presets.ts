import { fittingTypes, sizeCards } from '../../src/shared/launchForm';
import type { LaunchSpec } from '../../src/shared/launchSpec';
import type { FormInstanceType, LaunchFormData } from '../../src/shared/messages';
import type { SpecChange } from './edits';

/** What a machine is for, and what it needs for that. */
interface LaunchPreset {
  readonly id: string;
  readonly label: string;
  /** MiB, with room for people at work; what the recipe alone needs is less. */
  readonly memoryMiB: number;
  /** GiB; 0 leaves it at what the image needs. */
  readonly diskGiB: number;
  /** Serves a site: HTTP and HTTPS are open. */
  readonly web: boolean;
}

/** A test holds them to what the recipes need. */
export const LAUNCH_PRESETS: readonly LaunchPreset[] = [
  { id: 'plain', label: 'Plain machine', memoryMiB: 0, diskGiB: 0, web: false },
  { id: 'static-site', label: 'Web site', memoryMiB: 900, diskGiB: 8, web: true },
  { id: 'jupyterlab', label: 'JupyterLab for one', memoryMiB: 1900, diskGiB: 16, web: true },
  { id: 'django', label: 'Django with PostgreSQL', memoryMiB: 1900, diskGiB: 16, web: true },
  { id: 'jupyterhub', label: 'JupyterHub for a small class', memoryMiB: 7600, diskGiB: 40, web: true },
];

/** The smallest of the usual sizes with room for it, else the smallest of all; undefined where the cloud lists none that has. */
function typeFor(data: LaunchFormData, spec: LaunchSpec, { memoryMiB }: LaunchPreset): FormInstanceType | undefined {
  const architecture = imageOf(data, spec)?.architecture ?? '';
  const enough = (types: readonly FormInstanceType[]) =>
    types.filter((type) => type.memoryMiB >= memoryMiB).sort((a, b) => a.memoryMiB - b.memoryMiB || priceOf(data, a) - priceOf(data, b))[0];
  return enough([...sizeCards(data.instanceTypes, architecture)]) ?? enough([...fittingTypes(data.instanceTypes, architecture)]);
}

const imageOf = (data: LaunchFormData, { imageId }: LaunchSpec) => data.images.find(({ id }) => id === imageId);

const priceOf = ({ prices }: LaunchFormData, { name }: FormInstanceType): number => prices.types[name]?.perHour ?? Number.MAX_VALUE;

/** What the choice of a preset changes in the form; names, keys and all else stay. */
export function presetChange(
  data: LaunchFormData,
  spec: LaunchSpec,
  id: string,
): [change: SpecChange, options: { readonly note?: string }] {
  const preset = LAUNCH_PRESETS.find((one) => one.id === id);
  if (preset === undefined) return [{}, {}];
  const type =
    preset.memoryMiB === 0 ? data.instanceTypes.find(({ name }) => name === data.defaults.instanceType) : typeFor(data, spec, preset);
  const { securityGroup } = spec;
  const change: SpecChange = {
    diskGiB: Math.max(preset.diskGiB, imageOf(data, spec)?.minDiskGiB ?? 1, preset.diskGiB === 0 ? data.defaults.diskGiB : 0),
    ...(type === undefined ? {} : { instanceType: type.name }),
    ...(securityGroup.kind === 'new' ? { securityGroup: { ...securityGroup, http: preset.web, https: preset.web } } : {}),
  };
  const lacking = type === undefined && data.instanceTypes.length > 0;
  return [
    change,
    lacking ? { note: `No size of this cloud has the ${Math.round(preset.memoryMiB / 1024)} GiB of memory that it needs.` } : {},
  ];
}

/** The preset that the form shows now; undefined when something was chosen otherwise. */
export function presetShown(data: LaunchFormData, spec: LaunchSpec): string | undefined {
  return LAUNCH_PRESETS.find(({ id }) => {
    const [{ instanceType, diskGiB, securityGroup }] = presetChange(data, spec, id);
    const group = spec.securityGroup;
    const ports =
      securityGroup?.kind !== 'new' || group.kind !== 'new' || (securityGroup.http === group.http && securityGroup.https === group.https);
    return ports && diskGiB === spec.diskGiB && (instanceType === undefined || instanceType === spec.instanceType);
  })?.id;
}
