import type { PropertyValues, TemplateResult } from 'lit';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { describedBy, notes } from '../lib/fields';
import { icons } from '../lib/icons';
import { fieldStyles, pageStyles } from '../lib/styles';
import { matches, visibleRange } from './listMath';

export interface ComboItem {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  /** Lower-case text that is searched. */
  readonly search: string;
}

const SEARCH_DELAY_MS = 250;
const VISIBLE_ROWS = 8;

/**
 * A searchable list after the WAI-ARIA combobox pattern (editable, list autocomplete). Only rows in sight are in the DOM.
 * Fires `pick` (detail: the item's id), `search` (detail: the text, once typing pauses), `send` (Enter while closed) and `leave`.
 */
@customElement('skylab-combobox')
export class Combobox extends LitElement {
  static override readonly styles = [
    pageStyles,
    fieldStyles,
    css`
      .box {
        position: relative;
      }
      .box input {
        padding-right: 28px;
        text-overflow: ellipsis;
      }
      .box > .icon {
        position: absolute;
        right: 7px;
        top: 6px;
        pointer-events: none;
      }
      .popup {
        position: absolute;
        z-index: 10;
        top: calc(100% + 2px);
        left: 0;
        right: 0;
        color: var(--vscode-editorSuggestWidget-foreground, var(--vscode-foreground));
        background: var(--vscode-editorSuggestWidget-background, var(--vscode-dropdown-background));
        border: 1px solid var(--vscode-contrastBorder, var(--vscode-editorSuggestWidget-border, var(--vscode-dropdown-border)));
        border-radius: 3px;
        box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
      }
      .list {
        overflow-y: auto;
      }
      .rows {
        position: relative;
      }
      .row {
        position: absolute;
        left: 0;
        right: 0;
        padding: 3px 8px;
        overflow: hidden;
        cursor: pointer;
      }
      .row > div {
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
      }
      .row.single {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, auto);
        gap: 16px;
        align-items: center;
      }
      .row .detail {
        color: var(--vscode-descriptionForeground);
      }
      .row:hover {
        background: var(--vscode-list-hoverBackground);
      }
      .row[aria-selected='true'] {
        background: var(--vscode-editorSuggestWidget-selectedBackground, var(--vscode-list-activeSelectionBackground));
        outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      .row[aria-selected='true'],
      .row[aria-selected='true'] .detail {
        color: var(--vscode-editorSuggestWidget-selectedForeground, var(--vscode-list-activeSelectionForeground));
      }
      .said {
        padding: 4px 8px;
        color: var(--vscode-descriptionForeground);
        border-top: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent));
      }
      .field {
        margin: 0;
      }
      :host([light]) label.name {
        font-weight: normal;
      }
    `,
  ];

  @property() label = '';
  @property() value = '';
  /** What the list holds, in the plural: "images". */
  @property() noun = 'entries';
  @property() placeholder = '';
  @property() help: string | undefined = undefined;
  @property() problem: string | undefined = undefined;
  /** Said beneath the list, such as while the cloud is searched. */
  @property() remark = '';
  /** A label that weighs less than those of the fields around. */
  @property({ type: Boolean, reflect: true }) light = false;
  /** Two lines per row: label, then detail. */
  @property({ type: Boolean }) tall = false;
  @property({ attribute: false }) items: readonly ComboItem[] = [];

  @state() private open = false;
  @state() private text = '';
  @state() private active = -1;
  @state() private offset = 0;
  @query('input') private input!: HTMLInputElement;
  @query('.list') private list!: HTMLElement | null;

