import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { RuleSpec } from '../../../src/shared/launchMore';
import { ruleWarning } from '../../../src/shared/launchRules';
import { icons } from '../../lib/icons';
import { row, rowsField, selectCell, textCell, tick } from '../../lib/rows';
import { replaced, without } from '../edits';
import { accessSaid, addedRules } from '../said';
import type { FormState } from '../state';
import { section } from './section';

const PROTOCOLS = [
  { value: 'tcp', label: 'TCP' },
  { value: 'udp', label: 'UDP' },
  { value: 'icmp', label: 'Ping (ICMP)' },
  { value: 'all', label: 'Everything' },
];

/** Rules besides the tick boxes, and further groups. */
export function accessSection(form: FormState): TemplateResult {
  return section(form, {
    id: 'access',
    title: 'Access in detail',
    said: accessSaid(form.data, form.spec),
    fields: ['securityGroup.rules', 'securityGroup.more'],
    body: () => [rules(form), difference(form), more(form)],
  });
}

function change(
  form: FormState,
  rest: { rules?: readonly RuleSpec[] | undefined; more?: readonly string[] | undefined },
  touch: string,
  focus = '',
): void {
  const { rules: oldRules, more: oldMore, ...group } = form.spec.securityGroup;
  const { rules: newRules, more: newMore } = { rules: oldRules, more: oldMore, ...rest };
  const whole = { ...group, ...(newRules !== undefined && { rules: newRules }), ...(newMore !== undefined && { more: newMore }) };
  form.change({ securityGroup: whole }, { touch, focus });
}

function rules(form: FormState): TemplateResult {
  const list = form.spec.securityGroup.rules ?? [];
  const existing = form.spec.securityGroup.kind === 'existing';
  return rowsField({
    id: 'rules',
    legend: existing ? 'Rules added to the group' : 'Further rules of the new group',
    rows: list.map((rule, i) => ruleRow(form, list, rule, i)),
    add: 'Add rule',
    onAdd: () => {
      const fresh: RuleSpec = { protocol: 'tcp', ports: '8888', from: 'me' };
      change(form, { rules: [...list, fresh] }, '', `rule-${list.length}-ports`);
    },
  });
}

/** What the select shows for a source: one of its own words, a group's id, or `cidr` for what is typed. */
function sourceKind(form: FormState, from: string): string {
  if (from === 'me' || from === 'anywhere') return from;
  return form.data.securityGroups.some((group) => group.id === from) ? from : 'cidr';
}

function ruleRow(form: FormState, list: readonly RuleSpec[], rule: RuleSpec, i: number): TemplateResult {
  const key = `securityGroup.rules.${i}`;
  const update = (next: RuleSpec, part: keyof RuleSpec): void => change(form, { rules: replaced(list, i, next) }, `${key}.${part}`);
  const ported = rule.protocol === 'tcp' || rule.protocol === 'udp';
  const kind = sourceKind(form, rule.from);
  const invalid = (part: keyof RuleSpec): boolean => form.problem(`${key}.${part}`) !== undefined;
  return row({
    name: `rule ${i + 1}`,
    cells: [
      selectCell({
        id: `rule-${i}-protocol`,
        label: 'Protocol',
        span: 3,
        value: rule.protocol,
        options: PROTOCOLS,
        onInput: (value) => {
          const protocol = value as RuleSpec['protocol'];
          const withPorts = protocol === 'tcp' || protocol === 'udp';
          update({ ...rule, protocol, ports: withPorts ? rule.ports || '8888' : '' }, 'protocol');
        },
      }),
      ported
        ? textCell({
            id: `rule-${i}-ports`,
            label: 'Ports',
            span: 3,
            value: rule.ports,
            placeholder: '8888 or 8000-8100',
            invalid: invalid('ports'),
            onInput: (ports) => update({ ...rule, ports: ports.trim() }, 'ports'),
          })
        : html``,
      selectCell({
        id: `rule-${i}-from`,
        label: 'From',
        span: kind === 'cidr' ? 3 : 6,
        value: kind,
        options: [
          { value: 'me', label: `My address${form.data.myAddresses[0] === undefined ? '' : ` (${form.data.myAddresses.join(', ')})`}` },
          { value: 'anywhere', label: 'Anywhere' },
          { value: 'cidr', label: 'Address block' },
          ...form.data.securityGroups.map(({ id, name }) => ({ value: id, label: `Machines of ${name}` })),
        ],
        onInput: (from) => update({ ...rule, from: from === 'cidr' ? '' : from }, 'from'),
      }),
      kind === 'cidr'
        ? textCell({
            id: `rule-${i}-cidr`,
            label: 'Address block',
            span: 3,
            value: rule.from,
            placeholder: '198.51.100.0/24',
            invalid: invalid('from'),
            onInput: (from) => update({ ...rule, from: from.trim() }, 'from'),
          })
        : html``,
    ],
    problems: form.problemsOf(key),
    warning: ruleWarning(rule),
    onRemove: () => change(form, { rules: without(list, i) }, '', 'rules-add'),
  });
}

/** For a group that exists: what the launch changes in it, before it does. */
function difference(form: FormState): TemplateResult | typeof nothing {
  const { data, spec } = form;
  const group = spec.securityGroup;
  if (group.kind === 'new' || (group.rules ?? []).length === 0) return nothing;
  const name = data.securityGroups.find(({ id }) => id === group.id)?.name ?? group.id;
  const added = addedRules(data, spec);
  return html`<div class="diff" role="status">
    <p>
      ${added.length === 0 ? `${name} has these rules already: it stays as it is.` : `The launch changes ${name}, for all machines in it:`}
    </p>
    ${added.map((words) => html`<div class="added">${icons.add}<span>will add ${words}</span></div>`)}
  </div>`;
}

function more(form: FormState): TemplateResult | typeof nothing {
  const { data, spec } = form;
  const group = spec.securityGroup;
  const others = data.securityGroups.filter(({ id }) => group.kind === 'new' || id !== group.id);
  if (others.length === 0) return nothing;
  const chosen = group.more ?? [];
  return html`<fieldset>
    <legend>Further groups of the machine</legend>
    <div class="ticks ${others.length > 6 ? 'many' : ''}">
      ${others.map(({ id, name }) =>
        tick(name, chosen.includes(id), (on) => {
          const next = on ? [...chosen, id] : chosen.filter((one) => one !== id);
          change(form, { more: next.length === 0 ? undefined : next }, 'securityGroup.more');
        }),
      )}
    </div>
    ${form.problemsOf('securityGroup.more').map((problem) => html`<div class="problem">${icons.error}<span>${problem}</span></div>`)}
  </fieldset>`;
}
