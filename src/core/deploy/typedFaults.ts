import type { DeployField } from '../../shared/deployModel';
import { composeFaults } from './findings';
import type { Lab } from './lab';

/**
 * What Compose would refuse because of a value that was typed: field key -> sentence with file and line. What it would refuse anyway is
 * a finding, not a problem of a field.
 * @param values what the form has now; passwords are not among them, since no model depends on one
 */
export function typedFaults(lab: Lab, fields: readonly DeployField[], values: ReadonlyMap<string, string>): Record<string, string> {
  const first = new Map(fields.map(({ key, value }) => [key, value]));
  const changed = [...values.keys()].filter((key) => first.has(key) && first.get(key) !== values.get(key));
  const problems: Record<string, string> = {};
  if (changed.length === 0) return problems;
  const known = new Set(composeFaults(lab, first));
  for (const fault of composeFaults(lab, new Map([...first, ...values]))) {
    if (known.has(fault)) continue;
    const without = (key: string) => new Map([...first, ...values, [key, first.get(key) ?? '']]);
    const culprit = changed.find((key) => !composeFaults(lab, without(key)).includes(fault)) ?? changed[0];
    if (culprit !== undefined) problems[culprit] ??= fault;
  }
  return problems;
}
