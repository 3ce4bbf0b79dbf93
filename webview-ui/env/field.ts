import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { EnvFormField, EnvMend } from '../../src/shared/envModel';
import { MAX_PASSWORD_BYTES, passwordProblem } from '../../src/shared/password';
import type { Strength } from '../../src/shared/strength';
import { strengthOf } from '../../src/shared/strength';
import { notes, selectField, textArea, textField } from '../lib/fields';
import { icons } from '../lib/icons';
import type { EnvPageState, SecretRecipe } from './form';
import type { SecretFormat } from './model';
import { formatOf, makeSecret } from './model';

const MENDS: Readonly<Record<EnvMend, string>> = {
  removeHidden: 'Remove the lines that do not count',
  remove: 'Remove it',
  quote: 'Quote it as it is written',
};
const FORMATS: readonly { readonly value: SecretFormat; readonly label: string }[] = [
  { value: 'letters', label: 'letters and digits' },
  { value: 'hex', label: 'hexadecimal' },
  { value: 'base64', label: 'Base64' },
];
const USUAL_BYTES = 32;
/** Bytes of a password that is made for a person. */
const PASSWORD_BYTES = 15;

export function envField(page: EnvPageState, field: EnvFormField): TemplateResult {
  return html`<div class="variable">${control(page, field)} ${below(page, field)}</div>`;
}

const idOf = ({ key }: EnvFormField): string => `field-${key}`;

/** The name under which the field is found: what a recipe calls it, with the variable's own name. */
const labelOf = ({ key, label }: EnvFormField): string => (label === key ? key : `${label} (${key})`);

function control(page: EnvPageState, field: EnvFormField): TemplateResult {
  const value = page.valueOf(field);
  const base = {
    id: idOf(field),
    label: labelOf(field),
    value,
    help: helpOf(field),
    problem: field.problem,
    onInput: (text: string) => page.set(field.key, text),
    onLeave: () => page.leave(),
  };
  if (field.hashed === true) return hashedPassword(page, field);
  if (field.kind === 'bool') return toggle(page, field, value);
  if (field.kind === 'choice' && field.choices) return chooser(page, field, value);
  if (field.kind === 'password' || field.kind === 'secret') return secret(page, field, value);
  if (value.includes('\n')) return textArea({ ...base, rows: Math.min(12, value.split('\n').length + 1) });
  return textField({ ...base, between: chips(page, field, value) });
}

function helpOf(field: EnvFormField): TemplateResult | undefined {
  const users = field.users.length === 0 ? '' : `Used by ${field.users.join(', ')}.`;
  const becomes = field.becomes === undefined ? nothing : html`<div>Becomes <code>${field.becomes}</code></div>`;
  if (field.help === '' && users === '' && becomes === nothing) return undefined;
  return html`${field.help}${becomes}${users === '' ? nothing : html`<div class="users">${users}</div>`}`;
}

function chips(page: EnvPageState, field: EnvFormField, value: string): TemplateResult | typeof nothing {
  const open = (field.suggestions ?? []).filter((one) => one.value !== value);
  if (open.length === 0) return nothing;
  return html`<div class="chips" role="group" aria-label="Suggestions for ${field.label}">
    ${open.map(
      (one) =>
        html`<button type="button" class="chip" title=${one.value} @click=${() => take(page, field, one.value)}>${one.label}</button>`,
    )}
  </div>`;
}

/** A value that was chosen rather than typed goes into the document at once. */
function take(page: EnvPageState, { key }: EnvFormField, value: string): void {
  page.set(key, value);
  page.leave();
}

function toggle(page: EnvPageState, field: EnvFormField, value: string): TemplateResult {
  const [on, off] = field.words ?? ['true', 'false'];
  const help = helpOf(field);
  const id = idOf(field);
  return html`<div class="field">
    <label class="choice">
      <input
        id=${id}
        type="checkbox"
        .checked=${live(value === on)}
        .indeterminate=${value !== on && value !== off}
        aria-describedby=${help === undefined && field.problem === undefined ? nothing : `${id}-problem ${id}-help`}
        @change=${(event: Event) => take(page, field, (event.target as HTMLInputElement).checked ? on : off)}
      /><span class="name">${labelOf(field)}</span> <code class="word">${value === '' ? 'empty' : value}</code>
    </label>
    ${notes(id, help, field.problem)}
  </div>`;
}

