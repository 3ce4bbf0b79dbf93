import { closest } from '../closest';
import { directivesOf, sectionNames, sectionsFor, sectionsWith } from './directives';
import { unitTypeOf } from './names';
import type { Assignment, UnitText } from './unitText';
import { valueProblem } from './values';

export interface UnitProblem {
  readonly line: number;
  readonly start: number;
  /** Column behind the end, on endLine. */
  readonly end: number;
  readonly endLine: number;
  readonly message: string;
  readonly severity: 'error' | 'warning' | 'hint';
  /** What repairs it: a text in place of the range. */
  readonly fix?: { readonly title: string; readonly text: string };
}

/** Settings that count once: a later one replaces an earlier one without a word. */
const once = new Set(['bool', 'choice', 'int', 'mode', 'time', 'size', 'limit', 'percent', 'weight', 'signal', 'user']);

/** What is wrong in a unit file, as far as that can be said without a machine. @param path its name, or `x.service.d/y.conf` */
export function unitProblems(unit: UnitText, path: string): UnitProblem[] {
  const change = /([^/]*)\.d\/[^/]*\.conf$/.exec(path)?.[1];
  const type = unitTypeOf(change ?? path) ?? unitTypeOf(`.${change ?? ''}`);
  const problems = [
    ...unit.strange.map((line) =>
      onLine(unit, line, 'This is neither a setting (Name=value) nor a section: systemd leaves it out.', 'warning'),
    ),
    ...sectionProblems(unit, type),
    ...unit.assignments.flatMap((one) => assignmentProblems(unit, one)),
    ...repeated(unit),
    ...(change === undefined && type === 'service' ? serviceProblems(unit) : []),
    ...(change === undefined && type === 'timer' ? timerProblems(unit) : []),
  ];
  return problems.sort((a, b) => a.line - b.line || a.start - b.start);
}

function onLine(unit: UnitText, line: number, message: string, severity: UnitProblem['severity'], fix?: UnitProblem['fix']): UnitProblem {
  const text = unit.lines[line] ?? '';
  const start = text.length - text.trimStart().length;
  return { line, endLine: line, start, end: Math.max(start + 1, text.trimEnd().length), message, severity, ...(fix && { fix }) };
}

function onKey(
  { line, keyStart, keyEnd }: Assignment,
  message: string,
  severity: UnitProblem['severity'],
  fix?: UnitProblem['fix'],
): UnitProblem {
  return { line, endLine: line, start: keyStart, end: keyEnd, message, severity, ...(fix && { fix }) };
}

function onValue(
  unit: UnitText,
  { line, endLine, valueStart }: Assignment,
  message: string,
  severity: UnitProblem['severity'],
): UnitProblem {
  const end = (unit.lines[endLine] ?? '').trimEnd().length;
  return { line, endLine, start: valueStart, end: line === endLine ? Math.max(end, valueStart + 1) : end, message, severity };
}

function sectionProblems(unit: UnitText, type: string | undefined): UnitProblem[] {
  const fitting = sectionsFor(type);
  return unit.sections.flatMap(({ name, line }) => {
    if (name.startsWith('X-') || fitting.includes(name)) return [];
    if (sectionNames.includes(name))
      return [onLine(unit, line, `A .${type ?? ''} has no section [${name}]: systemd leaves it out.`, 'warning')];
    const close = closest(name, fitting);
    return [
      onLine(
        unit,
        line,
        `systemd knows no section [${name}] and leaves it out.`,
        'warning',
        close === undefined ? undefined : { title: `Change to [${close}]`, text: `[${close}]` },
      ),
    ];
  });
}

