import type { PropertyValues, TemplateResult } from 'lit';
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { OperationView, StepState, StepView } from '../../src/shared/operation';
import { duration } from '../lib/format';
import { icons } from '../lib/icons';
import { pageStyles } from '../lib/styles';

const TICK_MS = 500;

const LOOKS: Readonly<Record<StepState, { icon: TemplateResult; word: string }>> = {
  waiting: { icon: icons.waiting, word: 'not started' },
  running: { icon: icons.running, word: 'running' },
  done: { icon: icons.done, word: 'done' },
  failed: { icon: icons.error, word: 'failed' },
  cancelled: { icon: icons.skipped, word: 'canceled' },
  skipped: { icon: icons.skipped, word: 'not needed' },
  undone: { icon: icons.undone, word: 'undone' },
};

/** The steps of an operation, live, with their times; under the running or failed one the last lines of its log. */
@customElement('skylab-steps')
export class Steps extends LitElement {
  static override readonly styles = [
    pageStyles,
    css`
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        display: grid;
        grid-template-columns: 16px minmax(0, 1fr) auto;
        column-gap: 10px;
        padding: 6px 0;
      }
      li > .icon {
        margin-top: 2px;
      }
      li.waiting,
      li.skipped {
        color: var(--vscode-descriptionForeground);
      }
      li.running .title,
      li.failed .title {
        font-weight: 600;
      }
      .detail {
        overflow-wrap: anywhere;
      }
      .time {
        color: var(--vscode-descriptionForeground);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .icon.running {
        color: var(--vscode-progressBar-background);
        animation: turn 1.2s linear infinite;
      }
      @keyframes turn {
        to {
          transform: rotate(1turn);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .icon.running {
          animation: none;
        }
      }
      progress {
        display: block;
        appearance: none;
        width: 100%;
        max-width: 320px;
        height: 3px;
        margin-top: 6px;
        border: 0;
        background: var(--vscode-scrollbarSlider-background);
      }
      progress::-webkit-progress-bar {
        background: transparent;
      }
      progress::-webkit-progress-value {
        background: var(--vscode-progressBar-background);
      }
      pre {
        margin: 8px 0 0;
        padding: 8px;
        max-height: 240px;
        overflow: auto;
        font-family: var(--vscode-editor-font-family, monospace);
        font-size: 0.92em;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        color: var(--vscode-foreground);
        background: var(--vscode-textCodeBlock-background);
        border: 1px solid var(--vscode-contrastBorder, transparent);
        border-radius: 3px;
      }
    `,
  ];

  @property({ attribute: false }) view: OperationView | undefined;
  /** Last lines of the log of the step that runs or failed. */
  @property({ attribute: false }) logTail: readonly string[] = [];

  #tick: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tick = setInterval(() => {
      if (this.view?.endedAt === undefined) this.requestUpdate();
    }, TICK_MS);
  }

  override disconnectedCallback(): void {
    clearInterval(this.#tick);
    super.disconnectedCallback();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('logTail')) return;
    const log = this.renderRoot.querySelector('pre');
    if (log !== null) log.scrollTop = log.scrollHeight;
  }

  #step(step: StepView): TemplateResult {
    const look = LOOKS[step.state];
    const open = (step.state === 'running' || step.state === 'failed') && this.logTail.length > 0;
    return html`<li class=${step.state}>
      ${look.icon}
      <div>
        <div class="title">${step.title}${step.state === 'skipped' ? nothing : html`<span class="hidden">, ${look.word}</span>`}</div>
        ${step.detail === undefined || step.detail === '' || step.state === 'undone' ? nothing : html`<div class="detail quiet">${step.detail}</div>`}
        ${
          step.state === 'running' && step.fraction !== undefined
            ? html`<progress max="1" .value=${step.fraction} aria-label=${step.title}></progress>`
            : nothing
        }
        ${open ? html`<pre tabindex="0" role="region" aria-label="Log of: ${step.title}">${this.logTail.join('\n')}</pre>` : nothing}
      </div>
      <div class="time">
        ${step.state === 'skipped' ? look.word : step.startedAt === undefined ? nothing : duration((step.endedAt ?? Date.now()) - step.startedAt)}
      </div>
    </li>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === undefined) return nothing;
    const current = view.steps.findIndex((step) => step.state === 'running');
    const said = current < 0 ? '' : `Step ${current + 1} of ${view.steps.length}: ${view.steps[current]?.title ?? ''}`;
    return html`<div class="hidden" role="status">${said}</div>
      <ol>
        ${view.steps.map((step) => this.#step(step))}
      </ol>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'skylab-steps': Steps;
  }
}
