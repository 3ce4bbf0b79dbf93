import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { icons } from './icons';

/** What every field has. `problem` is shown beneath and ties to the control; `help` is read out with it as well. */
export interface FieldOptions {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly help?: string | TemplateResult | undefined;
  readonly problem?: string | undefined;
  readonly onInput: (value: string) => void;
  /** The person left the field. */
  readonly onLeave?: () => void;
}

/** The ids that describe a field's control, for aria-describedby. */
export function describedBy(id: string, help: unknown, problem: unknown): string | typeof nothing {
  const ids = [problem === undefined ? '' : `${id}-problem`, help === undefined ? '' : `${id}-help`].filter((part) => part !== '');
  return ids.length === 0 ? nothing : ids.join(' ');
}

/** Help and problem beneath a control. The problem's place is always there, so that screen readers hear it appear. */
export function notes(id: string, help: string | TemplateResult | undefined, problem: string | undefined, remark?: string): TemplateResult {
  return html`
    <div aria-live="polite">
      ${problem === undefined ? nothing : html`<div class="problem" id="${id}-problem">${icons.error}<span>${problem}</span></div>`}
      ${remark === undefined ? nothing : html`<div class="remark" id="${id}-problem">${icons.warning}<span>${remark}</span></div>`}
    </div>
    ${help === undefined ? nothing : html`<div class="help" id="${id}-help">${help}</div>`}
  `;
}

/** A remark that does not stop anything. */
export function remark(text: string | undefined): TemplateResult {
  return html`<div aria-live="polite">
    ${text === undefined ? nothing : html`<div class="remark">${icons.warning}<span>${text}</span></div>`}
  </div>`;
}

const valueOf = (event: Event): string => (event.target as HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement).value;

export function textField(
  options: FieldOptions & {
    type?: 'text' | 'password' | 'number';
    min?: number;
    max?: number;
    placeholder?: string;
    /** Id of a datalist with suggestions. */
    list?: string;
    required?: boolean;
    /** Beneath, in the place of a problem: worth knowing, but it stops nothing. */
    remark?: string;
    /** Inside the control's box, such as a toggle. */
    after?: TemplateResult;
    /** Beneath problem and above help. */
    between?: TemplateResult | typeof nothing;
  },
): TemplateResult {
  const { id, help, problem } = options;
  return html`<div class="field">
    <label class="name" for=${id}>${options.label}</label>
    <div class="control">
      <input
        id=${id}
        type=${options.type ?? 'text'}
        .value=${live(options.value)}
        min=${options.min ?? nothing}
        max=${options.max ?? nothing}
        placeholder=${options.placeholder ?? nothing}
        list=${options.list ?? nothing}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-required=${options.required === true ? 'true' : nothing}
        aria-invalid=${problem === undefined ? 'false' : 'true'}
        aria-describedby=${describedBy(id, help, problem ?? options.remark)}
        @input=${(event: Event) => options.onInput(valueOf(event))}
        @blur=${() => options.onLeave?.()}
      />${options.after ?? nothing}
    </div>
    ${notes(id, undefined, problem, options.remark)} ${options.between ?? nothing} ${notes(id, help, undefined)}
  </div>`;
}

export function selectField(
  options: FieldOptions & { options: readonly { readonly value: string; readonly label: string }[]; hideLabel?: boolean },
): TemplateResult {
  const { id, help, problem } = options;
  return html`<div class="field">
    <label class=${options.hideLabel === true ? 'hidden' : 'name'} for=${id}>${options.label}</label>
    <select
      id=${id}
      aria-invalid=${problem === undefined ? 'false' : 'true'}
      aria-describedby=${describedBy(id, help, problem)}
      @change=${(event: Event) => options.onInput(valueOf(event))}
      @blur=${() => options.onLeave?.()}
    >
      ${options.options.map((option) => html`<option value=${option.value} ?selected=${option.value === options.value}>${option.label}</option>`)}
    </select>
    ${notes(id, help, problem)}
  </div>`;
}

export function textArea(options: FieldOptions & { rows: number; placeholder?: string }): TemplateResult {
  const { id, help, problem } = options;
  return html`<div class="field">
    <label class="name" for=${id}>${options.label}</label>
    <textarea
      id=${id}
      rows=${options.rows}
      .value=${live(options.value)}
      placeholder=${options.placeholder ?? nothing}
      autocomplete="off"
      spellcheck="false"
      aria-invalid=${problem === undefined ? 'false' : 'true'}
      aria-describedby=${describedBy(id, help, problem)}
      @input=${(event: Event) => options.onInput(valueOf(event))}
      @blur=${() => options.onLeave?.()}
    ></textarea>
    ${notes(id, help, problem)}
  </div>`;
}

/** One radio button with its words; the group's name makes arrows move between them. */
export function choice(group: string, checked: boolean, words: string | TemplateResult, onPick: () => void): TemplateResult {
  return html`<label class="choice"
    ><input type="radio" name=${group} .checked=${live(checked)} @change=${onPick} /><span>${words}</span></label
  >`;
}