function chooser(page: EnvPageState, field: EnvFormField, value: string): TemplateResult {
  const choices = field.choices ?? [];
  const known = choices.some((one) => one.value === value);
  const detail = choices.find((one) => one.value === value)?.detail;
  const word = (one: (typeof choices)[number]) => (one.label === one.value ? one.label : `${one.label}: ${one.value}`);
  return selectField({
    id: idOf(field),
    label: labelOf(field),
    value,
    help: html`${detail === undefined ? nothing : html`<div>${detail}</div>`}${helpOf(field) ?? nothing}`,
    problem: field.problem,
    onInput: (chosen) => take(page, field, chosen),
    options: [
      ...(known ? [] : [{ value, label: value === '' ? 'Choose…' : value }]),
      ...choices.map((one) => ({ value: one.value, label: word(one) })),
    ],
  });
}

function eye(page: EnvPageState, { key, label }: EnvFormField): TemplateResult {
  const shown = page.revealed.has(key);
  return html`<button
    type="button"
    class="reveal"
    aria-pressed=${shown ? 'true' : 'false'}
    aria-label="Show ${label}"
    title=${shown ? 'Hide' : 'Show'}
    @click=${() => page.reveal(key)}
  >
    ${shown ? icons.eyeClosed : icons.eye}
  </button>`;
}

const WORDS: Readonly<Record<Strength, string>> = { weak: 'Weak', fair: 'Fair', strong: 'Strong' };

/** Strength as a bar and a word. */
function meter(password: string): TemplateResult | typeof nothing {
  const strength = strengthOf(password);
  if (strength === undefined) return nothing;
  return html`<div class="strength ${strength}" role="status">
    <span class="bar" aria-hidden="true"></span>${WORDS[strength]} password
  </div>`;
}

function secret(page: EnvPageState, field: EnvFormField, value: string): TemplateResult {
  const several = value.includes('\n');
  const shown = page.revealed.has(field.key);
  const base = {
    id: idOf(field),
    label: labelOf(field),
    help: helpOf(field),
    problem: field.problem,
    onInput: (text: string) => page.set(field.key, text),
    onLeave: () => page.leave(),
  };
  const make = (made: string): void => {
    take(page, field, made);
    page.reveal(field.key, field.kind === 'password');
  };
  if (several && shown) {
    return html`${textArea({ ...base, value, rows: 6 })}<button type="button" class="small" @click=${() => page.reveal(field.key)}>
        Hide
      </button>`;
  }
  return html`<div class="secret">
    ${textField({
      ...base,
      // a password box would join the lines
      value: several ? '' : value,
      placeholder: several ? `${value.split('\n').length} lines, hidden: show them to change them` : '',
      type: shown ? 'text' : 'password',
      after: eye(page, field),
      between: html`${field.kind === 'password' ? meter(value) : nothing}${generator(page, field, value, make)}`,
    })}
  </div>`;
}

