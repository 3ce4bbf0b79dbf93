import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { dollars } from '../../src/shared/launchCost';
import { fittingTypes, sizeCards } from '../../src/shared/launchForm';
import { MAX_COUNT } from '../../src/shared/launchSpec';
import type { FormImage, FormInstanceType, FormPrices } from '../../src/shared/messages';
import type { ComboItem } from '../components/combobox';
import { notes, remark, selectField, textField } from '../lib/fields';
import { capacity } from '../lib/format';
import { icons } from '../lib/icons';
import { tick } from '../lib/rows';
import { accessFields, keyFields, loginField } from './choices';
import { created } from './created';
import { numberOf, numberText } from './edits';
import { leaveQuestion } from './leave';
import { imageChange, imageItems, imageOf, isDotted, typeItems, warnings } from './model';
import { LAUNCH_PRESETS, presetChange, presetShown } from './presets';
import { accessSection } from './sections/access';
import { advancedSection } from './sections/advanced';
import { disksSection } from './sections/disks';
import { endsSection } from './sections/ends';
import { graphtermSection } from './sections/graphterm';
import { networkSection } from './sections/network';
import { setupSection } from './sections/setup';
import type { FormState } from './state';

const CARD_WORDS = ['To try something out', 'A notebook or a small site', 'Several notebooks at once'];

/** Rows of the two long lists, made once per list and not at every keystroke. */
const imageRows = memo((images: readonly FormImage[]) => imageItems(images));
const typeRows = memo((types: readonly FormInstanceType[], architecture: string, prices: FormPrices) =>
  typeItems(fittingTypes(types, architecture), prices),
);

function memo<A extends readonly unknown[]>(make: (...args: A) => readonly ComboItem[]): (...args: A) => readonly ComboItem[] {
  let last: { args: A; made: readonly ComboItem[] } | undefined;
  return (...args) => {
    if (last === undefined || args.some((arg, i) => arg !== last?.args[i])) last = { args, made: make(...args) };
    return last.made;
  };
}

export function launchForm(form: FormState): TemplateResult {
  const { data, spec } = form;
  const can = data.capabilities;
  const account = data.accounts.find((candidate) => candidate.id === data.accountId);
  return html`<main class="page">
    <h1>Launch a machine</h1>
    <p class="lead">In ${account?.name ?? 'this account'}, ${account?.region ?? ''}. Type a name; the rest can stay as it is.</p>
    ${
      data.stale === undefined
        ? nothing
        : html`<div class="banner note" role="status">
            ${icons.warning}<span>This is what the account offered when it was last asked. ${data.stale}</span>
          </div>`
    }
    <form
      class="columns"
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        form.submit();
      }}
      @keydown=${(event: KeyboardEvent) => submitOnEnter(event, form)}
    >
      <div>
        ${
          data.accounts.length > 1
            ? selectField({
                id: 'account',
                label: 'Account',
                value: data.accountId,
                options: data.accounts.map(({ id, name, region }) => ({ value: id, label: `${name} · ${region}` })),
                onInput: (accountId) => form.chooseAccount(accountId),
              })
            : nothing
        }
        ${presetField(form)} ${nameField(form)} ${imageField(form)} ${can.attributes ? nothing : loginField(form)} ${sizeField(form)}
        ${keyFields(form)} ${can.securityGroups ? accessFields(form) : nothing}
        <div class="pair">
          ${
            can.volumes
              ? textField({
                  id: 'diskGiB',
                  label: 'Disk (GiB)',
                  type: 'number',
                  min: imageOf(data, spec)?.minDiskGiB ?? 1,
                  value: numberText(spec.diskGiB),
                  problem: form.problem('diskGiB'),
                  onInput: (text) => form.change({ diskGiB: numberOf(text) }),
                })
              : nothing
          }
          ${textField({
            id: 'count',
            label: 'Number of machines',
            type: 'number',
            min: 1,
            max: MAX_COUNT,
            value: numberText(spec.count),
            problem: form.problem('count'),
            onInput: (text) => form.change({ count: numberOf(text) }),
          })}
        </div>
        ${spec.count > 1 || spec.minCount !== undefined ? enoughField(form) : nothing}
        <div class="sections">
          ${can.networks ? networkSection(form) : nothing} ${can.volumes ? disksSection(form) : nothing}
          ${can.securityGroups ? accessSection(form) : nothing} ${endsSection(form)} ${setupSection(form)}
          ${can.tagsOnLaunch || can.attributes || can.spot || can.networks ? advancedSection(form) : nothing} ${graphtermSection(form)}
        </div>
      </div>
      ${created(form)}
    </form>
    ${leaveQuestion(() => form.leave())}
  </main>`;
}

/** Enter submits from any single-line control; in a text area it makes a new line, on a button or link it presses that. */
function submitOnEnter(event: KeyboardEvent, form: FormState): void {
  if (event.key !== 'Enter' || event.defaultPrevented || event.isComposing) return;
  const target = event.target as HTMLElement;
  if (!(target instanceof HTMLInputElement)) return;
  event.preventDefault();
  form.submit();
}

