import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { EnvAbsent, EnvForm, EnvFormField, EnvMend, EnvSection } from '../../src/shared/envModel';
import { icons } from '../lib/icons';
import { envField } from './field';
import type { SecretFormat } from './model';
import { SEARCH_FROM, fieldCount, matching } from './model';

/** How a secret is made. */
export interface SecretRecipe {
  readonly bytes: number;
  readonly format: SecretFormat;
}

export interface EnvPageState {
  readonly form: EnvForm;
  readonly search: string;
  readonly said: ReadonlyMap<string, string>;
  readonly hashing: ReadonlySet<string>;
  readonly revealed: ReadonlySet<string>;
  valueOf(field: EnvFormField): string;
  passwordOf(key: string): string;
  recipeOf(key: string): SecretRecipe | undefined;
  find(text: string): void;
  set(key: string, value: string): void;
  leave(): void;
  typePassword(key: string, value: string): void;
  hash(key: string): void;
  /** @param on absent: the other way round */
  reveal(key: string, on?: boolean): void;
  cook(key: string, recipe: SecretRecipe): void;
  add(keys: readonly string[]): void;
  mend(key: string, mend: EnvMend): void;
  openText(line?: number): void;
}

export function envPage(page: EnvPageState): TemplateResult {
  const { form, search } = page;
  const total = fieldCount(form);
  const sections = matching(form, search);
  const shown = sections.reduce((sum, { fields }) => sum + fields.length, 0);
  return html`<main class="page env">
    <h1>${form.name}</h1>
    <p class="lead">
      ${form.place === '' ? nothing : html`${form.place} · `}${total === 1 ? '1 variable' : `${total} variables`}. Comments, order and
      quotes of the file stay as they are.
      <button type="button" class="link" @click=${() => page.openText()}>Open as text</button>
    </p>
    ${form.note === undefined ? nothing : html`<p class="note banner">${icons.warning}<span>${form.note}</span></p>`}
    ${
      total > SEARCH_FROM
        ? html`<div class="field search">
            <label class="hidden" for="search">Search variables</label>
            <input
              id="search"
              type="text"
              placeholder="Search variables"
              autocomplete="off"
              spellcheck="false"
              .value=${search}
              @input=${(event: Event) => page.find((event.target as HTMLInputElement).value)}
            />
            <div class="help" role="status">${search === '' ? nothing : `${shown} of ${total}`}</div>
          </div>`
        : nothing
    }
    ${total === 0 ? html`<p class="quiet">There is no variable in this file yet.</p>` : nothing}
    ${repeat(
      sections,
      ({ title }, index) => `${index} ${title}`,
      (section, index) => sectionOf(page, section, index),
    )}
    ${search === '' && form.absent.length > 0 ? absent(page, form.absent) : nothing}
  </main>`;
}

function sectionOf(page: EnvPageState, { title, help, fields }: EnvSection, index: number): TemplateResult {
  const body = html`${help === '' ? nothing : html`<p class="help about">${help}</p>`}
  ${repeat(
    fields,
    ({ key }) => key,
    (field) => envField(page, field),
  )}`;
  if (title === '') return html`<div class="section">${body}</div>`;
  return html`<section class="section" aria-labelledby="section-${index}">
    <h2 id="section-${index}">${title}</h2>
    ${body}
  </section>`;
}

/** What the stack uses and the file lacks. */
function absent(page: EnvPageState, list: readonly EnvAbsent[]): TemplateResult {
  return html`<section class="section" aria-labelledby="absent">
    <h2 id="absent">Not in this file</h2>
    <p class="quiet">The stack uses these as well. Without a line here the value beside each counts.</p>
    <ul class="absent">
      ${list.map(
        ({ key, fallback, required, users }) =>
          html`<li>
            <span class="what">
              <code>${key}</code>
              ${
                required
                  ? html`<span class="note inline">${icons.error}<span>needs a value</span></span>`
                  : html`<span class="quiet">${fallback === '' ? 'empty' : html`<code>${fallback}</code>`}</span>`
              }
              ${users.length === 0 ? nothing : html`<span class="quiet">for ${users.join(', ')}</span>`}
            </span>
            <button type="button" class="small" aria-label="Add ${key}" @click=${() => page.add([key])}>Add</button>
          </li>`,
      )}
    </ul>
    ${
      list.length < 2
        ? nothing
        : html`<button type="button" class="small" @click=${() => page.add(list.map(({ key }) => key))}>Add all ${list.length}</button>`
    }
  </section>`;
}
