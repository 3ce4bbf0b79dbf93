import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { DeployUpdate, EnvUpdate, UpdatedFile } from '../../src/shared/deployModel';
import { icons } from '../lib/icons';
import { releaseTime, tally } from './model';

const FILE_WORDS: Readonly<Record<UpdatedFile['kind'], string>> = { added: 'new', changed: 'changed', removed: 'goes' };
const ENV_WORDS: Readonly<Record<EnvUpdate['kind'], string>> = {
  added: 'new',
  changed: 'changed',
  removed: 'goes',
  typed: 'typed anew',
};
/** Lists longer than this are folded. */
const OPEN_UP_TO = 6;

/** What a deployment changes of what serves now; one line where that is nothing. */
export function updateOf(update: DeployUpdate, show: (path: string) => void): TemplateResult {
  return html`<section class="update" aria-labelledby="update">
    <h2 id="update">What changes</h2>
    ${
      update.nothing
        ? html`<p class="note">
            ${icons.done}<span>Nothing to do: what is in the folder serves already, since ${releaseTime(update.release)}.</span>
          </p>`
        : html`<p class="quiet">Against the release of ${releaseTime(update.release)}.</p>
            ${update.ill.map((sentence) => html`<p class="note">${icons.warning}<span>${sentence}.</span></p>`)} ${parts(update, show)}`
    }
  </section>`;
}

function parts(update: DeployUpdate, show: (path: string) => void): TemplateResult {
  const { files, env, images, unit, moreFiles } = update;
  const none = files.length + env.length + images.length === 0 && unit === 'same';
  return html`${none ? html`<p class="quiet">The files are the same.</p>` : nothing}
  ${folded(
    'Files',
    tally([...files.map(({ kind }) => FILE_WORDS[kind]), ...Array.from({ length: moreFiles }, () => 'more')]),
    files.map(
      ({ path, kind, readable }) =>
        html`<li>
          ${
            readable
              ? html`<button type="button" class="link" @click=${() => show(path)}><span class="hidden">Compare </span>${path}</button>`
              : html`<span>${path}</span>`
          }
          <span class="quiet">${FILE_WORDS[kind]}</span>
        </li>`,
    ),
  )}
  ${folded(
    'Variables',
    tally(env.map(({ kind }) => ENV_WORDS[kind])),
    env.length === 0
      ? []
      : [
          ...env.map(({ key, kind }) => html`<li><code>${key}</code> <span class="quiet">${ENV_WORDS[kind]}</span></li>`),
          html`<li><button type="button" class="link" @click=${() => show('.env')}>Compare .env</button></li>`,
        ],
  )}
  ${folded(
    'Images',
    String(images.length),
    images.map(
      ({ service, before, after }) =>
        html`<li>
          <strong>${service}</strong>
          <span class="quiet">${before === '' ? `new: ${after}` : after === '' ? `goes: ${before}` : `${before} → ${after}`}</span>
        </li>`,
    ),
  )}
  ${unit === 'same' ? nothing : html`<p class="quiet">The systemd unit ${unit === 'added' ? 'is new' : 'changes'}.</p>`}`;
}

function folded(title: string, sum: string, items: readonly TemplateResult[]): TemplateResult | typeof nothing {
  if (items.length === 0) return nothing;
  return html`<details ?open=${items.length <= OPEN_UP_TO}>
    <summary>${title}: ${sum}</summary>
    <ul>
      ${items}
    </ul>
  </details>`;
}
