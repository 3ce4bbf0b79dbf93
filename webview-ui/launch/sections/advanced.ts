import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { LaunchMore } from '../../../src/shared/launchMore';
import { remark, selectField, textField } from '../../lib/fields';
import { row, rowsField, textCell, tick } from '../../lib/rows';
import type { LaunchSpec } from '../../../src/shared/launchSpec';
import { numberText, prunedWhole } from '../edits';
import type { SpecChange } from '../edits';
import { advancedSaid } from '../said';
import type { FormState } from '../state';
import { section } from './section';

type Placement = NonNullable<LaunchMore['placement']>;

/** Rights, protection, shutdown, spot, placement and tags. */
export function advancedSection(form: FormState): TemplateResult {
  const { data, spec } = form;
  const can = data.capabilities;
  return section(form, {
    id: 'advanced',
    title: 'Advanced',
    said: advancedSaid(spec),
    fields: ['instanceProfile', 'protect', 'onShutdown', 'hibernation', 'spot', 'placement', 'tags'],
    body: () => [
      can.tagsOnLaunch ? tagsField(form) : nothing,
      can.attributes
        ? html`<fieldset>
            <legend>Protection</legend>
            <div class="ticks">
              ${tick('Refuse to terminate until the protection is taken off', spec.protect === true, (on) => form.change({ protect: on ? true : undefined }))}
              ${can.hibernation && spec.spot === undefined ? tick('Can be hibernated: its memory is kept on the disk', spec.hibernation === true, (on) => form.change({ hibernation: on ? true : undefined })) : nothing}
            </div>
            ${remark(spec.protect === true && spec.expiry?.action === 'terminate' ? 'A protected machine stops at its end; it is not terminated.' : undefined)}
          </fieldset>`
        : nothing,
      can.attributes && spec.expiry === undefined
        ? selectField({
            id: 'onShutdown',
            label: 'A shutdown from inside',
            value: spec.onShutdown ?? (spec.spot === undefined ? 'stop' : 'terminate'),
            problem: form.problem('onShutdown'),
            options: [
              { value: 'stop', label: 'Stops the machine' },
              { value: 'terminate', label: 'Terminates the machine' },
            ],
            onInput: (value) => form.change({ onShutdown: value === 'terminate' ? 'terminate' : undefined }),
          })
        : nothing,
      can.attributes ? profileField(form) : nothing,
      can.spot ? spotField(form) : nothing,
      can.networks ? placementFields(form) : nothing,
    ],
  });
}

function tagsField(form: FormState): TemplateResult {
  const { tagRows } = form;
  return rowsField({
    id: 'tags',
    legend: 'Tags',
    rows: tagRows.map(([name, value], i) =>
      row({
        name: `tag ${i + 1}`,
        cells: [
          textCell({
            id: `tag-${i}-name`,
            label: 'Tag',
            span: 5,
            value: name,
            placeholder: 'course',
            onInput: (text) => form.typeTags(tagRows.map((one, k) => (k === i ? [text, value] : one))),
          }),
          textCell({
            id: `tag-${i}-value`,
            label: 'Value',
            span: 7,
            value,
            placeholder: 'phys201',
            onInput: (text) => form.typeTags(tagRows.map((one, k) => (k === i ? [name, text] : one))),
          }),
        ],
        problems: i === tagRows.length - 1 ? form.problemsOf('tags') : [],
        warning: tagRows.slice(0, i).some(([other]) => other === name && name !== '')
          ? 'This tag stands above already: the value here counts.'
          : undefined,
        onRemove: () =>
          form.typeTags(
            tagRows.filter((_, k) => k !== i),
            'tags-add',
          ),
      }),
    ),
    add: 'Add tag',
    onAdd: () => form.typeTags([...tagRows, ['', '']], `tag-${tagRows.length}-name`),
  });
}

function profileField(form: FormState): TemplateResult {
  const { data, spec } = form;
  return html`${textField({
      id: 'instanceProfile',
      label: 'IAM instance profile',
      value: spec.instanceProfile ?? '',
      placeholder: 'none',
      list: 'instanceProfiles',
      help: 'Gives programs on the machine the rights of its role, without keys.',
      problem: form.problem('instanceProfile'),
      onInput: (text) => form.change({ instanceProfile: text.trim() === '' ? undefined : text.trim() }, { touch: 'instanceProfile' }),
    })}<datalist id="instanceProfiles">${data.offers.instanceProfiles.map((name) => html`<option value=${name}></option>`)}</datalist>`;
}

function spotField(form: FormState): TemplateResult {
  const { spot } = form.spec;
  return html`<fieldset>
    <legend>Spot</legend>
    <div class="ticks">
      ${tick('Spare capacity at a lower price; it can be taken away at two minutes’ notice', spot !== undefined, (on) => form.change(spotChange(form.spec, on)))}
    </div>
    ${
      spot === undefined
        ? nothing
        : html`<div class="nested narrow">
            ${textCell({
              id: 'spot-max',
              label: 'At most, in US dollars per hour',
              span: 12,
              value: form.typed('spot-max', numberText(spot.maxPricePerHour)),
              placeholder: 'the on-demand price',
              invalid: form.problem('spot.maxPricePerHour') !== undefined,
              onInput: (text) =>
                form.change(
                  { spot: text.trim() === '' ? {} : { maxPricePerHour: Number(text) } },
                  { touch: 'spot.maxPricePerHour', typed: ['spot-max', text] },
                ),
            })}
            ${form.problemsOf('spot').map((problem) => html`<div class="problem"><span>${problem}</span></div>`)}
          </div>`
    }
  </fieldset>`;
}

/** A spot machine can neither stop nor hibernate. */
function spotChange({ expiry }: LaunchSpec, on: boolean): SpecChange {
  if (!on) return { spot: undefined };
  return {
    spot: {},
    hibernation: undefined,
    onShutdown: undefined,
    ...(expiry !== undefined && { expiry: { ...expiry, action: 'terminate' } }),
  };
}

function placementFields(form: FormState): TemplateResult {
  const { data, spec } = form;
  const placement = spec.placement ?? {};
  const change = (next: { readonly [Field in keyof Placement]?: Placement[Field] | undefined }): void =>
    form.change({ placement: prunedWhole<Placement>({ group: next.group, tenancy: next.tenancy }) });
  return html`<div class="pair">
    ${
      data.offers.placementGroups.length === 0 && placement.group === undefined
        ? nothing
        : selectField({
            id: 'placement-group',
            label: 'Placement group',
            value: placement.group ?? '',
            problem: form.problem('placement.group'),
            options: [
              { value: '', label: 'None' },
              ...[...new Set([...data.offers.placementGroups, ...(placement.group === undefined ? [] : [placement.group])])].map(
                (name) => ({ value: name, label: name }),
              ),
            ],
            onInput: (group) => change({ ...placement, group }),
          })
    }
    ${selectField({
      id: 'placement-tenancy',
      label: 'Hardware',
      value: placement.tenancy ?? 'default',
      problem: form.problem('placement.tenancy'),
      options: [
        { value: 'default', label: 'Shared' },
        { value: 'dedicated', label: 'Dedicated (costs more)' },
      ],
      onInput: (value) => change({ ...placement, tenancy: value === 'dedicated' ? 'dedicated' : undefined }),
    })}
  </div>`;
}