function assignmentProblems(unit: UnitText, one: Assignment): UnitProblem[] {
  const { section, key, value, line } = one;
  if (section === '') return [onLine(unit, line, 'This stands above the first section: systemd leaves it out.', 'warning')];
  if (section.startsWith('X-') || key.startsWith('X-') || !sectionNames.includes(section)) return [];
  const directive = directivesOf(section).get(key);
  if (directive === undefined) return [unknown(one)];
  if (directive.kind === 'old') return [onKey(one, directive.help, 'hint')];
  if (value === '') return [];
  const problem = valueProblem(directive, value);
  const unquoted = directive.kind === 'env' && /^[A-Za-z_]\w*=[^"'\s]*\s+[^=\s]+(\s|$)/.test(value);
  return [
    ...(problem === undefined ? [] : [onValue(unit, one, problem, 'warning')]),
    ...(unquoted ? [onValue(unit, one, 'A value with spaces stands in quotes as a whole: "NAME=some words".', 'warning')] : []),
  ];
}

function unknown(one: Assignment): UnitProblem {
  const { section, key } = one;
  const elsewhere = sectionsWith(key);
  const close = closest(key, [...directivesOf(section).keys()]);
  if (elsewhere.length > 0)
    return onKey(one, `${key} belongs into ${elsewhere.map((name) => `[${name}]`).join(' or ')}: systemd leaves it out here.`, 'warning');
  const fix = close === undefined ? undefined : { title: `Change to ${close}`, text: close };
  const hint = close === undefined ? '' : ` Is ${close} meant?`;
  return onKey(one, `systemd knows no ${key} in [${section}] and leaves it out.${hint}`, 'warning', fix);
}

function repeated(unit: UnitText): UnitProblem[] {
  return unit.assignments.flatMap((one, index) => {
    const directive = directivesOf(one.section).get(one.key);
    if (directive === undefined || !once.has(directive.kind) || directive.section === 'Timer') return [];
    if (/^(Condition|Assert)/.test(one.key)) return [];
    const later = unit.assignments.slice(index + 1).find(({ section, key }) => section === one.section && key === one.key);
    return later === undefined ? [] : [onKey(one, `Line ${later.line + 1} sets ${one.key} again, and that counts.`, 'hint')];
  });
}

function serviceProblems(unit: UnitText): UnitProblem[] {
  const all = unit.assignments.filter(({ section }) => section === 'Service');
  const section = unit.sections.find(({ name }) => name === 'Service');
  const last = (key: string): Assignment | undefined => all.findLast((one) => one.key === key);
  const values = (key: string): Assignment[] => {
    const found = all.filter((one) => one.key === key);
    // an empty value takes back those above it
    return found.slice(found.findLastIndex(({ value }) => value === '') + 1);
  };
  const line = section?.line ?? 0;
  // such a unit only does something to the machine
  if (unit.assignments.some(({ key }) => key === 'SuccessAction' || key === 'FailureAction') && last('ExecStart') === undefined) return [];
  if (section === undefined) return [onLine(unit, line, 'A service needs a section [Service] with ExecStart=.', 'error')];
  const type = last('Type')?.value ?? 'simple';
  const starts = values('ExecStart');
  const problems: UnitProblem[] = [];
  if (starts.length === 0) {
    const enough = values('ExecStop').length > 0 && last('RemainAfterExit')?.value === 'yes';
    if (!enough && type !== 'oneshot')
      problems.push(onLine(unit, line, 'A service needs ExecStart=: systemd refuses it without.', 'error'));
    if (type === 'oneshot' && values('ExecStop').length === 0)
      problems.push(onLine(unit, line, 'A oneshot service needs ExecStart= or ExecStop=.', 'error'));
  }
  const second = starts[1];
  if (second && type !== 'oneshot')
    problems.push(onKey(second, 'Only Type=oneshot has more than one ExecStart=: systemd refuses the unit.', 'error'));
  const restart = last('Restart');
  if (type === 'oneshot' && restart && /^(always|on-success)$/.test(restart.value))
    problems.push(onValue(unit, restart, `A oneshot service cannot have Restart=${restart.value}: systemd refuses the unit.`, 'error'));
  else if (type === 'oneshot' && restart && restart.value !== 'no')
    problems.push(onValue(unit, restart, 'Before systemd 244, a oneshot service with Restart= is refused.', 'hint'));
  const typeAt = last('Type');
  if (type === 'forking' && typeAt && last('PIDFile') === undefined)
    problems.push(onValue(unit, typeAt, 'A forking service should say PIDFile=, else systemd guesses its main process.', 'hint'));
  if (type === 'dbus' && typeAt && last('BusName') === undefined)
    problems.push(onValue(unit, typeAt, 'Type=dbus needs BusName=.', 'error'));
  return problems;
}

function timerProblems(unit: UnitText): UnitProblem[] {
  const section = unit.sections.find(({ name }) => name === 'Timer');
  const runs = unit.assignments.some(({ section: name, key, value }) => name === 'Timer' && /^On[A-Z]/.test(key) && value !== '');
  return runs ? [] : [onLine(unit, section?.line ?? 0, 'A timer needs to know when: OnCalendar=, OnBootSec= or another On…=.', 'error')];
}
