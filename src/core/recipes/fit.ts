import type { RecipeNeeds } from './model';

/** What is known of a machine; undefined where it could not be found out. */
export interface MachineSize {
  /** Bytes. */
  readonly memory: number | undefined;
  /** Bytes free where Docker keeps its data. */
  readonly free: number | undefined;
  /** ID of /etc/os-release. */
  readonly system?: string;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** The kernel keeps some of what is sold as memory for itself: a machine of 1 GiB shows about 950 MiB. */
const SHOWN = 0.9;

/** Why the machine is too small for the recipe, a sentence each; empty where it fits or nothing is known. */
export function shortcomings(needs: RecipeNeeds, machine: MachineSize): readonly string[] {
  const found: string[] = [];
  if (machine.memory !== undefined && machine.memory < needs.memoryMiB * SHOWN * MIB) {
    found.push(`It has ${sizeText(machine.memory)} of memory, and ${sizeText(needs.memoryMiB * MIB)} are needed.`);
  }
  if (machine.free !== undefined && machine.free < needs.diskGiB * GIB) {
    found.push(`Its disk has ${sizeText(machine.free)} free, and ${sizeText(needs.diskGiB * GIB)} are needed.`);
  }
  if (machine.system !== undefined && needs.systems.length > 0 && !needs.systems.includes(machine.system)) {
    found.push(`It runs ${machine.system}, and the recipe is for ${needs.systems.join(' or ')}.`);
  }
  return found;
}

/** Bytes in the unit that people use for machines. */
function sizeText(bytes: number): string {
  if (bytes < GIB) return `${Math.round(bytes / MIB)} MiB`;
  return `${Number((bytes / GIB).toFixed(1))} GiB`;
}

/** The needs on one line: `80, 443 · 900 MiB of memory · 6 GiB of disk`. */
export function needsText(needs: RecipeNeeds): string {
  return `${sizeText(needs.memoryMiB * MIB)} memory · ${sizeText(needs.diskGiB * GIB)} disk · ports ${needs.ports.join(', ')}`;
}
