import type { Account, Machine } from './model';

/** Decides about a machine of an account. */
export type MachineFilter = (machine: Machine, account: Account | undefined) => boolean;

/**
 * What the person typed, as a filter: every word must match. A word without wildcards is looked for anywhere in name, id, state, type,
 * addresses, zone, owner, key pair, account or a tag; with `*` or `?` it stands for a whole such value; `course=phys*` is about one tag.
 * @returns undefined for nothing typed: everything is shown
 */
export function parseFilter(text: string): MachineFilter | undefined {
  const tests = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(wordTest);
  if (tests.length === 0) return undefined;
  return (machine, account) => {
    const values = valuesOf(machine, account);
    return tests.every((test) => test(machine, values));
  };
}

type WordTest = (machine: Machine, values: readonly string[]) => boolean;

function wordTest(word: string): WordTest {
  const equals = word.indexOf('=');
  if (equals > 0) {
    const name = word.slice(0, equals).toLowerCase();
    const fits = valueTest(word.slice(equals + 1), true);
    return (machine) =>
      machine.kind === 'instance' &&
      Object.entries(machine.instance.tags).some(([key, value]) => key.toLowerCase() === name && fits(value));
  }
  const fits = valueTest(word, false);
  return (_machine, values) => values.some(fits);
}

/** @param whole whether a text without wildcards must be the whole value; an empty one stands for any */
function valueTest(text: string, whole: boolean): (value: string) => boolean {
  const wanted = text.toLowerCase();
  if (wanted === '') return () => true;
  if (!/[*?]/.test(wanted)) return (value) => (whole ? value.toLowerCase() === wanted : value.toLowerCase().includes(wanted));
  const parts = wanted
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${parts}$`, 's');
  return (value) => pattern.test(value.toLowerCase());
}

function valuesOf(machine: Machine, account: Account | undefined): readonly string[] {
  const ofAccount = account === undefined ? [] : [account.name, account.region];
  if (machine.kind === 'given') return [machine.name, 'given', machine.given.target.hostName, machine.given.target.user];
  const { instance } = machine;
  return [
    machine.name,
    instance.id,
    instance.state,
    instance.type,
    instance.zone,
    instance.publicAddress,
    instance.privateAddress,
    instance.ipv6Address,
    instance.publicDnsName,
    instance.keyName,
    ...instance.securityGroups.map(({ name }) => name),
    ...Object.values(instance.tags),
    ...ofAccount,
  ].filter((value) => value !== undefined);
}
