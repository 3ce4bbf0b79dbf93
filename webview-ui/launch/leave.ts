import { html } from 'lit';
import type { TemplateResult } from 'lit';

/** Asked once when Escape would drop what was typed; Escape again goes on with the form. */
export function leaveQuestion(leave: () => void): TemplateResult {
  const close = (event: Event): void => (event.target as HTMLElement).closest('dialog')?.close();
  return html`<dialog id="leave" aria-labelledby="leave-question">
    <p id="leave-question">Close the form? What you typed is dropped.</p>
    <div class="inline">
      <vscode-button id="leave-stay" @click=${close}>Go on with the form</vscode-button>
      <vscode-button secondary @click=${leave}>Close</vscode-button>
    </div>
  </dialog>`;
}
