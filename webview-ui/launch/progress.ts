import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { LaunchNext } from '../../src/shared/messages';
import type { OperationView } from '../../src/shared/operation';
import { leftovers, standing } from '../components/operation';
import { icons } from '../lib/icons';

export function launchLoading(what: string): TemplateResult {
  return html`<main class="page">
    <h1>Launch a machine</h1>
    <p class="lead" role="status">${what}…</p>
  </main>`;
}

export function launchFailed(message: string, retry: () => void): TemplateResult {
  return html`<main class="page">
    <h1>Launch a machine</h1>
    <p class="lead">The form needs to know what the account offers.</p>
    <div class="banner failed note" role="alert">${icons.error}<span>${message}</span></div>
    <vscode-button @click=${retry}>Try again</vscode-button>
  </main>`;
}

export function launchProgress(
  { view, logTail, result }: { readonly view: OperationView; readonly logTail: readonly string[]; readonly result: string | undefined },
  act: { cancel: () => void; again: () => void; next: (action: LaunchNext) => void },
): TemplateResult {
  return html`<main class="page run">
    <h1>${view.title}</h1>
    <p class="lead">${standing(view)}</p>
    <div aria-live="polite">
      ${view.state === 'done' ? html`<div class="banner done note">${icons.done}<span>${result ?? `${view.title}: done.`}</span></div>` : nothing}
      ${
        view.state === 'failed'
          ? html`<div class="banner failed note">${icons.error}<span>${view.error ?? 'The launch failed.'}</span></div>`
          : nothing
      }
      ${
        view.state === 'cancelled'
          ? html`<div class="banner note">
              ${icons.info}<span>${view.leftovers.length === 0 ? 'Canceled. Nothing was left behind.' : 'Canceled.'}</span>
            </div>`
          : nothing
      }
    </div>
    ${view.state === 'done' ? html`<div class="actions">${buttons(view, act)}</div>` : nothing}
    <skylab-steps .view=${view} .logTail=${logTail}></skylab-steps>
    ${leftovers(view)} ${view.state === 'done' ? nothing : html`<div class="actions">${buttons(view, act)}</div>`}
  </main>`;
}

function buttons(view: OperationView, act: Parameters<typeof launchProgress>[1]): TemplateResult {
  const log = html`<vscode-button secondary @click=${() => act.next('log')}>Show log</vscode-button>`;
  switch (view.state) {
    case 'running':
      return html`<vscode-button secondary @click=${act.cancel}>Cancel</vscode-button>${log}`;
    case 'undoing':
      return html`<vscode-button secondary disabled>Canceling</vscode-button>${log}`;
    case 'done':
      return html`<vscode-button @click=${() => act.next('deploy')}>Deploy a folder</vscode-button>
        <vscode-button secondary @click=${() => act.next('terminal')}>Open terminal</vscode-button>
        <vscode-button secondary @click=${act.again}>Launch another</vscode-button>`;
    case 'failed':
    case 'cancelled':
      return html`<vscode-button @click=${act.again}>${view.state === 'failed' ? 'Try again' : 'Back to the form'}</vscode-button>${log}`;
  }
}
