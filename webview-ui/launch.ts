import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-checkbox/index.js';
import type { TemplateResult } from 'lit';
import { LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { checkSpec } from '../src/shared/launchSpec';
import type { LaunchSpec, SpecProblems } from '../src/shared/launchSpec';
import type { FormImage, LaunchFormData, LaunchToForm, LaunchToHost } from '../src/shared/messages';
import type { OperationView } from '../src/shared/operation';
import './components/combobox';
import './components/steps';
import { launchForm } from './launch/form';
import { launchFailed, launchLoading, launchProgress } from './launch/progress';
import { follow, isLaunchDraft, mergeImages, startingSpec } from './launch/model';
import type { LaunchDraft } from './launch/model';
import { launchStyles } from './launch/styles';
import { connect } from './lib/host';
import { fieldStyles, pageStyles } from './lib/styles';

type Screen =
  | { readonly kind: 'loading'; readonly what: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'form' }
  | { readonly kind: 'operation'; readonly view: OperationView; readonly logTail: readonly string[]; readonly result: string | undefined };

/** The launch page: the form, then the launch it started. */
@customElement('skylab-launch')
export class LaunchPage extends LitElement {
  static override readonly styles = [pageStyles, fieldStyles, launchStyles];

  @state() private screen: Screen = { kind: 'loading', what: 'Opening the form' };
  @state() private data: LaunchFormData | undefined;
  @state() private spec: LaunchSpec | undefined;
  @state() private problems: SpecProblems = {};
  @state() private touched: ReadonlySet<string> = new Set();
  @state() private note: string | undefined;
  @state() private submitting = false;
  @state() private search: { readonly text: string; readonly problem: string | undefined; readonly busy: boolean } | undefined;
  @query('#name') private nameInput!: HTMLInputElement | null;

  /** What the host refused, until the field changes. */
  #refused: SpecProblems = {};
  readonly #host = connect<LaunchToHost, LaunchDraft>((message: LaunchToForm) => this.#receive(message), isLaunchDraft);

  override connectedCallback(): void {
    super.connectedCallback();
    this.#host.post({ type: 'ready' });
  }

  #receive(message: LaunchToForm): void {
    switch (message.type) {
      case 'loading':
        this.screen = { kind: 'loading', what: message.what };
        return;
      case 'failed':
        this.screen = { kind: 'failed', message: message.message };
        return;
      case 'data':
        this.#open(message.data);
        return;
      case 'images':
        if (this.data !== undefined) this.data = { ...this.data, images: mergeImages(this.data.images, message.images) };
        if (this.search?.text === message.text) this.search = { ...this.search, busy: false, problem: message.problem };
        return;
      case 'publicKeys':
        if (this.data !== undefined) this.data = { ...this.data, publicKeys: message.publicKeys };
        if (this.spec?.keyPair.kind === 'import') this.#change({ keyPair: { ...this.spec.keyPair, publicKeyFile: message.chosen } });
        return;
      case 'refused':
        this.submitting = false;
        this.#refused = message.problems;
        this.#check(this.spec);
        this.touched = new Set([...this.touched, ...Object.keys(message.problems)]);
        void this.updateComplete.then(() => this.#focusProblem());
        return;
      case 'operation':
        this.submitting = false;
        // Launched: the next form starts afresh. After a failure it comes back as it was.
        if (message.view.state === 'done') this.#host.keep(undefined);
        this.screen = { kind: 'operation', view: message.view, logTail: message.logTail, result: message.result };
        return;
    }
  }

  #open(data: LaunchFormData): void {
    const draft = this.#host.draft();
    const images: readonly FormImage[] = this.data?.accountId === data.accountId ? mergeImages(data.images, this.data.images) : data.images;
    this.data = { ...data, images };
    this.spec = startingSpec(this.data, draft);
    this.touched = new Set(draft?.spec.accountId === data.accountId ? draft.touched : []);
    this.submitting = false;
    this.#refused = {};
    this.#check(this.spec);
    this.screen = { kind: 'form' };
    void this.updateComplete.then(() => this.nameInput?.focus());
  }

  #check(spec: LaunchSpec | undefined): void {
    if (spec === undefined) return;
    this.problems = { ...this.#refused, ...checkSpec({ ...spec, name: spec.name.trim() }, this.data) };
  }

  /** Takes a change of the form; the names of what is made along with the machine follow. */
  #change(change: Partial<LaunchSpec>, note?: string): void {
    if (this.data === undefined || this.spec === undefined) return;
    this.spec = follow(this.data, { ...this.spec, ...change });
    this.note = note;
    const changed = Object.keys(change);
    this.#refused = Object.fromEntries(
      Object.entries(this.#refused).filter(([key]) => !changed.some((name) => key.split('.')[0] === name)),
    );
    this.touched = new Set([...this.touched, ...changed]);
    this.#check(this.spec);
    this.#host.keep({ spec: this.spec, touched: [...this.touched] });
  }

  #submit(): void {
    if (this.submitting || this.spec === undefined || this.screen.kind !== 'form') return;
    this.touched = new Set([...this.touched, ...Object.keys(this.spec)]);
    if (Object.keys(this.problems).length > 0) {
      void this.updateComplete.then(() => this.#focusProblem());
      return;
    }
    this.submitting = true;
    this.#host.post({ type: 'launch', spec: { ...this.spec, name: this.spec.name.trim() } });
  }

  #focusProblem(): void {
    for (const control of this.renderRoot.querySelectorAll<HTMLElement>('input, textarea, select, skylab-combobox')) {
      const invalid =
        control.tagName === 'SKYLAB-COMBOBOX' ? 'problem' in control && control.problem !== undefined : control.ariaInvalid === 'true';
      if (!invalid) continue;
      control.closest('details')?.setAttribute('open', '');
      control.focus();
      return;
    }
  }

  /** The problem to show beside a field: only once the person has been there. */
  #problem(field: string): string | undefined {
    const top = field.split('.')[0] ?? field;
    return this.touched.has(top) || this.touched.has(field) ? this.problems[field] : undefined;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { screen, data, spec } = this;
    if (screen.kind === 'loading') return launchLoading(screen.what);
    if (screen.kind === 'failed') return launchFailed(screen.message, () => this.#host.post({ type: 'reload' }));
    if (screen.kind === 'operation')
      return launchProgress(screen, {
        cancel: () => this.#host.post({ type: 'cancel' }),
        again: () => this.#host.post({ type: 'again' }),
        next: (action) => this.#host.post({ type: 'next', action }),
      });
    if (data === undefined || spec === undefined) return nothing;
    return launchForm({
      data,
      spec,
      note: this.note,
      submitting: this.submitting,
      search: this.search,
      problem: (field) => this.#problem(field),
      problems: this.problems,
      change: (change, note) => this.#change(change, note),
      leave: (field) => {
        this.touched = new Set([...this.touched, field]);
      },
      submit: () => this.#submit(),
      searchImages: (text) => {
        this.search = { text, busy: true, problem: undefined };
        this.#host.post({ type: 'searchImages', text });
      },
      chooseAccount: (accountId) => this.#host.post({ type: 'chooseAccount', accountId }),
      browseKey: () => this.#host.post({ type: 'browseKey' }),
    });
  }
}

document.body.append(document.createElement('skylab-launch'));
