import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { icons } from './icons';

/** One control of a row. Its label shows above where rows stack, and above the first row where they stand in columns. */
interface Cell {
  readonly id: string;
  readonly label: string;
  /** Share of the row's width, in columns of twelve. */
  readonly span: number;
  readonly invalid?: boolean;
}

type Typed = Cell & {
  readonly value: string;
  readonly type?: 'text' | 'number' | 'date' | 'time' | 'datetime-local';
  readonly min?: number;
  readonly placeholder?: string;
  readonly list?: string;
  readonly after?: TemplateResult;
  readonly onInput: (value: string) => void;
};

type Chosen = Cell & {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onInput: (value: string) => void;
};

const around = ({ id, label, span }: Cell, control: TemplateResult): TemplateResult =>
  html`<div class="cell span-${span}"><label class="mini" for=${id}>${label}</label>${control}</div>`;

export function textCell(cell: Typed): TemplateResult {
  const { id, invalid, value, type, min, placeholder, list, after } = cell;
  return around(
    cell,
    html`<div class="control">
      <input
        id=${id}
        type=${type ?? 'text'}
        .value=${live(value)}
        min=${min ?? nothing}
        placeholder=${placeholder ?? nothing}
        list=${list ?? nothing}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        aria-invalid=${invalid === true ? 'true' : 'false'}
        @input=${(event: Event) => cell.onInput((event.target as HTMLInputElement).value)}
      />${after ?? nothing}
    </div>`,
  );
}

export function selectCell(cell: Chosen): TemplateResult {
  const { id, invalid, value, options } = cell;
  return around(
    cell,
    html`<select
      id=${id}
      aria-invalid=${invalid === true ? 'true' : 'false'}
      @change=${(event: Event) => cell.onInput((event.target as HTMLSelectElement).value)}
    >
      ${options.map((option) => html`<option value=${option.value} ?selected=${option.value === value}>${option.label}</option>`)}
    </select>`,
  );
}

export interface RowOptions {
  /** The row as a person would name it: "rule 2". */
  readonly name: string;
  readonly cells: readonly TemplateResult[];
  /** Beneath the cells, over the whole width. */
  readonly more?: TemplateResult | typeof nothing;
  readonly problems: readonly string[];
  readonly warning?: string | undefined;
  readonly onRemove: () => void;
}

export function row({ name, cells, more, problems, warning, onRemove }: RowOptions): TemplateResult {
  return html`<div class="row" role="group" aria-label=${name}>
    <div class="cells">${cells}</div>
    <button type="button" class="iconic remove" title="Remove" aria-label="Remove ${name}" @click=${onRemove}>${icons.close}</button>
    ${more ?? nothing}
    <div class="said" aria-live="polite">
      ${problems.map((problem) => html`<div class="problem">${icons.error}<span>${problem}</span></div>`)}
      ${warning === undefined ? nothing : html`<div class="remark">${icons.warning}<span>${warning}</span></div>`}
    </div>
  </div>`;
}

export interface RowsOptions {
  readonly id: string;
  readonly legend: string;
  readonly help?: string | TemplateResult;
  readonly rows: readonly TemplateResult[];
  /** Rows that are boxes of their own, with labels in each. */
  readonly boxed?: boolean;
  readonly add: string;
  readonly onAdd: () => void;
}

/** Rows that can be added to and removed from. */
export function rowsField({ id, legend, help, rows, boxed, add, onAdd }: RowsOptions): TemplateResult {
  return html`<fieldset class=${boxed === true ? 'rows boxed' : 'rows'}>
    <legend>${legend}</legend>
    ${help === undefined ? nothing : html`<p class="quiet">${help}</p>`} ${rows}
    <vscode-button secondary id="${id}-add" @click=${onAdd}>${add}</vscode-button>
  </fieldset>`;
}

/** A tick box with its words. */
export function tick(label: string, checked: boolean, onChange: (checked: boolean) => void, id?: string): TemplateResult {
  return html`<vscode-checkbox
    id=${id ?? nothing}
    label=${label}
    ?checked=${checked}
    .checked=${checked}
    @change=${(event: Event) => onChange((event.target as HTMLInputElement).checked)}
  ></vscode-checkbox>`;
}
