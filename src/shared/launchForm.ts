import { companionName } from './launchSpec';
import type { LaunchSpec } from './launchSpec';
import type { FormInstanceType } from './messages';

/** Below this many MiB, setting up software tends to run out of memory without a word. */
export const COMFORTABLE_MEMORY_MIB = 2048;

/** For each card of the form: the types wanted first, else the smallest with at least this much memory. */
const CARDS = [
  { names: ['t3.micro', 't4g.micro', 't2.micro'], memoryMiB: 1024 },
  { names: ['t3.small', 't4g.small', 't2.small'], memoryMiB: 2048 },
  { names: ['t3.medium', 't4g.medium', 't2.medium'], memoryMiB: 4096 },
];

/** The types that can run an image of this architecture; all where the architecture is unknown (empty). */
export function fittingTypes(types: readonly FormInstanceType[], architecture: string): readonly FormInstanceType[] {
  return architecture === '' ? types : types.filter((type) => type.architectures.includes(architecture));
}

/** ASCII names: a hundred times as quick as localeCompare. */
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Up to three types shown as cards, smallest first: the usual small ones, or what the account has in their stead. */
export function sizeCards(types: readonly FormInstanceType[], architecture: string): readonly FormInstanceType[] {
  const fitting = fittingTypes(types, architecture);
  const byName = new Map(fitting.map((type) => [type.name, type]));
  const bySize = [...fitting].sort((a, b) => a.memoryMiB - b.memoryMiB || a.vcpus - b.vcpus || byText(a.name, b.name));
  const cards: FormInstanceType[] = [];
  for (const { names, memoryMiB } of CARDS) {
    const usual = names.map((name) => byName.get(name)).find((type) => type !== undefined);
    const card = usual ?? bySize.find((type) => type.memoryMiB >= memoryMiB && !cards.includes(type));
    if (card !== undefined && !cards.includes(card)) cards.push(card);
  }
  return cards;
}

/** The type to begin with: the middle card, which has room for a notebook. Undefined where nothing fits. */
export function usualType(types: readonly FormInstanceType[], architecture: string): FormInstanceType | undefined {
  const cards = sizeCards(types, architecture);
  return cards.find((card) => card.memoryMiB >= COMFORTABLE_MEMORY_MIB) ?? cards.at(-1);
}

/** The spec with the names of what is made along with the machine following the machine's name. */
export function withFollowingNames(spec: LaunchSpec, keyPairs: readonly string[], securityGroups: readonly string[]): LaunchSpec {
  const { keyPair, securityGroup } = spec;
  return {
    ...spec,
    keyPair: keyPair.kind === 'existing' ? keyPair : { ...keyPair, name: companionName(spec.name, keyPairs) },
    securityGroup: securityGroup.kind === 'existing' ? securityGroup : { ...securityGroup, name: companionName(spec.name, securityGroups) },
  };
}
