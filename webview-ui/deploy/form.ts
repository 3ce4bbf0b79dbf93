import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { DeployAnswers, DeployField, DeployFinding, DeployForm, DeployPlanView, StackChoice } from '../../src/shared/deployModel';
import { MAX_PASSWORD_BYTES } from '../../src/shared/password';
import { textField } from '../lib/fields';
import { icons } from '../lib/icons';
import { stackChoices } from './choices';
import { asideOf, fieldNote, groupedFindings, openSuggestions, sortedFindings } from './model';
import { updateOf } from './update';

export interface DeployFormState {
  readonly form: DeployForm;
  readonly answers: DeployAnswers;
  readonly plan: DeployPlanView | undefined;
  readonly touched: ReadonlySet<string>;
  /** Keys of password fields shown in clear. */
  readonly revealed: ReadonlySet<string>;
  readonly submitting: boolean;
  set(key: string, value: string): void;
  leave(key: string): void;
  reveal(key: string): void;
  fix(findingId: string, on: boolean): void;
  /** Ids of findings that are not for this project. */
  readonly aside: readonly string[];
  setAside(findingId: string, on: boolean): void;
  editEnv(): void;
  show(path: string, findingId?: string): void;
  /** Shows a file as it serves now beside what would be sent. */
  showUpdate(path: string): void;
  focus(key: string): void;
  choose(choice: StackChoice): void;
  submit(): void;
}

export function deployForm(page: DeployFormState): TemplateResult {
  const { form } = page;
  return html`<main class="page">
    <h1>Deploy ${form.folderName} to ${form.machineName}</h1>
    <p class="lead">Your files stay as they are: what has to change is changed in the copy that is sent.</p>
    <form
      class="columns"
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        page.submit();
      }}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== 'Enter' || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
        event.preventDefault();
        page.submit();
      }}
    >
      <div>
        <section aria-labelledby="settings">
          <h2 id="settings">Settings</h2>
          ${
            form.hasEnv === true
              ? html`<p class="quiet">
                  <button type="button" class="link" @click=${() => page.editEnv()}>Edit the folder’s .env as a form</button>
                </p>`
              : nothing
          }
          ${form.fields.length === 0 ? html`<p class="quiet">The files ask for nothing.</p>` : form.fields.map((field) => fieldOf(page, field))}
        </section>
        ${stackChoices(form.choices, (choice) => page.choose(choice))} ${findings(page)}
        <section aria-labelledby="found">
          <h2 id="found">Found in the folder</h2>
          <ul class="found">
            ${form.found.map((name) => html`<li><code>${name}</code></li>`)}
          </ul>
          ${form.services.map(
            (service) =>
              html`<p>
                <strong>${service.name}</strong>
                <span class="quiet">${service.image}${service.ports.length === 0 ? '' : ` · publishes ${service.ports.join(', ')}`}</span>
              </p>`,
          )}
        </section>
      </div>
      ${planned(page)}
    </form>
  </main>`;
}

function fieldOf(page: DeployFormState, field: DeployField): TemplateResult {
  const value = page.answers.values[field.key] ?? '';
  const id = `field-${field.key}`;
  const secret = field.kind === 'password';
  const shown = page.revealed.has(field.key);
  const suggestions = openSuggestions(field, value);
  return html`<div class=${secret ? 'secret' : ''}>
    ${textField({
      id,
      label: field.label,
      value,
      type: secret && !shown ? 'password' : 'text',
      required: field.required && field.keepsHash !== true,
      placeholder: secret && field.keepsHash === true ? 'Leave empty to keep the password of the file' : '',
      help: help(field),
      ...fieldNote(field, value, page.touched.has(field.key), page.plan),
      onInput: (text) => page.set(field.key, text),
      onLeave: () => page.leave(field.key),
      ...(secret
        ? {
            after: html`<button
              type="button"
              class="reveal"
              aria-pressed=${shown ? 'true' : 'false'}
              aria-label="Show ${field.label}"
              title=${shown ? 'Hide' : 'Show'}
              @click=${() => page.reveal(field.key)}
            >
              ${shown ? icons.eyeClosed : icons.eye}
            </button>`,
          }
        : {}),
      between:
        suggestions.length === 0
          ? nothing
          : html`<div class="chips" role="group" aria-label="Suggestions for ${field.label}">
              ${suggestions.map(
                (suggestion) =>
                  html`<button type="button" class="chip" title=${suggestion.value} @click=${() => page.set(field.key, suggestion.value)}>
                    ${suggestion.label}
                  </button>`,
              )}
            </div>`,
    })}
  </div>`;
}

function help(field: DeployField): TemplateResult | string | undefined {
  const own = field.help.trim();
  if (field.kind !== 'password') return own === '' ? undefined : own;
  const hashed = `Hashed on this computer before anything is sent; up to ${MAX_PASSWORD_BYTES} bytes.`;
  return own === ''
    ? hashed
    : html`<span class="note">${icons.lock}<span>${hashed}</span></span>
        <details>
          <summary>What the file says</summary>
          ${own}
        </details>`;
}

