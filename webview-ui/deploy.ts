import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import type { TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { DeployAnswers, DeployForm, DeployPlanView } from '../src/shared/deployModel';
import type { DeployToForm, DeployToHost } from '../src/shared/messages';
import type { OperationView } from '../src/shared/operation';
import './components/steps';
import { deployForm } from './deploy/form';
import { startingAnswers } from './deploy/model';
import type { Site } from './deploy/progress';
import { deployProgress } from './deploy/progress';
import { deployStyles } from './deploy/styles';
import { connect } from './lib/host';
import { icons } from './lib/icons';
import { fieldStyles, pageStyles, valueStyles } from './lib/styles';

type Screen =
  | { readonly kind: 'loading'; readonly what: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'form' }
  | { readonly kind: 'operation'; readonly view: OperationView; readonly logTail: readonly string[]; readonly site: Site };

/** The deploy page: what the folder needs to know, the plan, then the plan running. Answers are kept by the host, since passwords may not be kept here. */
@customElement('skylab-deploy')
export class DeployPage extends LitElement {
  static override readonly styles = [pageStyles, fieldStyles, valueStyles, deployStyles];

  @state() private screen: Screen = { kind: 'loading', what: 'Opening the page' };
  @state() private form: DeployForm | undefined;
  @state() private answers: DeployAnswers = { values: {}, fixes: [] };
  @state() private plan: DeployPlanView | undefined;
  @state() private touched: ReadonlySet<string> = new Set();
  @state() private revealed: ReadonlySet<string> = new Set();
  @state() private submitting = false;
  @state() private aside: readonly string[] = [];

  readonly #host = connect<DeployToHost>((message: DeployToForm) => this.#receive(message));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#host.post({ type: 'ready' });
  }

  #receive(message: DeployToForm): void {
    switch (message.type) {
      case 'loading':
        this.screen = { kind: 'loading', what: message.what };
        return;
      case 'failed':
        this.screen = { kind: 'failed', message: message.message };
        return;
      case 'form':
        this.aside = message.aside ?? [];
        this.#open(message.form, message.answers);
        return;
      case 'plan':
        this.plan = message.plan;
        this.submitting = false;
        return;
      case 'operation':
        this.submitting = false;
        this.screen = {
          kind: 'operation',
          view: message.view,
          logTail: message.logTail,
          site: { url: message.url, notebooks: message.notebooks },
        };
        return;
    }
  }

  #open(form: DeployForm, answers: DeployAnswers | undefined): void {
    this.form = form;
    this.answers = answers ?? startingAnswers(form, this.aside);
    this.touched = new Set(
      answers === undefined ? [] : form.fields.filter((field) => answers.values[field.key] !== field.value).map(({ key }) => key),
    );
    this.submitting = false;
    this.screen = { kind: 'form' };
    this.#host.post({ type: 'changed', answers: this.answers });
    void this.updateComplete.then(() => this.#focusFirst());
  }

  /** To the first field that wants something: one with a problem of its file, else an empty password. */
  #focusFirst(): void {
    const field = this.form?.fields.find(
      ({ key, kind, problem, keepsHash }) =>
        problem !== undefined || (kind === 'password' && keepsHash !== true && this.answers.values[key] === ''),
    );
    if (field !== undefined) this.#focus(field.key);
  }

  #focus(key: string): void {
    this.renderRoot.querySelector<HTMLElement>(`#${CSS.escape(`field-${key}`)}`)?.focus();
  }

  #change(change: Partial<DeployAnswers>): void {
    this.answers = { ...this.answers, ...change };
    this.#host.post({ type: 'changed', answers: this.answers });
  }

  #submit(): void {
    if (this.submitting || this.screen.kind !== 'form' || this.plan === undefined) return;
    const [first] = Object.keys(this.plan.problems);
    if (first !== undefined) {
      this.touched = new Set([...this.touched, ...Object.keys(this.plan.problems)]);
      this.#focus(first);
      return;
    }
    this.submitting = true;
    this.#host.post({ type: 'deploy', answers: this.answers });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { screen, form } = this;
    switch (screen.kind) {
      case 'loading':
        return html`<main class="page">
          <h1>Deploy to a machine</h1>
          <p class="lead" role="status">${screen.what}…</p>
        </main>`;
      case 'failed':
        return html`<main class="page">
          <h1>Deploy to a machine</h1>
          <p class="lead">The folder and the machine have to be read first.</p>
          <div class="banner failed note" role="alert">${icons.error}<span>${screen.message}</span></div>
          <vscode-button @click=${() => this.#host.post({ type: 'reload' })}>Try again</vscode-button>
        </main>`;
      case 'operation':
        return deployProgress(screen.view, screen.logTail, screen.site, (message) => this.#host.post(message));
      case 'form':
        if (form === undefined) return nothing;
        return deployForm({
          form,
          answers: this.answers,
          plan: this.plan,
          touched: this.touched,
          revealed: this.revealed,
          submitting: this.submitting,
          set: (key, value) => {
            this.touched = new Set([...this.touched, key]);
            this.#change({ values: { ...this.answers.values, [key]: value } });
          },
          leave: (key) => {
            this.touched = new Set([...this.touched, key]);
          },
          reveal: (key) => {
            const revealed = new Set(this.revealed);
            if (!revealed.delete(key)) revealed.add(key);
            this.revealed = revealed;
          },
          fix: (id, on) => this.#change({ fixes: on ? [...this.answers.fixes, id] : this.answers.fixes.filter((fix) => fix !== id) }),
          editEnv: () => this.#host.post({ type: 'editEnv' }),
          aside: this.aside,
          setAside: (id, on) => {
            this.aside = on ? [...this.aside, id] : this.aside.filter((other) => other !== id);
            this.#host.post({ type: 'setAside', ids: this.aside });
            if (on && this.answers.fixes.includes(id)) this.#change({ fixes: this.answers.fixes.filter((fix) => fix !== id) });
          },
          show: (path, findingId) =>
            this.#host.post({ type: 'showChange', path, answers: this.answers, ...(findingId === undefined ? {} : { findingId }) }),
          showUpdate: (path) => this.#host.post({ type: 'showUpdate', path, answers: this.answers }),
          focus: (key) => this.#focus(key),
          choose: (choice) => this.#host.post({ type: 'choose', choice }),
          submit: () => this.#submit(),
        });
    }
  }
}

document.body.append(document.createElement('skylab-deploy'));
