import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { dollars, endOf, HOURS_PER_MONTH, launchCost } from '../../src/shared/launchCost';
import { countWords } from '../../src/shared/launchSpec';
import { remark } from '../lib/fields';
import { icons } from '../lib/icons';
import { costWarning, summary, typeOf, warnings } from './model';
import { dayAndTime, networkWarning } from './said';
import { python2Warning } from './python2';
import type { FormState, SpecAct } from './state';

/** The right column: what will be made, what it costs, and the acts. */
export function created(form: FormState): TemplateResult {
  const { data, spec, submitting } = form;
  const wrong = Object.keys(form.problems).filter((field) => form.problem(field) !== undefined).length;
  return html`<aside aria-labelledby="created">
    <h2 id="created">What will be created</h2>
    ${data.capabilities.prices ? cost(form) : nothing} ${remark(costWarning(data, spec))}
    <dl>
      ${summary(data, spec).map(
        ({ what, detail }) =>
          html`<div>
            <dt>${what}</dt>
            <dd>${detail}</dd>
          </div>`,
      )}
    </dl>
    ${remark(python2Warning(data, spec))} ${remark(warnings(data, spec).quota)} ${remark(networkWarning(data, spec))}
    ${remark(warnings(data, spec).memory)}
    <div class="foot">
      <vscode-button type="submit" ?disabled=${submitting} aria-disabled=${String(submitting)}
        >${submitting ? 'Launching…' : spec.count > 1 ? `Launch ${countWords(spec)} machines` : 'Launch'}</vscode-button
      >
      <div aria-live="polite">
        ${wrong === 0 ? nothing : html`<div class="problem">${icons.error}<span>${wrong === 1 ? 'One field needs' : `${wrong} fields need`} another look.</span></div>`}
        ${dryRunSaid(form)}
      </div>
      ${others(form)}
    </div>
  </aside>`;
}

function cost({ data, spec }: FormState): TemplateResult {
  const { perHour, parts, stoppedPerMonth, asOf } = launchCost(spec, data.prices);
  const free = typeOf(data, spec)?.freeTier === true;
  const end = endOf(spec.expiry, Date.now());
  const hours = end === undefined ? undefined : Math.max(0, (end - Date.now()) / 3_600_000);
  const unknown = parts.filter((part) => part.perHour === undefined && part.what !== '').map((part) => part.what);
  return html`<div class="cost" aria-live="polite">
    ${
      perHour === undefined
        ? html`<p><strong>Price unknown</strong></p>`
        : html`<p>
            <strong>${dollars(perHour)}</strong> per hour${free ? html`<span class="badge">Free tier</span>` : nothing}<br /><strong
              >${dollars(perHour * HOURS_PER_MONTH)}</strong
            >
            per month
          </p>`
    }
    ${perHour === undefined && free ? html`<span class="badge">Free tier</span>` : nothing}
    <p class="quiet">
      ${
        perHour === undefined
          ? nothing
          : html`${parts
              .filter((part) => part.perHour !== undefined)
              .map((part) => `${part.what} ${dollars(part.perHour ?? 0)}`)
              .join(
                ', ',
              )}.${unknown.length === 0 ? nothing : html` Unknown: ${unknown.join(', ')}.`}${spec.spot === undefined ? nothing : ' Spot is cheaper.'}
            ${asOf === undefined ? nothing : `Prices of ${asOf}.`}`
      }
      ${perHour !== undefined && hours !== undefined ? `About ${dollars(perHour * hours)} until it ends.` : nothing}
      ${stoppedPerMonth === undefined ? nothing : `Stopped: ${dollars(stoppedPerMonth)} per month.`}
    </p>
    ${end === undefined ? nothing : html`<p>Ends ${dayAndTime(end)}</p>`}
  </div>`;
}

function dryRunSaid({ dryRun }: FormState): TemplateResult | typeof nothing {
  if (dryRun === undefined) return nothing;
  if (dryRun === 'busy') return html`<p class="quiet">Asking the cloud…</p>`;
  const { allowed, message } = dryRun;
  return html`<div class=${allowed ? 'allowed' : 'problem'}>${allowed ? icons.done : icons.error}<span>${message}</span></div>`;
}

const ACTS: readonly (readonly [SpecAct, string])[] = [
  ['preview', 'Preview request and script'],
  ['saveSpec', 'Save as spec'],
  ['copyCli', 'Copy as AWS CLI'],
];

function others(form: FormState): TemplateResult {
  return html`<vscode-button secondary ?disabled=${form.dryRun === 'busy'} @click=${() => form.act('dryRun')}>Dry run</vscode-button>
    <div class="links">
      ${ACTS.map(([act, label]) => html`<button type="button" class="link" @click=${() => form.act(act)}>${label}</button>`)}
    </div>`;
}