const SEVERITIES: Readonly<Record<DeployFinding['severity'], { icon: TemplateResult; word: string }>> = {
  error: { icon: icons.error, word: 'Error' },
  warning: { icon: icons.warning, word: 'Warning' },
  info: { icon: icons.info, word: 'Note' },
};

function findings(page: DeployFormState): TemplateResult | typeof nothing {
  const all = sortedFindings(page.form.findings);
  if (all.length === 0) return nothing;
  const { told, aside } = asideOf(all, page.aside);
  const groups = groupedFindings(told);
  return html`<section aria-labelledby="findings">
    <h2 id="findings">Before it is published</h2>
    ${told.length === 0 ? html`<p class="quiet">Nothing but what you have set aside.</p>` : nothing}
    ${groups.map(
      ({ file, list }) =>
        html`${groups.length < 2 ? nothing : html`<h3>${file === '' ? 'The stack' : file}</h3>`}
          <ul class="findings">
            ${list.map((finding) => findingOf(page, finding, false))}
          </ul>`,
    )}
    ${
      aside.length === 0
        ? nothing
        : html`<details class="aside">
            <summary>${aside.length} set aside for this project</summary>
            <ul class="findings">
              ${aside.map((finding) => findingOf(page, finding, true))}
            </ul>
          </details>`
    }
  </section>`;
}

function findingOf(page: DeployFormState, finding: DeployFinding, aside: boolean): TemplateResult {
  const { id, severity, message, where } = finding;
  const { icon, word } = SEVERITIES[severity];
  return html`<li>
    <div class="note">
      ${icon}<span
        ><span class="hidden">${word}: </span>${message}${where === undefined ? nothing : html` <span class="quiet">${where}</span>`}</span
      >
    </div>
    ${aside ? nothing : fixOf(page, finding)}
    ${
      severity === 'error'
        ? nothing
        : html`<div class="mend">
            <button
              type="button"
              class="link"
              aria-label="${aside ? 'Tell again' : 'Not for this project'}: ${message}"
              @click=${() => page.setAside(id, !aside)}
            >
              ${aside ? 'Tell again' : 'Not for this project'}
            </button>
          </div>`
    }
  </li>`;
}

function fixOf(page: DeployFormState, finding: DeployFinding): TemplateResult | typeof nothing {
  const { fix } = finding;
  if (fix === undefined) return nothing;
  const on = page.answers.fixes.includes(finding.id);
  return html`<div class="mend">
    <vscode-checkbox
      label=${fix.label}
      ?checked=${on}
      .checked=${on}
      @change=${(event: Event) => page.fix(finding.id, (event.target as HTMLInputElement).checked)}
    ></vscode-checkbox>
    ${fix.changes.map(
      (change) =>
        html`<button type="button" class="link" @click=${() => page.show(change.path, finding.id)}>
          Show change${fix.changes.length > 1 ? ` in ${change.path}` : html`<span class="hidden"> in ${change.path}</span>`}
        </button>`,
    )}
  </div>`;
}

function planned(page: DeployFormState): TemplateResult {
  const { plan, form, submitting } = page;
  const held = submitting || plan === undefined || Object.keys(plan.problems).length > 0;
  const missing = Object.keys(plan?.problems ?? {});
  const label = (key: string) => form.fields.find((field) => field.key === key)?.label ?? key;
  return html`<aside aria-labelledby="plan">
    ${plan?.update === undefined ? nothing : updateOf(plan.update, (path) => page.showUpdate(path))}
    <h2 id="plan">What will happen</h2>
    ${
      plan === undefined
        ? html`<p class="quiet">Making the plan…</p>`
        : html`${plan.url === '' ? nothing : html`<code class="url">${plan.url}</code>`}
            <ol class="plan">
              ${plan.steps.map((step) => html`<li>${step.title}${step.detail === '' ? nothing : html`<div class="quiet">${step.detail}</div>`}</li>`)}
            </ol>
            ${
              plan.changes.length === 0
                ? nothing
                : html`<ul class="changes">
                    ${plan.changes.map(
                      (change) =>
                        html`<li>
                          <button type="button" class="link" @click=${() => page.show(change.path)}>Show change in ${change.path}</button>
                        </li>`,
                    )}
                  </ul>`
            }`
    }
    <div class="foot">
      <vscode-button type="submit" ?disabled=${held} aria-disabled=${String(held)}
        >${submitting ? 'Deploying…' : plan?.update?.nothing === true ? 'Prove It Again' : 'Deploy'}</vscode-button
      >
      <div class="quiet" aria-live="polite">
        ${
          missing.length === 0
            ? nothing
            : html`Still needed:
              ${missing.map(
                (key, i) =>
                  html`${i === 0 ? '' : ', '}<button type="button" class="link" @click=${() => page.focus(key)}>${label(key)}</button>`,
              )}`
        }
      </div>
    </div>
  </aside>`;
}