/** Size, disk and open ports for what the machine is for; everything can be changed after. */
function presetField(form: FormState): TemplateResult | typeof nothing {
  const { data, spec } = form;
  if (data.instanceTypes.length === 0) return nothing;
  const shown = presetShown(data, spec);
  return selectField({
    id: 'preset',
    label: 'What is it for?',
    value: shown ?? '',
    options: [
      ...(shown === undefined ? [{ value: '', label: 'Not chosen: size and disk as below' }] : []),
      ...LAUNCH_PRESETS.map(({ id, label }) => ({ value: id, label })),
    ],
    onInput: (id) => form.change(...presetChange(data, spec, id)),
  });
}

function nameField(form: FormState): TemplateResult {
  const { data, spec } = form;
  const taken = warnings(data, spec).name;
  const name = spec.name.trim();
  return html`${textField({
    id: 'name',
    label: 'Name',
    value: spec.name,
    placeholder: 'ada',
    required: true,
    help: taken === undefined ? undefined : remark(taken),
    problem: form.problem('name'),
    onInput: (typed) => form.change({ name: typed }),
  })}${
    data.capabilities.dns && isDotted(name)
      ? html`<div class="beneath">
          ${tick(`The DNS name ${name} points to ${spec.count > 1 ? 'them, each with its number' : 'it'}`, spec.dns !== false, (on) =>
            form.change({ dns: on ? undefined : false }),
          )}
        </div>`
      : nothing
  }`;
}

/** Where the cloud may not have as many as are wanted. */
function enoughField(form: FormState): TemplateResult {
  const { minCount } = form.spec;
  return textField({
    id: 'minCount',
    label: 'Fewer are enough, down to',
    type: 'number',
    min: 1,
    max: MAX_COUNT,
    value: numberText(minCount),
    placeholder: 'all or none',
    problem: form.problem('minCount'),
    onInput: (text) => form.change({ minCount: text.trim() === '' ? undefined : numberOf(text) }, { touch: 'minCount' }),
  });
}

function imageField(form: FormState): TemplateResult {
  const { data, spec, search } = form;
  const said = search === undefined ? '' : search.busy ? `Searching the cloud for “${search.text}”…` : (search.problem ?? '');
  return html`<div class="field">
    <skylab-combobox
      label="Image"
      noun="images"
      placeholder="Type to search: debian, ubuntu, ami-…"
      tall
      .items=${imageRows(data.images)}
      .value=${spec.imageId}
      .remark=${said}
      .problem=${form.problem('imageId')}
      @pick=${(event: CustomEvent<string>) => form.change(...imageChange(data, spec, event.detail))}
      @search=${(event: CustomEvent<string>) => form.searchImages(event.detail)}
      @send=${() => form.submit()}
    ></skylab-combobox>
  </div>`;
}

function sizeField(form: FormState): TemplateResult {
  const { data, spec } = form;
  if (!data.capabilities.instanceTypes && data.instanceTypes.length === 0)
    return textField({
      id: 'instanceType',
      label: 'Size',
      value: spec.instanceType,
      placeholder: 'm1.small',
      help: 'As this cloud names it: it does not list what it has.',
      problem: form.problem('instanceType'),
      onInput: (typed) => form.change({ instanceType: typed.trim() }),
    });
  const architecture = imageOf(data, spec)?.architecture ?? '';
  const cards = sizeCards(data.instanceTypes, architecture);
  const rows = typeRows(data.instanceTypes, architecture, data.prices);
  const problem = form.problem('instanceType');
  const prices = data.prices.types;
  return html`<fieldset>
    <legend>Size</legend>
    <div class="cards">
      ${cards.map((card, i) => {
        const chosen = card.name === spec.instanceType;
        return html`<label class=${chosen ? 'card chosen' : 'card'}>
          <input type="radio" name="size" .checked=${live(chosen)} @change=${() => form.change({ instanceType: card.name })} />
          <span
            ><strong>${card.name}</strong>${capacity(card)}<span class="for"
              >${CARD_WORDS[i] ?? ''}${card.freeTier || prices[card.name] !== undefined ? html`<br />${facts(card, prices[card.name]?.perHour)}` : nothing}</span
            ></span
          >
        </label>`;
      })}
    </div>
    <skylab-combobox
      label="Or any other size"
      light
      noun="sizes"
      placeholder=${`Search ${rows.length.toLocaleString('en-US')} sizes: c7, 16 GiB, 8 vCPU`}
      .items=${rows}
      .value=${cards.some((card) => card.name === spec.instanceType) ? '' : spec.instanceType}
      @pick=${(event: CustomEvent<string>) => form.change({ instanceType: event.detail })}
      @send=${() => form.submit()}
    ></skylab-combobox>
    ${notes('instanceType', undefined, problem)} ${remark(form.note)} ${remark(warnings(data, spec).size)}
  </fieldset>`;
}

/** `$0.0104 per hour · free tier` */
function facts({ freeTier }: FormInstanceType, perHour: number | undefined): string {
  return [perHour === undefined ? '' : `${dollars(perHour)} per hour`, freeTier ? 'free tier' : '']
    .filter((part) => part !== '')
    .join(' · ');
}
