import type { DeployAnswers, DeployField, DeployFinding, DeployForm, DeployPlanView } from '../../src/shared/deployModel';
import { passwordProblem } from '../../src/shared/password';

/** What the page begins with: the values found, and the fixes that are on unless a person says otherwise. */
export function startingAnswers(form: DeployForm, aside: readonly string[] = []): DeployAnswers {
  return {
    values: Object.fromEntries(form.fields.map((field) => [field.key, field.value])),
    fixes: asideOf(form.findings, aside)
      .told.filter((finding) => finding.fix?.onByDefault === true)
      .map((finding) => finding.id),
  };
}

/**
 * What stands beneath a field now: what stops the deployment, or a remark that does not. What the folder itself says is told at once,
 * other problems once the person was there. Passwords are checked here as well, so that the answer does not wait for the host.
 */
export function fieldNote(
  field: DeployField,
  value: string,
  touched: boolean,
  plan: Pick<DeployPlanView, 'problems'> | undefined,
): { readonly problem?: string; readonly remark?: string } {
  const stops = plan?.problems[field.key];
  if (field.problem !== undefined && value === field.value) {
    return stops === undefined && value !== '' ? { remark: field.problem } : { problem: field.problem };
  }
  if (!touched) return {};
  const problem = field.kind === 'password' && value !== '' ? (passwordProblem(value) ?? stops) : stops;
  return problem === undefined ? {} : { problem };
}

/** The suggestions that would change something. */
export function openSuggestions(field: DeployField, value: string): NonNullable<DeployField['suggestions']> {
  return (field.suggestions ?? []).filter((suggestion) => suggestion.value !== value);
}

const RANK: Readonly<Record<DeployFinding['severity'], number>> = { error: 0, warning: 1, info: 2 };

/** Worst first, otherwise as found. */
export function sortedFindings(findings: readonly DeployFinding[]): readonly DeployFinding[] {
  return [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

/** Findings that are told, and those that the person has set aside; what stops the stack is always told. */
export function asideOf(
  findings: readonly DeployFinding[],
  ids: readonly string[],
): { readonly told: readonly DeployFinding[]; readonly aside: readonly DeployFinding[] } {
  const set = new Set(ids);
  const isAside = ({ id, severity }: DeployFinding): boolean => severity !== 'error' && set.has(id);
  return { told: findings.filter((finding) => !isAside(finding)), aside: findings.filter(isAside) };
}

/** Findings by the file that they stand in, in the order in which the files come first; the empty name for what stands in none. */
export function groupedFindings(
  findings: readonly DeployFinding[],
): readonly { readonly file: string; readonly list: readonly DeployFinding[] }[] {
  const groups = new Map<string, DeployFinding[]>();
  for (const finding of findings) {
    const file = finding.where?.replace(/:\d+$/, '') ?? '';
    groups.set(file, [...(groups.get(file) ?? []), finding]);
  }
  return [...groups].map(([file, list]) => ({ file, list }));
}

/** "2 changed, 1 new": how often each word comes, the first one first. */
export function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

/** The time in a release's id, here and now: `20261121-093000-4f2a` was made at 09:30 UTC. */
export function releaseTime(id: string, locale?: string, timeZone?: string): string {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})/.exec(id) ?? [];
  if (year === undefined) return id;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(time);
}
