import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { fittingTypes, sizeCards } from '../../src/shared/launchForm';
import { MAX_COUNT, MAX_USER_DATA_BYTES, userDataBytes } from '../../src/shared/launchSpec';
import type { LaunchSpec, SpecProblems } from '../../src/shared/launchSpec';
import type { FormImage, FormInstanceType, LaunchFormData } from '../../src/shared/messages';
import type { ComboItem } from '../components/combobox';
import { notes, remark, selectField, textArea, textField } from '../lib/fields';
import { capacity } from '../lib/format';
import { icons } from '../lib/icons';
import { accessFields, keyFields } from './choices';
import { imageItems, imageOf, summary, typeItems, warnings, withImage } from './model';

export interface FormState {
  readonly data: LaunchFormData;
  readonly spec: LaunchSpec;
  /** What changed along with the image. */
  readonly note: string | undefined;
  readonly submitting: boolean;
  readonly search: { readonly text: string; readonly problem: string | undefined; readonly busy: boolean } | undefined;
  readonly problems: SpecProblems;
  /** The sentence to show beside the field now. */
  problem(field: string): string | undefined;
  change(change: Partial<LaunchSpec>, note?: string): void;
  leave(field: string): void;
  submit(): void;
  searchImages(text: string): void;
  chooseAccount(accountId: string): void;
  browseKey(): void;
}

const CARD_WORDS = ['To try something out', 'A notebook or a small site', 'Several notebooks at once'];

/** Rows of the two long lists, made once per list and not at every keystroke. */
const imageRows = memo((images: readonly FormImage[]) => imageItems(images));
const typeRows = memo((types: readonly FormInstanceType[], architecture: string) => typeItems(fittingTypes(types, architecture)));

function memo<A extends readonly unknown[]>(make: (...args: A) => readonly ComboItem[]): (...args: A) => readonly ComboItem[] {
  let last: { args: A; made: readonly ComboItem[] } | undefined;
  return (...args) => {
    if (last === undefined || args.some((arg, i) => arg !== last?.args[i])) last = { args, made: make(...args) };
    return last.made;
  };
}

export function launchForm(form: FormState): TemplateResult {
  const { data, spec } = form;
  const account = data.accounts.find((candidate) => candidate.id === data.accountId);
  return html`<main class="page">
    <h1>Launch a machine</h1>
    <p class="lead">In ${account?.name ?? 'this account'}, ${account?.region ?? ''}. Type a name; the rest can stay as it is.</p>
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
        ${nameField(form)} ${imageField(form)} ${sizeField(form)} ${keyFields(form)} ${accessFields(form)}
        <div class="pair">
          ${textField({
            id: 'diskGiB',
            label: 'Disk (GiB)',
            type: 'number',
            min: imageOf(data, spec)?.minDiskGiB ?? 1,
            value: numberText(spec.diskGiB),
            problem: form.problem('diskGiB'),
            onInput: (text) => form.change({ diskGiB: numberOf(text) }),
          })}
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
        ${setupField(form)}
      </div>
      ${created(form)}
    </form>
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

/** An emptied number field is NaN in the spec and empty on screen. */
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));
const numberText = (value: number): string => (Number.isNaN(value) ? '' : String(value));

function nameField(form: FormState): TemplateResult {
  const { data, spec } = form;
  return html`${textField({
    id: 'name',
    label: 'Name',
    value: spec.name,
    placeholder: 'ada',
    required: true,
    help: warnings(data, spec).name === undefined ? undefined : remark(warnings(data, spec).name),
    problem: form.problem('name'),
    onInput: (name) => form.change({ name }),
  })}`;
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
      @pick=${(event: CustomEvent<string>) => {
        const { spec: next, note } = withImage(data, spec, event.detail);
        form.change({ imageId: next.imageId, instanceType: next.instanceType, diskGiB: next.diskGiB }, note);
      }}
      @search=${(event: CustomEvent<string>) => form.searchImages(event.detail)}
      @send=${() => form.submit()}
    ></skylab-combobox>
  </div>`;
}

function sizeField(form: FormState): TemplateResult {
  const { data, spec } = form;
  const architecture = imageOf(data, spec)?.architecture ?? '';
  const cards = sizeCards(data.instanceTypes, architecture);
  const rows = typeRows(data.instanceTypes, architecture);
  const problem = form.problem('instanceType');
  return html`<fieldset>
    <legend>Size</legend>
    <div class="cards">
      ${cards.map((card, i) => {
        const chosen = card.name === spec.instanceType;
        return html`<label class=${chosen ? 'card chosen' : 'card'}>
          <input type="radio" name="size" .checked=${live(chosen)} @change=${() => form.change({ instanceType: card.name })} />
          <span
            ><strong>${card.name}</strong>${capacity(card)}<span class="for"
              >${CARD_WORDS[i] ?? ''}${card.freeTier ? html`<br />Free tier` : nothing}</span
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

function setupField(form: FormState): TemplateResult {
  const { spec } = form;
  const bytes = userDataBytes(spec.userData);
  return html`<details ?open=${spec.userData !== ''}>
    <summary>Set-up script</summary>
    ${textArea({
      id: 'userData',
      label: 'Run once at the first boot, as root',
      rows: 8,
      value: spec.userData,
      placeholder: '#!/bin/bash\napt-get update',
      help: `A shell script that begins with #!, or #cloud-config. ${bytes.toLocaleString('en-US')} of ${MAX_USER_DATA_BYTES.toLocaleString('en-US')} bytes. Every process on the machine can read it: no passwords here.`,
      problem: form.problem('userData'),
      onInput: (userData) => form.change({ userData }),
    })}
  </details>`;
}

function created(form: FormState): TemplateResult {
  const { data, spec, submitting } = form;
  const wrong = Object.keys(form.problems).filter((field) => form.problem(field) !== undefined).length;
  return html`<aside aria-labelledby="created">
    <h2 id="created">What will be created</h2>
    <dl>
      ${summary(data, spec).map(
        ({ what, detail }) =>
          html`<div>
            <dt>${what}</dt>
            <dd>${detail}</dd>
          </div>`,
      )}
    </dl>
    <div class="foot">
      <vscode-button type="submit" ?disabled=${submitting} aria-disabled=${String(submitting)}
        >${submitting ? 'Launching…' : spec.count > 1 ? `Launch ${spec.count} machines` : 'Launch'}</vscode-button
      >
      <div aria-live="polite">
        ${wrong === 0 ? nothing : html`<div class="problem">${icons.error}<span>${wrong === 1 ? 'One field needs' : `${wrong} fields need`} another look.</span></div>`}
      </div>
    </div>
  </aside>`;
}