/** A button that makes a secret; how many bytes and in which letters can be chosen where it is one for programs. */
function generator(page: EnvPageState, field: EnvFormField, value: string, make: (secret: string) => void): TemplateResult {
  const random = (array: Uint8Array): Uint8Array => crypto.getRandomValues(array as Uint8Array<ArrayBuffer>);
  if (field.kind === 'password') {
    return html`<div class="maker">
      <button
        type="button"
        class="small"
        aria-label="Generate ${field.label}"
        @click=${() => make(makeSecret(PASSWORD_BYTES, 'letters', random))}
      >
        Generate
      </button>
    </div>`;
  }
  const usual: SecretRecipe = { bytes: field.bytes ?? USUAL_BYTES, format: field.bytes === undefined ? formatOf(value) : 'hex' };
  const recipe = page.recipeOf(field.key) ?? usual;
  return html`<div class="maker">
    <button
      type="button"
      class="small"
      aria-label="Generate ${field.label}"
      @click=${() => make(makeSecret(recipe.bytes, recipe.format, random))}
    >
      Generate
    </button>
    <input
      type="number"
      min="8"
      max="256"
      aria-label="Bytes of ${field.label}"
      .value=${live(String(recipe.bytes))}
      @change=${(event: Event) => {
        const bytes = Math.round(Number((event.target as HTMLInputElement).value));
        page.cook(field.key, { ...recipe, bytes: Math.min(256, Math.max(8, Number.isNaN(bytes) ? USUAL_BYTES : bytes)) });
      }}
    />
    <span>bytes as</span>
    <select
      aria-label="Letters of ${field.label}"
      @change=${(event: Event) => page.cook(field.key, { ...recipe, format: (event.target as HTMLSelectElement).value as SecretFormat })}
    >
      ${FORMATS.map(({ value: format, label }) => html`<option value=${format} ?selected=${format === recipe.format}>${label}</option>`)}
    </select>
  </div>`;
}

/** A password of which the file gets only the hash. */
function hashedPassword(page: EnvPageState, field: EnvFormField): TemplateResult {
  const { key } = field;
  const typed = page.passwordOf(key);
  const busy = page.hashing.has(key);
  const shown = page.revealed.has(key);
  const problem = typed === '' ? undefined : passwordProblem(typed);
  const said = page.said.get(key);
  const failed = said === undefined || said === '' ? undefined : said;
  return html`<div
    class="secret"
    @keydown=${(event: KeyboardEvent) => {
      if (event.key === 'Enter' && !event.isComposing && event.target instanceof HTMLInputElement) page.hash(key);
    }}
  >
    ${textField({
      id: idOf(field),
      label: labelOf(field),
      value: typed,
      type: shown ? 'text' : 'password',
      placeholder: field.hashSet === true ? 'A password is set; type another one to change it' : 'Type the password',
      help: html`<span class="note inline"
          >${icons.lock}<span>The file gets its bcrypt hash, made on this computer; up to ${MAX_PASSWORD_BYTES} bytes.</span></span
        >${
          helpOf(field) === undefined
            ? nothing
            : html`<details>
                <summary>What the file says</summary>
                <div class="own">${helpOf(field)}</div>
              </details>`
        }`,
      problem: problem ?? failed ?? field.problem,
      onInput: (text) => page.typePassword(key, text),
      after: eye(page, field),
      between: html`${meter(typed)}
        <div class="maker">
          <button type="button" class="small" ?disabled=${typed === '' || busy || problem !== undefined} @click=${() => page.hash(key)}>
            ${busy ? 'Hashing…' : 'Set Password'}
          </button>
          <button
            type="button"
            class="small"
            aria-label="Generate ${field.label}"
            @click=${() => {
              const random = (array: Uint8Array): Uint8Array => crypto.getRandomValues(array as Uint8Array<ArrayBuffer>);
              page.typePassword(key, makeSecret(PASSWORD_BYTES, 'letters', random));
              page.reveal(key, true);
            }}
          >
            Generate
          </button>
          <span role="status"
            >${said === '' ? html`<span class="note inline">${icons.done}<span>Hashed and in the file.</span></span>` : nothing}</span
          >
        </div>`,
    })}
  </div>`;
}

/** Remarks, with what can be done about them. */
function below(page: EnvPageState, { key, label, remark }: EnvFormField): TemplateResult {
  if (!remark) return html`<div aria-live="polite"></div>`;
  const { mend } = remark;
  return html`<div aria-live="polite" class="below">
    <div class="remark">
      ${icons.warning}<span
        >${remark.text}
        ${
          mend === undefined
            ? nothing
            : html`<button type="button" class="link" aria-label="${MENDS[mend]}: ${label}" @click=${() => page.mend(key, mend)}>
                ${MENDS[mend]}
              </button>`
        }</span
      >
    </div>
  </div>`;
}