  #typed = false;
  #found: readonly ComboItem[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  override focus(): void {
    this.input.focus();
  }

  override disconnectedCallback(): void {
    clearTimeout(this.#timer);
    super.disconnectedCallback();
  }

  get #rowHeight(): number {
    return this.tall ? 46 : 28;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!this.open) return;
    if (changed.has('items') || changed.has('text') || changed.has('open')) {
      const before = this.#found[this.active]?.id;
      this.#found = this.#typed ? this.items.filter((item) => matches(item.search, this.text)) : this.items;
      const wanted = changed.has('text') ? undefined : (before ?? this.value);
      this.active = Math.max(
        this.#found.findIndex((item) => item.id === wanted),
        this.#found.length === 0 ? -1 : 0,
      );
    }
  }

  protected override updated(changed: PropertyValues): void {
    if (this.open && (changed.has('active') || changed.has('open'))) this.#reveal();
  }

  #reveal(): void {
    if (this.list === null || this.active < 0) return;
    const top = this.active * this.#rowHeight;
    const bottom = top + this.#rowHeight - this.list.clientHeight;
    if (this.list.scrollTop > top) this.list.scrollTop = top;
    else if (this.list.scrollTop < bottom) this.list.scrollTop = bottom;
    this.offset = this.list.scrollTop;
  }

  #show(): void {
    if (this.open) return;
    this.#typed = false;
    this.active = -1;
    this.open = true;
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.open = false;
    this.#typed = false;
    this.#found = [];
    this.offset = 0;
  }

  #fire(name: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #pick(item: ComboItem | undefined): void {
    if (item === undefined) return;
    this.#close();
    this.#fire('pick', item.id);
    void this.updateComplete.then(() => this.input.select());
  }

  readonly #onInput = (): void => {
    this.text = this.input.value;
    this.#typed = this.text.trim() !== '';
    this.open = true;
    clearTimeout(this.#timer);
    const text = this.text.trim();
    if (text.length >= 2) this.#timer = setTimeout(() => this.#fire('search', text), SEARCH_DELAY_MS);
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: VISIBLE_ROWS, PageUp: -VISIBLE_ROWS }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      if (!this.open) this.#show();
      else if (this.#found.length > 0) this.active = Math.min(Math.max(this.active + move, 0), this.#found.length - 1);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (this.open) this.#pick(this.#found[this.active]);
      else this.#fire('send');
    } else if (event.key === 'Escape' && this.open) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    }
  };

  readonly #onBlur = (): void => {
    this.#close();
    this.#fire('leave');
  };

  #popup(): TemplateResult {
    const height = this.#rowHeight;
    const total = this.#found.length;
    const view = Math.min(total, VISIBLE_ROWS) * height;
    const [from, to] = visibleRange(this.offset, view, height, total);
    const said = total === 0 && this.remark === '' ? `No ${this.noun} match “${this.text.trim()}”.` : this.remark;
    return html`<div class="popup" @mousedown=${(event: Event) => event.preventDefault()}>
      <div
        class="list"
        .style=${`height: ${view}px`}
        @scroll=${(event: Event) => {
          this.offset = (event.target as HTMLElement).scrollTop;
        }}
      >
        <div class="rows" role="listbox" id="list" aria-label=${this.label} .style=${`height: ${total * height}px`}>
          ${this.#found.slice(from, to).map((item, offset) => this.#row(item, from + offset, total))}
        </div>
      </div>
      ${said === '' ? nothing : html`<div class="said">${said}</div>`}
    </div>`;
  }

  #row(item: ComboItem, index: number, total: number): TemplateResult {
    return html`<div
      class=${this.tall ? 'row' : 'row single'}
      role="option"
      id="option-${index}"
      aria-selected=${index === this.active ? 'true' : 'false'}
      aria-setsize=${total}
      aria-posinset=${index + 1}
      .style=${`top: ${index * this.#rowHeight}px; height: ${this.#rowHeight}px`}
      @click=${() => this.#pick(item)}
    >
      <div>${item.label}</div>
      <div class="detail">${item.detail}</div>
    </div>`;
  }

  protected override render(): TemplateResult {
    const chosen = this.items.find((item) => item.id === this.value);
    const shown = this.open && this.#typed ? this.text : (chosen?.label ?? '');
    return html`<div class="field">
      <label class="name" for="input">${this.label}</label>
      <div class="box">
        <input
          id="input"
          type="text"
          role="combobox"
          .value=${live(shown)}
          placeholder=${this.placeholder}
          autocomplete="off"
          spellcheck="false"
          aria-expanded=${this.open ? 'true' : 'false'}
          aria-controls=${this.open ? 'list' : nothing}
          aria-autocomplete="list"
          aria-activedescendant=${this.open && this.active >= 0 ? `option-${this.active}` : nothing}
          aria-invalid=${this.problem === undefined ? 'false' : 'true'}
          aria-describedby=${describedBy('input', this.help, this.problem)}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
          @click=${() => this.#show()}
          @focus=${() => this.input.select()}
          @blur=${this.#onBlur}
        />
        ${icons.chevronDown} ${this.open ? this.#popup() : nothing}
      </div>
      <div class="hidden" role="status">${this.open ? `${this.#found.length} ${this.noun}` : ''}</div>
      ${notes('input', this.help, this.problem)}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'skylab-combobox': Combobox;
  }
}
