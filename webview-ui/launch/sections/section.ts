import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { icons } from '../../lib/icons';
import type { FormState } from '../state';

export interface SectionOptions {
  readonly id: string;
  readonly title: string;
  /** One line: what is chosen in it. */
  readonly said: string;
  /** Fields of the spec that it shows, with all within them. */
  readonly fields: readonly string[];
  /** Drawn once the part is first opened: controls that nobody looks at cost a third of the time in which the form opens. */
  readonly body: () => readonly (TemplateResult | typeof nothing)[];
}

/** A folded part of the form: its line says what is chosen, and how many problems are inside. */
export function section(form: FormState, { id, title, said, fields, body }: SectionOptions): TemplateResult {
  const wrong = fields.reduce((n, field) => n + form.problemsOf(field).length, 0);
  const drawn = form.drawn.has(id);
  // A click comes before the fold opens, by keyboard too: the controls are there in the same frame. What opens it otherwise toggles it.
  const draw = (): void => {
    if (!drawn) form.draw(id);
  };
  return html`<details class="section" id="section-${id}" data-part=${id} @toggle=${draw}>
    <summary @click=${draw}>
      ${icons.chevronRight}<span class="title">${title}</span>
      ${wrong === 0 ? nothing : html`<span class="wrong">${icons.error}${wrong === 1 ? '1 problem' : `${wrong} problems`}</span>`}
      <span class="chosen">${said}</span>
    </summary>
    <div class="inside">${drawn ? body() : nothing}</div>
  </details>`;
}
