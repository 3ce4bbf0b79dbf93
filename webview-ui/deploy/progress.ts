import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { Notebook } from '../../src/shared/deployModel';
import type { DeployToHost } from '../../src/shared/messages';
import type { OperationView } from '../../src/shared/operation';
import { leftovers, standing } from '../components/operation';
import { icons } from '../lib/icons';

type Act = (message: Extract<DeployToHost, { type: 'cancel' | 'again' | 'openSite' | 'showLog' }>) => void;

/** What the site offers once it is up. */
export interface Site {
  readonly url: string;
  readonly notebooks: readonly Notebook[];
}

export function deployProgress(view: OperationView, logTail: readonly string[], site: Site, act: Act): TemplateResult {
  return html`<main class="page run">
    <h1>${view.title}</h1>
    <p class="lead">${standing(view)}</p>
    <div aria-live="polite">${outcome(view, site.url)}</div>
    ${view.state === 'done' ? html`<div class="actions">${buttons(view, site, act)}</div>` : nothing}
    <skylab-steps .view=${view} .logTail=${logTail}></skylab-steps>
    ${leftovers(view)} ${view.state === 'done' ? nothing : html`<div class="actions">${buttons(view, site, act)}</div>`}
  </main>`;
}

/** What asking the site gave: the last step whose words name the answer without a password, else the last that said something. */
function proof(view: OperationView): string | undefined {
  const said = view.steps.filter((step) => step.state === 'done').flatMap((step) => step.detail ?? []);
  return said.filter((detail) => /\b401\b/.test(detail)).at(-1) ?? said.at(-1);
}

function outcome(view: OperationView, url: string): TemplateResult | typeof nothing {
  switch (view.state) {
    case 'done':
      return html`<div class="banner done note">
        ${icons.done}<span>The site is up at <code>${url}</code>.${proof(view) === undefined ? nothing : html`<br />${proof(view)}`}</span>
      </div>`;
    case 'failed':
      return html`<div class="banner failed note">${icons.error}<span>${view.error ?? 'The deployment failed.'}</span></div>`;
    case 'cancelled':
      return html`<div class="banner note">${icons.info}<span>Canceled. What was served before is served still.</span></div>`;
    case 'running':
    case 'undoing':
      return nothing;
  }
}

function buttons(view: OperationView, { notebooks }: Site, act: Act): TemplateResult {
  const log = html`<vscode-button secondary @click=${() => act({ type: 'showLog' })}>Show log</vscode-button>`;
  switch (view.state) {
    case 'running':
      return html`<vscode-button secondary @click=${() => act({ type: 'cancel' })}>Cancel</vscode-button>${log}`;
    case 'undoing':
      return html`<vscode-button secondary disabled>Canceling</vscode-button>${log}`;
    case 'done':
      return html`<vscode-button @click=${() => act({ type: 'openSite' })}>Open site</vscode-button>
        ${notebooks.map(
          ({ name }) =>
            html`<vscode-button secondary @click=${() => act({ type: 'openSite', notebook: name })}>Open ${name}</vscode-button>`,
        )}
        <vscode-button secondary @click=${() => act({ type: 'again' })}>Deploy again</vscode-button>${log}`;
    case 'failed':
    case 'cancelled':
      return html`<vscode-button @click=${() => act({ type: 'again' })}
          >${view.state === 'failed' ? 'Try again' : 'Back to the form'}</vscode-button
        >${log}`;
  }
}
