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
import { changed } from './launch/edits';
import type { SpecChange } from './launch/edits';
import { follow, goesOn, isLaunchDraft, mergeImages, startingSpec } from './launch/model';
import type { LaunchDraft } from './launch/model';
import type { ChangeOptions, FormState, SpecAct, TagRows } from './launch/state';
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
  @state() private dryRun: FormState['dryRun'];
  @state() private tagRows: TagRows = [];
  @state() private drawn: ReadonlySet<string> = new Set();
  @query('#name') private nameInput!: HTMLInputElement | null;

  /** What the host refused, until the field changes. */
  #refused: SpecProblems = {};
  /** What stands in controls whose text is more than the spec keeps. */
  readonly #typed = new Map<string, string>();
  /** Sizes whose price was asked for. */
  readonly #priced = new Set<string>();
  readonly #host = connect<LaunchToHost, LaunchDraft>((message: LaunchToForm) => this.#receive(message), isLaunchDraft);

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.#onKey);
    this.#host.post({ type: 'ready' });
  }

  override disconnectedCallback(): void {
    window.removeEventListener('keydown', this.#onKey);
    super.disconnectedCallback();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || this.screen.kind !== 'form') return;
    const question = this.renderRoot.querySelector<HTMLDialogElement>('#leave');
    if (question === null || question.open || this.submitting) return;
    event.preventDefault();
    if (this.#host.draft() === undefined) this.#host.post({ type: 'close' });
    else question.showModal();
  };

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
      case 'refreshed':
        this.#refresh(message.data);
        return;
      case 'prices':
        if (this.data !== undefined) this.data = { ...this.data, prices: message.prices };
        return;
      case 'picked':
        this.#picked(message);
        return;
      case 'dryRun':
        if (this.dryRun === 'busy') this.dryRun = { allowed: message.allowed, message: message.message };
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
        this.dryRun = undefined;
        this.#refused = message.problems;
        this.#check(this.spec);
        this.touched = new Set([...this.touched, ...Object.keys(message.problems)]);
        void this.#focusProblem();
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
    const kept = this.#host.draft();
    const draft = goesOn(data, kept) ? kept : undefined;
    const images: readonly FormImage[] = this.data?.accountId === data.accountId ? mergeImages(data.images, this.data.images) : data.images;
    this.data = { ...data, images };
    this.spec = startingSpec(this.data, draft);
    this.tagRows = Object.entries(this.spec.tags ?? {});
    this.touched = new Set(draft?.touched ?? []);
    this.#typed.clear();
    this.submitting = false;
    this.dryRun = undefined;
    this.#refused = {};
    this.#check(this.spec);
    this.screen = { kind: 'form' };
    this.#askPrice();
    void this.updateComplete.then(() => this.nameInput?.focus());
  }

  /** What was read behind the form: the spec stays as the person has it, and so does what they see of it. */
  #refresh(data: LaunchFormData): void {
    if (this.data === undefined || this.spec === undefined || this.screen.kind !== 'form') return;
    if (data.accountId !== this.data.accountId || data.opening !== this.data.opening) return;
    this.data = { ...data, images: mergeImages(data.images, this.data.images) };
    if (this.touched.size === 0 && this.#host.draft() === undefined) {
      // A form that nobody has touched yet begins with what is there now.
      this.spec = startingSpec(this.data, undefined);
      this.tagRows = Object.entries(this.spec.tags ?? {});
    } else this.spec = follow(this.data, this.spec);
    this.#check(this.spec);
    this.#askPrice();
  }

  #askPrice(): void {
    const { data, spec } = this;
    if (data === undefined || spec === undefined || !data.capabilities.prices || spec.instanceType === '') return;
    if (this.#priced.has(spec.instanceType)) return;
    this.#priced.add(spec.instanceType);
    this.#host.post({ type: 'price', instanceType: spec.instanceType });
  }

  #picked({ what, row, text }: Extract<LaunchToForm, { type: 'picked' }>): void {
    const { users, copies } = this.spec ?? {};
    if (what === 'userKey') {
      const keys = text.split('\n').filter((line) => line.trim() !== '');
      const next = users?.map((user, i) => (i === row ? { ...user, publicKeys: [...new Set([...user.publicKeys, ...keys])] } : user));
      if (next !== undefined) this.#change({ users: next }, { touch: `users.${row}.publicKeys` });
    } else {
      const next = copies?.map((copy, i) => (i === row ? { ...copy, from: text } : copy));
      if (next !== undefined) this.#change({ copies: next }, { touch: `copies.${row}.from` });
    }
  }

  #check(spec: LaunchSpec | undefined): void {
    if (spec === undefined) return;
    this.problems = { ...this.#refused, ...checkSpec({ ...spec, name: spec.name.trim() }, this.data) };
  }

  /** Takes a change of the form; the names of what is made along with the machine follow. */
  #change(change: SpecChange, { note, touch, focus, typed }: ChangeOptions = {}): void {
    if (this.data === undefined || this.spec === undefined) return;
    this.spec = follow(this.data, changed(this.spec, change));
    this.note = note;
    this.dryRun = undefined;
    const fields = Object.keys(change);
    this.#refused = Object.fromEntries(Object.entries(this.#refused).filter(([key]) => !fields.some((name) => key.split('.')[0] === name)));
    this.touched = new Set([...this.touched, ...(touch === undefined ? fields : touch === '' ? [] : [touch])]);
    if (typed !== undefined) this.#typed.set(...typed);
    this.#check(this.spec);
    this.#askPrice();
    this.#host.keep({ spec: this.spec, touched: [...this.touched], opening: this.data.opening });
    if (focus !== undefined && focus !== '') void this.updateComplete.then(() => this.#goTo(focus));
  }

  /** To a control of a row that has just been added: what it begins with is typed over. */
  #goTo(id: string): void {
    const control = this.renderRoot.querySelector<HTMLElement>(`#${id}`);
    control?.focus();
    if (control instanceof HTMLInputElement) control.select();
  }

  #typeTags(rows: TagRows, focus?: string): void {
    this.tagRows = rows;
    const named = rows.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value] as const);
    this.#change({ tags: named.length === 0 ? undefined : Object.fromEntries(named) }, { touch: 'tags', focus: focus ?? '' });
  }

  #submit(): void {
    if (this.submitting || this.spec === undefined || this.screen.kind !== 'form') return;
    this.touched = new Set([...this.touched, ...Object.keys(this.spec)]);
    if (Object.keys(this.problems).length > 0) {
      void this.#focusProblem();
      return;
    }
    this.submitting = true;
    this.#host.post({ type: 'launch', spec: this.#asked(this.spec) });
  }

  /** What is sent of a spec. */
  #asked(spec: LaunchSpec): LaunchSpec {
    return { ...spec, name: spec.name.trim() };
  }

  /** Saving, looking at and trying a spec want it whole, as a launch does. */
  #act(act: SpecAct): void {
    if (this.submitting || this.spec === undefined) return;
    this.touched = new Set([...this.touched, ...Object.keys(this.spec)]);
    if (Object.keys(this.problems).length > 0) {
      void this.#focusProblem();
      return;
    }
    if (act === 'dryRun') this.dryRun = 'busy';
    this.#host.post({ type: act, spec: this.#asked(this.spec) });
  }

  #draw(parts: readonly string[]): void {
    if (parts.some((part) => !this.drawn.has(part))) this.drawn = new Set([...this.drawn, ...parts]);
  }

  /** Once what is shown is up to date. */
  async #focusProblem(): Promise<void> {
    await this.updateComplete;
    const wrong = this.renderRoot.querySelectorAll<HTMLElement>('details:has(summary .wrong)');
    this.#draw([...wrong].flatMap(({ dataset }) => dataset['part'] ?? []));
    await this.updateComplete;
    for (const control of this.renderRoot.querySelectorAll<HTMLElement>('input, textarea, select, skylab-combobox')) {
      const invalid =
        control.tagName === 'SKYLAB-COMBOBOX' ? 'problem' in control && control.problem !== undefined : control.ariaInvalid === 'true';
      if (!invalid) continue;
      control.closest('details')?.setAttribute('open', '');
      control.focus();
      return;
    }
    // A problem of a whole part has no control of its own: the part is opened.
    const part = this.renderRoot.querySelector('details:has(summary .wrong)');
    part?.setAttribute('open', '');
    part?.querySelector('summary')?.focus();
  }

  /** The problem to show beside a field: only once the person has been there. */
  #problem(field: string): string | undefined {
    const top = field.split('.')[0] ?? field;
    return this.touched.has(top) || this.touched.has(field) ? this.problems[field] : undefined;
  }

  #problemsOf(field: string): readonly string[] {
    const within = Object.keys(this.problems).filter((key) => key === field || key.startsWith(`${field}.`));
    return within.map((key) => this.#problem(key)).filter((problem) => problem !== undefined);
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
      dryRun: this.dryRun,
      problem: (field) => this.#problem(field),
      problemsOf: (field) => this.#problemsOf(field),
      problems: this.problems,
      change: (change, options) => this.#change(change, options),
      typed: (id, text) => this.#typed.get(id) ?? text,
      drawn: this.drawn,
      draw: (part) => this.#draw([part]),
      tagRows: this.tagRows,
      typeTags: (rows, focus) => this.#typeTags(rows, focus),
      submit: () => this.#submit(),
      leave: () => this.#host.post({ type: 'close' }),
      act: (act) => this.#act(act),
      browse: (what, row) => this.#host.post({ type: 'browse', what, row }),
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
