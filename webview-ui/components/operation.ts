import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { OperationView } from '../../src/shared/operation';
import { duration } from '../lib/format';

/** What a failed or canceled operation left, so that nothing is forgotten. */
export function leftovers(view: OperationView): TemplateResult | typeof nothing {
  if (view.state === 'running' || view.state === 'undoing' || view.state === 'done' || view.leftovers.length === 0) return nothing;
  return html`<h2>Still there</h2>
    <ul>
      ${view.leftovers.map((resource) => html`<li>${resource.label}</li>`)}
    </ul>`;
}

/** How an operation stands, as a line under the heading. */
export function standing(view: OperationView): string {
  const took = view.endedAt === undefined ? '' : duration(view.endedAt - view.startedAt);
  switch (view.state) {
    case 'running':
      return `Started at ${new Date(view.startedAt).toLocaleTimeString()}. You can close this page: it goes on.`;
    case 'undoing':
      return 'Taking back what was made so far.';
    case 'done':
      return `Done in ${took}.`;
    case 'failed':
      return `Failed after ${took}.`;
    case 'cancelled':
      return `Canceled after ${took}.`;
  }
}
